"""How the model is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .checks import require, require_choice

ParamsSource = Literal["ema", "raw"]
"""Parameters of a model: their moving average, or those of the very step."""


@dataclass(frozen=True)
class EvalConfig:
    """How the model is measured on a split that it was not trained on."""

    params: ParamsSource = "ema"
    """Parameters to measure: ema (their moving average) or raw (those of the very step)."""

    iw_samples: int = 0
    """Latents an image for the importance-weighted bound of the test split, at the end of the run (0: leave it out)."""

    def __post_init__(self) -> None:
        require_choice("eval.params", self.params, ParamsSource)
        require(0 <= self.iw_samples <= 100_000, "eval.iw-samples", self.iw_samples, "a number from 0 to 100000")
