"""The Textual apps: connect a session's events to the screens, and the keys to its commands.

Only wiring, and the settings of the terminal: themes, the options of the screen, job control.

Its modules are imported by name: `app`, `replay_app`, `screen_options`, `screen_process`, `training_process`.
"""
