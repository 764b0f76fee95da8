import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import evaluated, metrics
from vae_tui.core.history.history import History
from vae_tui.core.protocol.events import Evaluated, Rewound
from vae_tui.tui.render.chart.curve_data import CurveData, number


def trained(steps: int, capacity: int = 16_384) -> History:
    history = History(capacity)
    for first in range(1, steps + 1, 35):
        history.add(metrics(first, min(steps, first + 34)))
    return history


@given(st.integers(1, 400), st.integers(1, 400))
def test_an_extreme_is_found_at_its_step(one, other):
    first, last = min(one, other), max(one, other)
    history = trained(400)
    lows, highs = history.envelope("loss", first, last, last - first + 1)
    data = CurveData(history)
    highest = data.locate("loss", float(highs.max()), first, last, highest=True)
    lowest = data.locate("loss", float(lows.min()), first, last, highest=False)
    assert highest.first_step == highest.last_step == first + int(highs.argmax())
    assert lowest.first_step == lowest.last_step == first + int(lows.argmin())


def test_an_extreme_of_old_steps_is_somewhere_in_their_block():
    history = trained(4000, capacity=16)
    value = float(history.envelope("loss", 1, 4000, 1)[1][0])
    found = CurveData(history).locate("loss", value, 1, 4000, highest=True)
    assert found.first_step == 1
    assert found.last_step < 300


def test_the_reading_of_a_step_is_that_of_the_history_after_a_rewind_too():
    history = trained(350)
    data = CurveData(history)
    before = data.reading(300)
    assert before.values["kl"] == tuple(float(value[0]) for value in history.envelope("kl", 300, 300, 1))
    assert before.validation is None
    history.add(Rewound(step=200, from_step=350))
    history.add(metrics(201, 350))
    after = data.reading(300)
    assert after.values != before.values
    assert after.values["loss"] == tuple(float(value[0]) for value in history.envelope("loss", 300, 300, 1))


def test_the_points_are_those_in_view_with_a_neighbour_on_either_side():
    history = trained(350)
    data = CurveData(history)
    assert len(data.points("loss", 1, 350).values) == 0
    for step in range(35, 351, 35):
        history.add(evaluated(step))
    assert data.points("kl", 1, 350).steps.tolist() == list(range(35, 351, 35))
    points = data.points("loss", 100, 200)
    assert points.steps.tolist() == [70, 105, 140, 175, 210]
    assert points.best is None
    assert data.points("loss", 300, 350).best == 2
    assert data.reading(104).validation == history.evaluations()[1]
    assert len(data.points("grad_norm", 1, 350).steps) == 0


def test_a_rewind_takes_the_later_validations_and_the_best():
    history = trained(350)
    data = CurveData(history)
    for step in (70, 140, 210):
        history.add(evaluated(step))
    assert data.points("loss", 1, 350).best == 2
    history.add(Rewound(step=150, from_step=350))
    history.add(metrics(151, 350))
    history.add(Evaluated(step=210, split="validation", loss=9e9, reconstruction=0.0, kl=0.0))
    points = data.points("loss", 1, 350)
    assert (points.best, points.values[-1]) == (1, 9e9)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (98.214, "98.21"),
        (0.00314, "0.00314"),
        (12345.6, "12,346"),
        (1.5e9, "1.5e+09"),
        (np.nan, "nan"),
        (-7.5, "-7.50"),
    ],
)
def test_numbers_are_short(value, words):
    assert number(float(value)) == words
