"""Use a trained model: decode, sample, reconstruct, and project its latents.

What a model shows of itself while it trains is drawn here too. The models come from memory, from checkpoints, or from
safetensors files.

Its modules import JAX and are imported by name: `answers`, `best_params`, `display`, `sampler`, `saved_run`, `weights`.
"""
