"""The settings of the optimizer: update rule, learning-rate schedule, and transformations of the gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from .checks import require, require_choice, require_fraction, require_not_negative, require_positive

Optimizer = Literal["sgd", "momentum", "adam", "adamw", "lion"]
Schedule = Literal["constant", "linear", "warmup", "warmup-cosine", "exponential", "one-cycle", "piecewise"]
Clip = Literal["norm", "value", "none"]

ADAM_B2 = 0.999
"""Default b2 of adam and adamw: Kingma & Ba 2015, algorithm 1."""

LION_B2 = 0.99
"""Default b2 of lion: Chen et al. 2023, algorithm 2."""


@dataclass(frozen=True)
class OptimConfig:
    """The chain of gradient transformations, and the learning-rate schedule."""

    name: Optimizer = "adam"
    """Update rule: sgd (no state), momentum, adam, adamw, or lion."""

    learning_rate: float = 4e-3
    """Peak learning rate; the default suits adam and adamw, lion needs about a tenth of it."""

    schedule: Schedule = "warmup-cosine"
    """Learning rate over the run: constant, linear, warmup (then constant), warmup-cosine, exponential, one-cycle
    or piecewise."""

    warmup_steps: int = 100
    """Length of the linear warm-up of warmup and warmup-cosine, in steps; at most half of the run is used."""

    end_factor: float = 0.05
    """Learning rate at the end of the run as a fraction of the peak, for linear, warmup-cosine and exponential."""

    pct_start: float = 0.3
    """Fraction of the run in which one-cycle rises to the peak."""

    div_factor: float = 25.0
    """Ratio of the peak learning rate to one-cycle's initial learning rate."""

    final_div_factor: float = 1e4
    """Ratio of one-cycle's initial learning rate to its final learning rate."""

    boundaries: tuple[float, ...] = (0.5, 0.75)
    """Positions at which piecewise changes the learning rate, as fractions of the run."""

    scales: tuple[float, ...] = (0.1, 0.1)
    """Factors by which piecewise multiplies the learning rate, one for each boundary."""

    clip: Clip = "norm"
    """Gradient clipping: norm (limit the global norm), value (limit each element) or none."""

    clip_norm: float = 5.0
    """Largest global norm of the gradient; larger gradients are scaled down to it. The default is below the norms of
    nearly all steps: with adam, all batches then weigh alike in the averages. The run view tells the share of steps."""

    clip_value: float = 0.5
    """Largest absolute value of an element of the gradient."""

    noise_eta: float = 0.0
    """Variance eta of the Gaussian noise added to each element of the gradient after clipping, at the first step (0:
    off). The noise has a norm of about sqrt(eta * number of parameters), which a small clip-norm makes large beside the
    gradient."""

    noise_gamma: float = 0.55
    """Decay exponent gamma of the gradient noise: its variance at step t is eta / t^gamma."""

    accumulate_steps: int = 1
    """Steps whose gradients are averaged for one update (1: update at every step); the last update of a run averages
    those that are left. Each step costs as much as one with an update, and memory for one more gradient."""

    momentum: float = 0.9
    """Decay of the momentum rule's accumulated gradient."""

    nesterov: bool = True
    """Use the Nesterov form (momentum, adam, adamw): the update looks one step of the momentum ahead."""

    b1: float = 0.9
    """Decay of the gradient's first moment (adam, adamw); weight of the momentum in the update (lion)."""

    b2: float | None = None
    """Decay of the gradient's second moment (adam, adamw; default: 0.999) or of the momentum (lion; default: 0.99)."""

    eps: float = 1e-8
    """Constant added to the denominator for numerical stability (adam, adamw)."""

    weight_decay: float = 0.0
    """Weight decay of the kernels, per unit of learning rate (0: off): decoupled with adamw and lion, added to the
    gradient (L2) with sgd, momentum and adam."""

    freeze: tuple[str, ...] = ()
    """Parameters to leave untrained, as patterns of their paths, such as encoder (with everything below it) or
    decoder/Dense_*/kernel."""

    @property
    def second_decay(self) -> float:
        """The value of b2, or its default with this update rule."""
        return self.b2 if self.b2 is not None else LION_B2 if self.name == "lion" else ADAM_B2

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
            require(1 <= factor < math.inf, name, factor, "a finite number, 1 or more")
        require(
            len(self.boundaries) > 0
            and all(0 < boundary < 1 for boundary in self.boundaries)
            and all(a < b for a, b in zip(self.boundaries, self.boundaries[1:], strict=False)),
            "optim.boundaries",
            self.boundaries,
            "increasing numbers between 0 and 1",
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
