"""Fit a model to data: the parts of the training loop.

The objective, the learning-rate schedules, the optimizer, the train_state, the train_step and the eval_step, and the
checkpoints. `minimal` puts them together to the shortest loop; nothing here handles commands or uses the run directory.

The modules import JAX, so callers import them by name: `batches`, `checkpoint`, `checksums`, `compilation`,
`eval_step`, `evaluator`, `mesh`, `minimal`, `objective`, `optimizer`, `processes`, `rngs`, `saved_checkpoints`,
`schedules`, `train_chunk`, `train_state`, `train_step`; and `start_jax`, which says why JAX does not start.
"""
