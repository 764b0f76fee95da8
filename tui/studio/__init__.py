"""The sampling studio without its screen: state, requests, layout.

Pure values and functions, except `Exploration`; the screen is in `screens/` and the panels are in `widgets/`.

Import the modules, so that other screens load none of them.
"""
