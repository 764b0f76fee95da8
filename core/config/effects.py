"""Tell which settings have an effect on a run, given its other settings."""

from __future__ import annotations

from collections.abc import Callable

from .root import Config

_CONDITIONS: dict[str, Callable[[Config], bool]] = {
    "model.hidden": lambda config: config.model.arch == "dense",
    "model.channels": lambda config: config.model.arch == "conv",
    "model.blocks": lambda config: config.model.arch == "conv",
    "model.upsampling": lambda config: config.model.arch == "conv",
    "objective.beta_warmup_steps": lambda config: config.objective.beta_schedule == "linear",
    "objective.beta_cycles": lambda config: config.objective.beta_schedule == "cyclical",
    "optim.warmup_steps": lambda config: config.optim.schedule in ("warmup", "warmup-cosine"),
    "optim.end_factor": lambda config: config.optim.schedule in ("linear", "warmup-cosine", "exponential"),
    "optim.pct_start": lambda config: config.optim.schedule == "one-cycle",
    "optim.div_factor": lambda config: config.optim.schedule == "one-cycle",
    "optim.final_div_factor": lambda config: config.optim.schedule == "one-cycle",
    "optim.boundaries": lambda config: config.optim.schedule == "piecewise",
    "optim.scales": lambda config: config.optim.schedule == "piecewise",
    "optim.clip_norm": lambda config: config.optim.clip == "norm",
    "optim.clip_value": lambda config: config.optim.clip == "value",
    "optim.noise_gamma": lambda config: config.optim.noise_eta > 0,
    "optim.momentum": lambda config: config.optim.name == "momentum",
    "optim.nesterov": lambda config: config.optim.name in ("momentum", "adam", "adamw"),
    "optim.b1": lambda config: config.optim.name in ("adam", "adamw", "lion"),
    "optim.b2": lambda config: config.optim.name in ("adam", "adamw", "lion"),
    "optim.eps": lambda config: config.optim.name in ("adam", "adamw"),
    "train.epochs": lambda config: config.train.steps is None,
}
"""The settings that have an effect only under a condition, as section.field."""


def has_effect(section: str, field: str, config: Config) -> bool:
    """Return whether a setting has an effect, given the other settings."""
    condition = _CONDITIONS.get(f"{section}.{field}")
    return condition is None or condition(config)
