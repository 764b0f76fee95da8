"""The training engine: data, model, optimiser, training loop, events and run directory.

Nothing here knows of a user interface. Commands come in (`commands`), events go out (`events`).
Importing this package is light; JAX is imported by the modules that compute.
"""
