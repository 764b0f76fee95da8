"""Draw curves: metrics over the steps, the learning-rate schedule, their axes and words.

Pure functions, as everywhere in `render/`.

Its modules are imported by name: `axes`, `chart`, `curve_data`, `curve_picture`, `ink`, `phases`, `readout`,
`schedule_chart`.
"""
