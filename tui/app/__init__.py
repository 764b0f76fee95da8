"""The Textual apps: they connect a session to the screens, and the keys to its commands.

Wiring only, with what belongs to the terminal as Textual sees it: the driver, the theme, the options of the screen.
"""
