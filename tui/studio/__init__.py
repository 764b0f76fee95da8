"""The sampling studio without its screen: what is explored, asked for, and laid out.

Pure values and functions; `screens/` has the screen and `widgets/` the panels.
"""
