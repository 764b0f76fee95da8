"""Train a run, from a configuration and a run directory to the final event.

The folder has the plan of steps and epochs, the engine on the device, knobs, saving, reporting, the training loop, and
`run_training`, which puts them together.

Modules are imported by name, because most of them import JAX; `plan`, `launch`, `cluster` and `run_training` are public
and quick to import.
"""
