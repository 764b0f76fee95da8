import itertools

import numpy as np
import pytest
from vae_tui.tui.render.chart.phases import phases


def names(rates: np.ndarray, steps: np.ndarray | None = None) -> list[str]:
    steps = np.arange(1, len(rates) + 1) if steps is None else steps
    return [phase.names[0] for phase in phases(steps.astype(np.int32), np.asarray(rates, np.float32))]


warm_up = np.arange(1, 51) / 50
cosine = (1 + np.cos(np.pi * np.arange(512) / 512)) / 2


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        (np.full(100, 1e-3), ["constant"]),
        (np.concatenate([warm_up, np.ones(100)]) * 1e-3, ["warm-up to 50", "peak"]),
        (np.concatenate([warm_up, cosine]) * 2e-3, ["warm-up to 50", "decay"]),
        (np.concatenate([warm_up, np.ones(20), cosine]) * 2e-3, ["warm-up to 50", "peak", "decay"]),
        (np.linspace(1, 0.05, 200) * 1e-3, ["decay"]),
        (0.01 ** (np.arange(512) / 512) * 1e-3, ["decay"]),
        (np.repeat([3e-3, 3e-4, 3e-5], 50), ["peak", "3e-4", "3e-5"]),
        (np.concatenate([cosine, cosine]) * 1e-3, ["decay", "rise", "decay"]),
        (np.zeros(10), []),
        (np.ones(1), []),
    ],
)
def test_phases_are_told_from_the_shape(rates, expected):
    assert names(rates) == expected


def test_they_cover_the_schedule_in_order():
    rates = (np.concatenate([warm_up, np.ones(20), cosine]) * 1e-3).astype(np.float32)
    found = phases(np.arange(1, 583, dtype=np.int32), rates)
    assert found[0].first_step == 1
    assert found[-1].last_step == 582
    assert all(one.last_step == following.first_step for one, following in itertools.pairwise(found))


def test_a_warm_up_that_is_shorter_than_the_sampling_gets_no_number():
    steps = np.linspace(1, 100_000, 512).astype(int)
    rates = np.minimum(steps / 100, 1) * np.interp(steps, [1, 100_000], [1, 0.1])
    assert names(rates, steps) == ["warm-up", "decay"]
