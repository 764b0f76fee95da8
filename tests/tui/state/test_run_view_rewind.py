"""What a rewind leaves of a run: nothing that is later than the step that it leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import checkpointed, evaluated, metrics, model_ready, opening, sampled
from vae_tui.core.config import Config
from vae_tui.core.history.history import History
from vae_tui.core.protocol.events import (
    Alert,
    CheckpointStarted,
    DataReady,
    Evaluated,
    Event,
    Examples,
    KnobsChanged,
    LatentMap,
    ModelReady,
    NotFinite,
    Reconstructed,
    Rewound,
)
from vae_tui.tui.state.run_view import RunView

IMAGES = np.zeros((2, 1, 28, 28), np.uint8)
PLANE = np.zeros((3, 2), np.float32)
TIMELESS = (DataReady, ModelReady, Examples)
"""Events whose step says when they came, not which model they show."""

HAPPENINGS = {
    "samples": sampled,
    "map": lambda step: LatentMap(
        step=step, points=PLANE, labels=np.zeros(3, np.int32), latents=PLANE, explained=(0.5, 0.5)
    ),
    "reconstructions": lambda step: Reconstructed(step=step, images=IMAGES),
    "examples": lambda step: Examples(step=step, images=IMAGES),
    "evaluation": evaluated,
    "test": lambda step: Evaluated(step=step, split="test", loss=1.0, reconstruction=1.0, kl=0.0),
    "saving": lambda step: CheckpointStarted(step=step),
    "checkpoint": checkpointed,
    "alert": lambda step: Alert(step=step, kind="plateau", text="flat"),
    "knobs": lambda step: KnobsChanged(step=step, learning_rate_scale=0.5 + step, beta_scale=1.0),
    "not finite": lambda step: NotFinite(step=step, metrics=("loss",)),
}


def steps_of(value: object) -> Iterator[int]:
    """The steps of every event in a value and in its containers."""
    if isinstance(value, Event):
        yield 0 if isinstance(value, TIMELESS) else value.step
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from steps_of(item)


@given(
    happenings=st.lists(st.tuples(st.integers(1, 60), st.sampled_from(sorted(HAPPENINGS))), max_size=20),
    back=st.integers(0, 60),
    resumed=st.booleans(),
)
def test_nothing_later_than_the_step_is_left(happenings, back, resumed):
    view, history = RunView(Config()), History()

    def tell(events: Iterable[Event]) -> None:
        for event in events:
            history.add(event)
            view.apply(event)

    tell(opening())
    for step, name in sorted(happenings):
        tell([metrics(max(1, view.step + 1), step)] if step > view.step else [])
        tell([HAPPENINGS[name](step)])
    back = min(back, view.step)
    tell([model_ready(back)] if resumed else [Rewound(step=back, from_step=view.step)])

    if resumed:
        view.saving = view.not_finite = None  # they end with the session, before its model is ready
    assert view.step == history.last_step == back
    assert max(steps_of(vars(view)), default=0) <= back
    assert (view.saving or 0) <= back
    assert max((mark.step for mark in history.marks(0, 100)), default=0) <= back
    assert max((found.step for found in history.evaluations()), default=0) <= back


@pytest.mark.parametrize("name", ["samples", "map", "reconstructions", "test"])
def test_what_the_step_has_stays(name):
    view = RunView(Config())
    for event in (*opening(), metrics(1, 30), HAPPENINGS[name](30), Rewound(step=30, from_step=30)):
        view.apply(event)
    field = {"samples": "sampled", "map": "latent_map", "reconstructions": "reconstructed", "test": "test"}[name]
    assert getattr(view, field).step == 30
