"""The optimiser: its rule and schedule, and what happens to the gradient before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from .checks import require, require_choice, require_fraction, require_not_negative, require_positive

Optimizer = Literal["sgd", "momentum", "adam", "adamw", "lion"]
Schedule = Literal["constant", "linear", "warmup", "warmup-cosine", "exponential", "one-cycle", "piecewise"]
Clip = Literal["norm", "value", "none"]


@dataclass(frozen=True)
class OptimConfig:
    """The chain of gradient transformations, and the learning-rate schedule."""

    name: Optimizer = "adam"
    """Rule: sgd (no state), momentum, adam, adamw, or lion, which wants about a tenth of adam's learning rate."""

    learning_rate: float = 3e-3
    """Peak learning rate; the default is for adam and adamw, lion wants about a tenth of it."""

    schedule: Schedule = "warmup-cosine"
    """Learning rate over the run: constant, linear, warmup (then constant), warmup-cosine, exponential, one-cycle
    or piecewise."""

    warmup_steps: int = 100
    """Length in steps of the linear warm-up of warmup and warmup-cosine; at most half of the run."""

    end_factor: float = 0.05
    """Learning rate at the end of the run as a fraction of the peak, for linear, warmup-cosine and exponential."""

    pct_start: float = 0.3
    """Fraction of the run in which one-cycle rises."""

    div_factor: float = 25.0
    """How many times below the peak one-cycle starts."""

    final_div_factor: float = 1e4
    """How many times below its start one-cycle ends."""

    boundaries: tuple[float, ...] = (0.5, 0.75)
    """Where piecewise changes, as fractions of the run."""

    scales: tuple[float, ...] = (0.1, 0.1)
    """What piecewise multiplies the rate with at each of the boundaries."""

    clip: Clip = "norm"
    """What of the gradient is limited: norm (its global norm), value (each element) or none."""

    clip_norm: float = 5.0
    """Largest global norm of the gradient; larger gradients are scaled down to it."""

    clip_value: float = 0.5
    """Largest absolute value of an element of the gradient."""

    noise_eta: float = 0.0
    """Variance at the first step of the Gaussian noise added to the gradient (0: off). It is added before the clipping:
    its norm is the root of eta times the number of parameters, and clip-norm may have to be raised with it."""

    noise_gamma: float = 0.55
    """How fast that noise decays: its variance at step t is eta / t^gamma."""

    accumulate_steps: int = 1
    """Steps whose mean gradient makes one update (1: every step updates)."""

    momentum: float = 0.9
    """Decay of the momentum rule's trace."""

    nesterov: bool = False
    """Nesterov's form, of momentum, adam and adamw."""

    b1: float = 0.9
    """Decay of the gradient's first moment, of adam, adamw and lion."""

    b2: float | None = None
    """Decay of the gradient's second moment, of adam and adamw; of lion's momentum (default: 0.999; of lion 0.99)."""

    eps: float = 1e-8
    """Added to the denominator, of adam and adamw."""

    weight_decay: float = 0.0
    """Weight decay of the kernels, per unit of learning rate (0: off): decoupled with adamw and lion, a part of the
    gradient (L2) with sgd, momentum and adam."""

    freeze: tuple[str, ...] = ()
    """Parameters to leave as they are: patterns of their paths, such as encoder (and all below it) or
    decoder/Dense_*/kernel."""

    def __post_init__(self) -> None:
        require_choice("optim.name", self.name, Optimizer)
        require_choice("optim.schedule", self.schedule, Schedule)
        require_choice("optim.clip", self.clip, Clip)
        require_positive("optim.learning-rate", self.learning_rate)
        require(self.warmup_steps >= 0, "optim.warmup-steps", self.warmup_steps, "zero or more steps")
        require(0 <= self.end_factor <= 1, "optim.end-factor", self.end_factor, "a number from 0 to 1")
        require(
            self.schedule != "exponential" or self.end_factor > 0,
            "optim.end-factor",
            self.end_factor,
            "above 0 with the exponential schedule",
        )
        require(0 < self.pct_start < 1, "optim.pct-start", self.pct_start, "a number between 0 and 1")
        for name, factor in (("optim.div-factor", self.div_factor), ("optim.final-div-factor", self.final_div_factor)):
            require(1 <= factor < math.inf, name, factor, "a number from 1 up")
        require(
            len(self.boundaries) > 0
            and all(0 < boundary < 1 for boundary in self.boundaries)
            and all(a < b for a, b in zip(self.boundaries, self.boundaries[1:], strict=False)),
            "optim.boundaries",
            self.boundaries,
            "rising numbers between 0 and 1",
        )
        require(
            len(self.scales) == len(self.boundaries),
            "optim.scales",
            self.scales,
            f"{len(self.boundaries)} numbers, one for each of optim.boundaries",
        )
        for scale in self.scales:
            require_positive("optim.scales", scale)
        require_positive("optim.clip-norm", self.clip_norm)
        require_positive("optim.clip-value", self.clip_value)
        require_not_negative("optim.noise-eta", self.noise_eta)
        require_not_negative("optim.noise-gamma", self.noise_gamma)
        require(self.accumulate_steps >= 1, "optim.accumulate-steps", self.accumulate_steps, "at least 1 step")
        require_fraction("optim.momentum", self.momentum)
        require_fraction("optim.b1", self.b1)
        if self.b2 is not None:
            require_fraction("optim.b2", self.b2)
        require_positive("optim.eps", self.eps)
        require_not_negative("optim.weight-decay", self.weight_decay)
