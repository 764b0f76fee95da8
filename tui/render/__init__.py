"""Draw arrays as terminal cells: pure functions, NumPy in, cells out.

Curves, axes and their labels are in `chart/`.

Import the modules by name, because some import Textual and the command line uses others: `ascii`, `canvas`,
`capabilities`, `cells`, `class_layout`, `palette`, `picture_cells`, `scatter`.
"""
