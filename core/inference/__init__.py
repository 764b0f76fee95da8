"""Use a trained model: decode, sample, reconstruct, and project its latents.

The trainer also uses these modules to show the model during training. Models come from memory or from checkpoints, and
their parameters can be exported to and imported from safetensors files.

The modules import JAX, so callers import them by name: `answers`, `best_params`, `display`, `sampler`, `saved_run`,
`weights`.
"""
