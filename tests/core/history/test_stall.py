"""Over-fitting is told apart from a plateau: the advice for one is wrong for the other."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.config import Config
from vae_tui.core.history.alerts import AlertDetector
from vae_tui.core.history.stall import Losses, diagnose
from vae_tui.core.protocol.events import Alert, AlertCleared, Evaluated, Event, Metrics

RECORDED = Path(__file__).with_name("overfit.csv")
"""The losses of a dense model on 5,000 digits: step, validation, training."""

EVERY = 100


def events_of(series: list[Losses]) -> Iterator[Event]:
    """The events of a run that was evaluated with these losses."""
    before = 0
    for step, validation, training in series:
        kl = np.full(step - before, 20.0, np.float32)
        yield Metrics(
            step=step,
            first_step=before + 1,
            seconds=1.0,
            loss=kl,
            reconstruction=np.full(step - before, training - 20.0, np.float32),
            kl=kl,
            grad_norm=kl,
            learning_rate=kl,
        )
        yield Evaluated(step=step, split="validation", loss=validation, reconstruction=validation - 20.0, kl=20.0)
        before = step


def series_of(validation: list[float], training: list[float]) -> list[Losses]:
    pairs = zip(validation, training, strict=True)
    return [Losses(EVERY * number, *pair) for number, pair in enumerate(pairs, start=1)]


def changes_of(series: list[Losses]) -> list[Alert | AlertCleared]:
    detector = AlertDetector(Config())
    changes = [change for event in events_of(series) for change in detector.handle_event(event)]
    return [change for change in changes if change.kind in ("plateau", "over-fitting")]


@given(
    rise=st.floats(-0.05, 0.05),
    fall=st.floats(-0.05, 0.05),
    noise=st.lists(st.floats(-0.0003, 0.0003), min_size=3, max_size=3),
)
def test_both_losses_must_part_to_be_over_fitting(rise: float, fall: float, noise: list[float]) -> None:
    best = Losses(100, 100.0, 98.0)
    later = [Losses(200 + i, 100.0 * (1 + rise + error), 98.0 * (1 - fall + error)) for i, error in enumerate(noise)]
    found = diagnose(best, later)
    if rise > 0.0015 and fall > 0.0015:
        assert found == "over-fitting"
    if rise < 0.0005 or fall < 0.0005:
        assert found == "plateau"


def test_one_bad_evaluation_is_no_over_fitting() -> None:
    later = [Losses(step, loss, 90.0) for step, loss in ((200, 100.0), (300, 120.0), (400, 100.05))]
    assert diagnose(Losses(100, 100.0, 98.0), later) == "plateau"


def test_a_plateau_that_turns_into_over_fitting_changes_its_advice() -> None:
    flat, rising = [100.0] * 14, [100.0 + i for i in range(1, 10)]
    changes = changes_of(series_of([110.0, *flat, *rising], [110.0, *[99.0] * 14, *[99.0 - i for i in range(1, 10)]]))
    assert [(type(change), change.kind) for change in changes] == [
        (Alert, "plateau"),
        (AlertCleared, "plateau"),
        (Alert, "over-fitting"),
    ]


def test_a_recorded_run_over_fits() -> None:
    series = [Losses(int(step), *losses) for step, *losses in np.loadtxt(RECORDED, delimiter=",").tolist()]
    alert = [change for change in changes_of(series) if isinstance(change, Alert)][-1]
    best = min(series, key=lambda losses: losses.validation)
    assert alert.kind == "over-fitting"
    assert f"since step {best.step:,}" in alert.text
    assert "the best is kept" in alert.text
    assert len(alert.text) <= 120


def test_a_run_on_enough_images_that_no_longer_improves_is_a_plateau() -> None:
    falling = [100.0 + 20.0 * 0.5**i for i in range(30)]
    (alert,) = changes_of(series_of(falling, [loss - 0.5 for loss in falling]))
    assert isinstance(alert, Alert)
    assert alert.kind == "plateau"
    assert "a lower learning rate may help" in alert.text
