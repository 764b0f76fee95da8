"""Marks on the time axis: what they say, and which are kept."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.history.history import History
from vae_tui.core.history.marks import MAX_MARKS, MAX_ROUTINE, Mark
from vae_tui.core.protocol.events import (
    Alert,
    Checkpointed,
    Evaluated,
    Event,
    KnobsChanged,
    Metrics,
    ModelReady,
    NotFinite,
    Notice,
    Rewound,
    RunState,
    StateChanged,
)

EVER = (0, 2**40)


def state(step: int, to: RunState, detail: str = "") -> StateChanged:
    return StateChanged(step=step, state=to, detail=detail)


def evaluated(step: int, loss: float = 100.0, *, best: bool = False) -> Evaluated:
    return Evaluated(step=step, split="validation", loss=loss, reconstruction=loss, kl=0.0, best=best)


def knobs(step: int, rate: float, beta: float = 1.0) -> KnobsChanged:
    return KnobsChanged(step=step, learning_rate_scale=rate, beta_scale=beta)


def checkpointed(step: int, *, best: bool = False) -> Checkpointed:
    return Checkpointed(step=step, path=f"checkpoints/{step}", best=best)


def model_ready(step: int) -> ModelReady:
    return ModelReady(
        step=step,
        parameter_count=1,
        device="cpu",
        steps_per_epoch=100,
        total_steps=1000,
        batch_size=10,
        compile_seconds=1.0,
        schedule_steps=np.ones(1, np.int32),
        schedule_rates=np.ones(1, np.float32),
    )


def steps(first_step: int, step: int) -> Metrics:
    values = np.ones(step - first_step + 1, np.float32)
    names = ("loss", "reconstruction", "kl", "grad_norm", "learning_rate")
    return Metrics(step=step, first_step=first_step, seconds=1.0, **dict.fromkeys(names, values))


def history_of(*events: Event) -> History:
    history = History()
    for event in events:
        history.add(event)
    return history


def marks_of(*events: Event) -> list[Mark]:
    return history_of(*events).marks(*EVER)


@pytest.mark.parametrize(
    ("events", "marks"),
    [
        ([evaluated(70, 104.196)], [Mark(70, "evaluation", "validation 104.20")]),
        (
            [evaluated(70, 104.2, best=True)],
            [Mark(70, "evaluation", "validation 104.20"), Mark(70, "best", "best validation 104.20")],
        ),
        ([Evaluated(step=9, split="test", loss=1.0, reconstruction=1.0, kl=0.0)], []),
        ([checkpointed(70)], [Mark(70, "checkpoint", "checkpoint")]),
        ([checkpointed(70, best=True)], [Mark(70, "checkpoint", "best checkpoint")]),
        ([knobs(70, 0.5)], [Mark(70, "knobs", "learning rate x0.5")]),
        (
            [knobs(70, 0.5), knobs(90, 0.5, 2.0)],
            [Mark(70, "knobs", "learning rate x0.5"), Mark(90, "knobs", "beta x2")],
        ),
        (
            [knobs(70, 0.8), knobs(70, 0.64), knobs(70, 0.64, 1.25)],
            [Mark(70, "knobs", "learning rate x0.64, beta x1.25")],
        ),
        ([knobs(70, 0.8), knobs(70, 1.0)], []),
        ([knobs(70, 1.0)], []),
        (
            [knobs(70, 0.5), knobs(90, 1.0)],
            [Mark(70, "knobs", "learning rate x0.5"), Mark(90, "knobs", "learning rate x1")],
        ),
        ([state(70, RunState.PAUSED)], [Mark(70, "pause", "paused")]),
        (
            [state(70, RunState.PAUSED), state(70, RunState.TRAINING)],
            [Mark(70, "pause", "paused"), Mark(70, "resume", "resumed")],
        ),
        ([state(0, RunState.TRAINING), state(70, RunState.EVALUATING), state(70, RunState.TRAINING)], []),
        ([state(70, RunState.PAUSED), model_ready(70), state(70, RunState.TRAINING)], [Mark(70, "pause", "paused")]),
        (
            [NotFinite(step=70, metrics=("loss", "grad_norm")), state(70, RunState.PAUSED, "not finite")],
            [Mark(70, "pause", "paused: not finite"), Mark(70, "alert", "not finite")],
        ),
        ([Alert(step=70, kind="plateau", text="…")], [Mark(70, "alert", "plateau")]),
        ([Rewound(step=70, from_step=1250)], [Mark(70, "rewind", "back from step 1,250")]),
        ([Notice(step=70, level="info", text="nothing"), steps(1, 70)], []),
    ],
)
def test_what_is_marked(events: list[Event], marks: list[Mark]):
    assert sorted(marks_of(*events), key=str) == sorted(marks, key=str)


def test_only_the_marks_of_the_asked_steps_are_given_by_ascending_step():
    history = history_of(
        steps(1, 400), evaluated(100), knobs(150, 0.5), evaluated(200), checkpointed(100), state(200, RunState.PAUSED)
    )
    assert [mark.step for mark in history.marks(*EVER)] == [100, 100, 150, 200, 200]
    assert [mark.kind for mark in history.marks(101, 199)] == ["knobs"]
    assert {mark.kind for mark in history.marks(100, 100)} == {"evaluation", "checkpoint"}
    assert history.marks(201, 300) == []


def test_the_best_is_one_only_and_the_last_one_before_a_rewind():
    history = history_of(steps(1, 400), *(evaluated(step, 200 - step, best=True) for step in (100, 200, 300)))

    def best() -> list[int]:
        return [mark.step for mark in history.marks(*EVER) if mark.kind == "best"]

    assert best() == [300]
    assert not [mark for mark in history.marks(1, 299) if mark.kind == "best"], "it holds for the whole run"
    history.add(Rewound(step=250, from_step=400))
    assert best() == [200]


def test_a_rewind_takes_the_marks_after_it_back_but_not_the_knobs():
    events = (steps(1, 400), knobs(100, 0.5), evaluated(200), knobs(300, 0.5, 2.0), state(400, RunState.PAUSED))
    rewound = Rewound(step=200, from_step=400)
    assert marks_of(*events, rewound, knobs(200, 0.5, 2.0)) == [
        Mark(100, "knobs", "learning rate x0.5"),
        Mark(200, "evaluation", "validation 100.00"),
        Mark(200, "knobs", "beta x2"),
        Mark(200, "rewind", "back from step 400"),
    ]
    assert {mark.kind for mark in marks_of(*events[:3], rewound, knobs(200, 0.5))} == {"knobs", "evaluation", "rewind"}


@pytest.mark.parametrize("again", [(model_ready(200),), (steps(201, 210),), (model_ready(200), steps(201, 210))])
def test_what_a_resumed_run_does_not_go_on_from_is_not_marked(again: tuple[Event, ...]):
    marks = marks_of(steps(1, 400), evaluated(200), evaluated(300), checkpointed(200), checkpointed(300), *again)
    assert {(mark.step, mark.kind) for mark in marks} == {(200, "evaluation"), (200, "checkpoint")}


def test_the_version_tells_whether_the_marks_changed():
    history = history_of(steps(1, 100))
    versions = [history.version]
    for event in (
        state(100, RunState.PAUSED),
        state(100, RunState.TRAINING),
        knobs(100, 0.5),
        checkpointed(100),
        Alert(step=100, kind="plateau", text="…"),
        state(100, RunState.TRAINING),
        knobs(100, 0.5),
    ):
        history.add(event)
        versions.append(history.version)
    assert [after > before for before, after in itertools.pairwise(versions)] == [True] * 5 + [False, True]


def test_a_very_long_run_keeps_what_matters_and_an_even_part_of_the_rest():
    history, evaluations = History(), 20_000
    for i in range(1, evaluations + 1):
        step = 50 * i
        history.add(evaluated(step, 1e6 - i, best=i <= 5000))
        history.add(checkpointed(step))
        if i % 100 == 0:
            history.add(knobs(step, 0.5 if i % 200 else 1.0))
            history.add(Alert(step=step, kind="slow steps", text="…"))
    by_kind: dict[str, list[int]] = {}
    for mark in history.marks(*EVER):
        by_kind.setdefault(mark.kind, []).append(mark.step)
    assert by_kind["best"] == [250_000]
    assert len(by_kind["knobs"]) == len(by_kind["alert"]) == 200
    for kind in ("evaluation", "checkpoint"):
        assert MAX_ROUTINE // 4 <= len(by_kind[kind]) <= MAX_ROUTINE
        assert by_kind[kind][-1] == 50 * evaluations
        assert np.diff(by_kind[kind]).max() <= 8 * 50 * evaluations / MAX_ROUTINE


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["pause", "checkpoint", "alert"])), max_size=200))
def test_marks_are_bounded_ordered_and_the_newest_is_there(happened: list[tuple[int, str]]):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vae_tui.core.history.marks.MAX_MARKS", 6)
        patch.setattr("vae_tui.core.history.marks.MAX_ROUTINE", 4)
        history, step = History(), 0
        for passed, kind in happened:
            step += passed
            event = {
                "pause": state(step, RunState.PAUSED),
                "checkpoint": checkpointed(step),
                "alert": Alert(step=step, kind="plateau", text="…"),
            }[kind]
            history.add(event)
            marks = history.marks(*EVER)
            assert [mark.step for mark in marks] == sorted(mark.step for mark in marks)
            assert (step, kind) in [(mark.step, mark.kind) for mark in marks]
            assert len([mark for mark in marks if mark.kind == "checkpoint"]) <= 4
            assert len(marks) <= 4 + 6 + 6


def test_a_late_checkpoint_is_found_at_its_own_step():
    history = history_of(steps(1, 300), checkpointed(200), checkpointed(100))
    assert [mark.step for mark in history.marks(*EVER)] == [100, 200]
    assert MAX_MARKS > MAX_ROUTINE
