"""What a resumed run reads of its past, which several sessions may have written."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from compared import evaluated, ready
from logs import write
from vae_tui.core.config import Config
from vae_tui.core.protocol.events import Event, KnobsChanged, Rewound
from vae_tui.core.run.past import read_knob_changes, read_tested_step
from vae_tui.core.run.rundir import RunDirectory


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunDirectory]:
    with RunDirectory.create(Config(), tmp_path) as run:
        yield run


def turned(step: int, rate: float) -> KnobsChanged:
    return KnobsChanged(step=step, learning_rate_scale=rate, beta_scale=1.0)


@pytest.mark.parametrize(
    ("sessions", "left"),
    [
        ([[turned(60, 2.0), turned(80, 4.0)]], [(60, 2.0), (80, 4.0)]),
        ([[turned(80, 4.0)], [turned(60, 0.5)]], [(60, 0.5)]),
        ([[turned(60, 2.0), turned(80, 4.0)], [turned(60, 2.0)]], [(60, 2.0), (80, 4.0)]),
        ([[turned(60, 2.0), turned(80, 4.0)], [turned(60, 2.0), turned(70, 3.0)]], [(60, 2.0), (70, 3.0)]),
        ([[turned(60, 2.0), turned(80, 4.0)], [turned(60, 3.0)]], [(60, 3.0)]),
        ([[turned(60, 2.0), turned(60, 3.0), turned(60, 2.0)]], [(60, 2.0)]),
        ([[turned(60, 2.0), turned(80, 4.0), Rewound(step=70, from_step=90)]], [(60, 2.0)]),
    ],
    ids=["one session", "diverged", "repeated", "diverged after a repeat", "other value", "to and fro", "rewound"],
)
def test_the_knob_changes_of_a_run_are_those_that_nothing_undid(
    run: RunDirectory, sessions: list[list[Event]], left: list[tuple[int, float]]
) -> None:
    for events in sessions:
        write(run, *events)
    assert [(change.step, change.learning_rate_scale) for change in read_knob_changes(run.events_path)] == left


def resumed(step: int) -> Event:
    """The event with which a session begins."""
    return dataclasses.replace(ready()[-1], step=step)


@pytest.mark.parametrize(
    ("events", "step"),
    [
        ([], None),
        ([resumed(0), evaluated(40, 9.0)], None),
        ([resumed(0), evaluated(40, 9.0), evaluated(40, 9.0, "test")], 40),
        ([resumed(0), evaluated(40, 9.0, "test"), resumed(40), evaluated(80, 9.0)], 40),
        ([resumed(0), evaluated(40, 9.0, "test"), resumed(40), evaluated(80, 9.0, "test")], 80),
        ([resumed(0), evaluated(40, 9.0, "test"), resumed(40), Rewound(step=20, from_step=50)], None),
        ([resumed(0), evaluated(40, 9.0, "test"), resumed(20), evaluated(40, 9.0)], None),
    ],
    ids=["no log", "killed", "tested", "trained on", "tested again", "rewound", "from an earlier checkpoint"],
)
def test_a_run_is_tested_until_it_returns_to_an_earlier_step(
    run: RunDirectory, events: list[Event], step: int | None
) -> None:
    write(run, *events)
    assert read_tested_step(run.events_path) == step
