"""The training engine: data, model, optimizer, training loop, events and run directory.

Nothing here depends on a user interface: the engine receives commands and emits events (`protocol`).
Importing this package is cheap; only the modules that compute import JAX.
"""
