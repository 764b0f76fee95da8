"""Draw curves: metrics over the steps, the learning-rate schedule, their axes and words.

Pure functions, as everywhere in `render/`.
"""
