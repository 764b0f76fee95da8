"""The settings of the training objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .checks import require, require_choice, require_not_negative

BetaSchedule = Literal["constant", "linear", "cyclical"]


@dataclass(frozen=True)
class ObjectiveConfig:
    """The loss: the negative evidence lower bound, and modifications of it."""

    beta: float = 1.0
    """Weight of the KL term in the loss (1: the evidence lower bound)."""

    beta_schedule: BetaSchedule = "constant"
    """Schedule of beta over the run: constant, linear (rises once from 0) or cyclical (rises from 0 in each cycle)."""

    beta_warmup_steps: int = 1000
    """Steps in which the linear schedule rises to beta."""

    beta_cycles: int = 4
    """Cycles of the cyclical schedule in a run; beta rises in the first half of each cycle."""

    free_bits: float = 0.0
    """KL in nats, averaged over a batch, that each latent dimension may use at no cost (0: none). With the flow prior,
    whose KL cannot be divided among the dimensions, they share the sum of these."""

    def __post_init__(self) -> None:
        require_choice("objective.beta-schedule", self.beta_schedule, BetaSchedule)
        require_not_negative("objective.beta", self.beta)
        require(self.beta_warmup_steps >= 1, "objective.beta-warmup-steps", self.beta_warmup_steps, "at least 1 step")
        require(self.beta_cycles >= 1, "objective.beta-cycles", self.beta_cycles, "at least 1")
        require_not_negative("objective.free-bits", self.free_bits)
