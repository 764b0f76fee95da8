"""Provide the Textual apps, which connect a session to the screens.

Only wiring, and the settings of the terminal: themes, the options of the screen, job control.

Its modules are imported by name: `app`, `compare_app`, `replay_app`, `screen_options`, `screen_process`,
`training_process`.
"""
