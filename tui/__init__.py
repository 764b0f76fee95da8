"""The terminal user interface: command line, app, panels."""
