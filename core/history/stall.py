"""Detect that the validation loss no longer improves, and tell over-fitting from a plateau."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from ..protocol import AlertKind, Evaluated, Event, Metrics, ModelReady, Rewound
from ..text import count

MARGIN = 1e-3
"""The least change of a loss that counts, as a fraction of the loss."""

RECENT = 3
"""Evaluations whose median losses are the current ones: a single evaluation may be off."""


class Losses(NamedTuple):
    """The losses at an evaluation, in nats per image, with beta = 1."""

    step: int
    validation: float
    training: float
    """The mean of the steps since the evaluation before; NaN if there was none."""


def diagnose(best: Losses, later: Sequence[Losses]) -> Literal["over-fitting", "plateau"]:
    """Tell why the validation loss has not improved.

    A model over-fits where the validation loss rises while the training loss falls; both by more than MARGIN.

    Args:
        best: The evaluation with the lowest validation loss.
        later: The evaluations after it, of which the last RECENT count.
    """
    recent = later[-RECENT:] or [best]
    validation = statistics.median(losses.validation for losses in recent)
    training = statistics.median(losses.training for losses in recent)
    rises = validation > best.validation + MARGIN * abs(best.validation)
    falls = training < best.training - MARGIN * abs(best.training)
    return "over-fitting" if rises and falls else "plateau"


class StallDetector:
    """Detect that the validation loss no longer improves, and why."""

    PATIENCE: ClassVar[int] = 10
    """Evaluations to wait for an improvement before the first alert; each alert doubles them."""
    LEAST_STEPS: ClassVar[int] = 500
    """Steps to wait for an improvement, at least: small data sets are evaluated every few steps."""

    def __init__(self) -> None:
        self.kind: AlertKind = "plateau"
        self.holds = False
        self._patience = self.PATIENCE
        self._bests: list[Losses] = []
        """Each evaluation with a lower loss than all before."""
        self._later: list[Losses] = []
        """The last RECENT evaluations since the best one."""
        self._reference = (0, math.inf)
        """The (step, loss) of the last evaluation that was better by MARGIN."""
        self._waited = 0
        """Evaluations since the reference."""
        self._training_sum, self._training_steps = 0.0, 0

    def handle_event(self, event: Event) -> str:
        """Handle an event. Return an alert's text if the loss no longer improves, else ""."""
        match event:
            case ModelReady():
                self._training_sum, self._training_steps = 0.0, 0
            case Metrics():
                # Not the loss that is trained on: beta and free bits change it, and evaluations measure without them.
                self._training_sum += float((event.reconstruction + event.kl).sum(dtype=np.float64))
                self._training_steps += len(event.loss)
            case Evaluated(split="validation", step=step, loss=loss) if math.isfinite(loss):
                self._compare(Losses(step, loss, self._take_training()))
                return self._decide(step, loss)
            case Rewound():
                kept = [best for best in self._bests if best.step <= event.step]
                self.holds, self._bests, self._later, self._reference = False, [], [], (0, math.inf)
                for best in kept:
                    self._compare(best)
                self._waited = 0
                self._take_training()
        return ""

    def _take_training(self) -> float:
        """Return the mean training loss since the last evaluation."""
        mean = self._training_sum / self._training_steps if self._training_steps else math.nan
        self._training_sum, self._training_steps = 0.0, 0
        return mean

    def _compare(self, found: Losses) -> None:
        if not self._bests or found.validation < self._bests[-1].validation:
            self._bests.append(found)
            self._later = []
        else:
            self._later = [*self._later, found][-RECENT:]
        _, reference = self._reference
        if reference == math.inf or found.validation < reference - MARGIN * abs(reference):
            self._reference = found.step, found.validation
            self._waited = 0
            self.holds = False
        else:
            self._waited += 1

    def _decide(self, step: int, loss: float) -> str:
        best = self._bests[-1]
        kind = diagnose(best, self._later)
        if self.holds and (self.kind, kind) != ("plateau", "over-fitting"):
            return ""
        if not self.holds:
            if self._waited < self._patience or step - self._reference[0] < self.LEAST_STEPS:
                return ""
            self._patience *= 2
        self.holds, self.kind = True, kind
        if kind == "over-fitting":
            return (
                f"over-fitting since step {count(best.step)}: validation loss {best.validation:.2f}, now {loss:.2f}; "
                "stop (the best is kept), or add data or augmentation"
            )
        return (
            f"validation loss not {MARGIN:.1%} better in {self._waited} evaluations: "
            f"best {best.validation:.2f}, now {loss:.2f}; a lower learning rate may help"
        )
