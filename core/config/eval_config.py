"""The settings of evaluations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .checks import require, require_choice

ParamsSource = Literal["ema", "raw"]
"""Which parameters of a model: their moving average, or the raw parameters of the step."""

SplitName = Literal["test", "validation", "train"]
"""The splits that a model can be evaluated on, in the order of the command line's help."""


@dataclass(frozen=True)
class EvalConfig:
    """How the model is evaluated on the validation and test splits."""

    params: ParamsSource = "ema"
    """Parameters to evaluate: ema (their moving average) or raw (the parameters of the step)."""

    iw_samples: int = 0
    """Latent samples per image for the importance-weighted bound on the test split at the end of the run (0: skip)."""

    def __post_init__(self) -> None:
        require_choice("eval.params", self.params, ParamsSource)
        require(0 <= self.iw_samples <= 100_000, "eval.iw-samples", self.iw_samples, "a number from 0 to 100000")
