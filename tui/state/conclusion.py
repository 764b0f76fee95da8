"""Sum up a run that is over: how long it took, and the losses that it reached."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path

from ...core.errors import RunError
from ...core.protocol import (
    Checkpointed,
    DataReady,
    Ended,
    Evaluated,
    Event,
    Failed,
    ImageShape,
    ModelReady,
    Rewound,
    StateChanged,
)
from ...core.run import events_path, read_config, read_events
from ...core.text import count
from .run_view import RunView
from .text import duration

_EVENTS: tuple[type[Event], ...] = (
    StateChanged,
    DataReady,
    ModelReady,
    Evaluated,
    Checkpointed,
    Rewound,
    Ended,
    Failed,
)
"""All that a conclusion is made of. The metrics of every step, almost the whole log, are not read."""


def read_conclusion(run: Path) -> RunView | None:
    """Read the view of a run from the log, as far as `conclusion` needs it; None if there is nothing to read."""
    with contextlib.suppress(RunError):
        view = RunView(read_config(run))
        for event in read_events(events_path(run), _EVENTS, warn=lambda text: None):
            view.apply(event)
        return view if view.model else None
    return None


def conclusion(view: RunView, step: int) -> dict[str, str]:
    """Return the duration and the losses of a run, by name; losses are in nats per image.

    Args:
        view: The run.
        step: Its last step.
    """
    lines = {"trained": f"{count(step)} steps in {duration(view.seconds)}"}
    if view.validation and view.best:
        best = f"{view.best.loss:.2f} at step {count(view.best.step)}"
        is_last = view.best.step == view.validation.step
        lines["validation"] = best if is_last else f"{best}, {view.validation.loss:.2f} at the end"
    if view.test:
        lines["test"] = test_loss(view)
    return lines


def test_loss(view: RunView) -> str:
    """Return the test loss as text, with its bits per pixel where they mean something; empty before it is known."""
    if view.test is None:
        return ""
    bits = bits_per_pixel(view.test.loss, view.data.image_shape, view.config.model.likelihood) if view.data else None
    return f"{view.test.loss:.2f}" + (f", {bits:.3f} bits/pixel" if bits is not None else "")


def bits_per_pixel(loss: float, image_shape: ImageShape, likelihood: str) -> float | None:
    """Return a loss in bits for each number of an image; None for a likelihood that is not one of discrete values.

    Args:
        loss: A bound on the negative log-likelihood, in nats per image.
        image_shape: The shape of an image.
        likelihood: The name of the likelihood.
    """
    if likelihood not in ("binarized", "logistic"):
        return None
    return loss / (math.prod(image_shape) * math.log(2))
