"""The panels: Textual widgets that show the values of `state/`, drawn by `render/`.

Import the modules, so that a screen loads no other panels than its own.
"""
