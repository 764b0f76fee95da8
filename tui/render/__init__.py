"""Draw arrays as terminal cells: pure functions, NumPy in, cells out.

The curves, their axes and their words are in `chart/`.
"""
