"""Run a training: from a configuration and a run directory to the last event.

The plan of steps and epochs, the engine on the device, the knobs, saving and reporting, the loop itself, and
`run_training`, which puts them together.

Its modules are imported by name, for most import JAX; these are public, and quick to import: `plan`, `run_training`.
"""
