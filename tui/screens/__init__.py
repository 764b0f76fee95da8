"""Full-screen views and dialogs: Textual screens made of panels.

Import the modules, so that an app loads no other screens than its own.
"""
