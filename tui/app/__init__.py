"""The Textual apps: they connect a session to the screens, and the keys to its commands.

Wiring only, with what belongs to the terminal as Textual sees it: the driver, the theme, the options of the screen.

Its modules are imported by name: `app`, `replay_app`, `screen_options`, `screen_process`, `training_process`.
"""
