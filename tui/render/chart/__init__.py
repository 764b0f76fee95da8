"""Draw curves: metrics by step, the learning-rate schedule, and their axes and labels.

Pure functions, as everywhere in `render/`.

Import the modules by name: `axes`, `chart`, `curve_data`, `curve_picture`, `ink`, `phases`, `readout`,
`schedule_chart`.
"""
