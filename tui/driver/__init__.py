"""Read keys from a terminal or a browser, and write to it.

The folder hardens Textual's driver: no input byte can end the app. It also counts the output bytes.
"""
