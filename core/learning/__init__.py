"""Fit a model to data: the parts of the training loop.

The objective, the learning-rate schedules, the optimizer, the train_state, the jitted train_step and eval_step, and the
checkpoints. Nothing here runs the training loop, handles commands, or uses the run directory.

The modules import JAX, so callers import them by name: `checkpoint`, `checksums`, `compilation`, `evaluator`,
`objective`, `optimizer`, `saved_checkpoints`, `schedules`, `train_state`, `train_step`; and `start_jax`, which says why
JAX does not start.
"""
