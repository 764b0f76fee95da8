"""Draw arrays as terminal cells: pure functions, NumPy in, cells out.

The curves, their axes and their words are in `chart/`.

Its modules are imported by name, for some import Textual and some are for the command line: `ascii`, `canvas`,
`capabilities`, `cells`, `class_layout`, `palette`, `picture_cells`, `scatter`.
"""
