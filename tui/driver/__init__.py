"""Read keys from a terminal or a browser, and write to it: Textual's driver, hardened.

No byte that comes in can end the app; what goes out is counted.
"""
