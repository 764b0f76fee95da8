"""Fit a model to data: the functions that the training loop is made of.

The objective, the learning-rate schedules, the optimizer, the train state, the jitted training and evaluation steps,
and the checkpoints. Nothing here runs a loop, obeys a command, or knows of a run's directory.

Its modules import JAX and are imported by name: `checkpoint`, `compilation`, `evaluator`, `optimizer`, `schedules`,
`train_state`, `train_step`.
"""
