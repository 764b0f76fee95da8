"""A replay of a run that was really trained: what its log tells, and answers from its checkpoints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from saved_run import Replayed, Start
from vae_tui.core.protocol.commands import (
    Checkpoint,
    Command,
    Generate,
    Pause,
    Resume,
    Rewind,
    Sample,
    SetKnobs,
    Stop,
    UseParams,
)
from vae_tui.core.protocol.events import (
    Ended,
    Evaluated,
    Event,
    Examples,
    Generated,
    LatentMap,
    Metrics,
    Notice,
    ParamsSelected,
    Reconstructed,
    RunState,
    Sampled,
    StateChanged,
)
from vae_tui.tui.session.replay.replay_commands import LookAt
from vae_tui.tui.session.replay.replay_session import ReplaySession


def requested(event: Event) -> bool:
    return isinstance(event, Sampled) and event.requested


def paused(event: Event) -> bool:
    return isinstance(event, StateChanged) and event.state == RunState.PAUSED


def test_a_run_is_told_again_and_shown_as_in_training(trained: tuple[Path, list[Event]], start: Start) -> None:
    path, said = trained
    seen = start(path).until(Reconstructed)
    for kind in (Evaluated, Sampled, LatentMap, Reconstructed, Examples):
        live = [event for event in said if isinstance(event, kind)][-1]
        told = [event for event in seen if isinstance(event, kind)][-1]
        assert told.step == (live.step if kind is not Examples else 10)
        for field in ("loss", "images", "labels", "latents"):
            if hasattr(live, field):
                np.testing.assert_allclose(getattr(told, field), getattr(live, field), atol=1e-4)
    losses = [
        np.concatenate([event.loss for event in events if isinstance(event, Metrics)]).tolist()
        for events in (said, seen)
    ]
    assert losses[0] == losses[1]
    assert [event.state for event in seen if isinstance(event, StateChanged)][-1] == RunState.FINISHED
    assert not any(isinstance(event, Ended) for event in seen)


def test_questions_are_answered_as_the_trainer_answers_them(trained: tuple[Path, list[Event]], start: Start) -> None:
    path, said = trained
    replayed = start(path)
    ema, raw, best = (replayed.generated(weights) for weights in ("ema", "raw", "best"))
    assert [answer.problem for answer in (ema, raw, best)] == ["", "", ""]
    assert (ema.images != raw.images).any()
    steps = [event.step for event in said if isinstance(event, Evaluated) and event.best]
    assert ((best.images == ema.images).all()) == (steps[-1] == 10)
    wrong = Generate(9, np.zeros((1, 2), np.float32), np.eye(10, dtype=np.float32)[:1])
    answer = replayed.ask(wrong, Generated)
    assert isinstance(answer, Generated)
    assert answer.images.shape == (0, 28, 28)
    assert "this model takes 1x3" in answer.problem


def test_images_are_drawn_anew_from_either_parameters(trained: tuple[Path, list[Event]], start: Start) -> None:
    path, said = trained
    replayed = start(path)
    drawn = [event for event in said if isinstance(event, Sampled)][-1]
    one = replayed.ask(Sample(7), requested)
    assert isinstance(one, Sampled)
    changed = (one.images != drawn.images).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(np.flatnonzero(changed), [7])
    assert (one.label, one.source) == (7, "ema")
    replayed.session.send(UseParams("raw"))
    *_, selected, raw = replayed.until(requested)
    assert isinstance(selected, ParamsSelected)
    assert isinstance(raw, Sampled)
    assert raw.source == "raw"
    assert (raw.images != one.images).any()
    refused = replayed.ask(Sample(10), Notice)
    assert isinstance(refused, Notice)
    assert "no class 10" in refused.text


def test_what_is_drawn_is_drawn_with_the_checkpoint_of_the_moment(
    trained: tuple[Path, list[Event]], start: Start
) -> None:
    """At the end the one that was asked for; before, the nearest one at or before the step, else the first."""
    replayed = start(trained[0], checkpoint="6")
    drawn = {6: replayed.generated().images}
    assert replayed.generated().step == 6
    for step, expected in ((10, 10), (9, 9), (8, 6), (6, 6), (4, 3), (1, 3), (0, 3)):
        replayed.session.send(LookAt(step))
        answer = replayed.generated()
        assert answer.step == expected
        np.testing.assert_array_equal(drawn.setdefault(expected, answer.images), answer.images)
    assert all((drawn[3] != drawn[step]).any() for step in (6, 9, 10))
    replayed.session.send(LookAt(None))
    assert replayed.generated().step == 6
    replayed.ask(Rewind(4), paused)
    assert replayed.generated().step == 3
    sampled = replayed.ask(Sample(), requested)
    assert sampled.step == 3
    best = replayed.generated("best")
    replayed.ask(Rewind(10), lambda event: isinstance(event, StateChanged) and event.state == RunState.FINISHED)
    np.testing.assert_array_equal(replayed.generated("best").images, best.images)


def test_the_map_and_the_reconstructions_follow_the_moment(trained: tuple[Path, list[Event]], start: Start) -> None:
    path, said = trained
    replayed = start(path)
    replayed.until(Reconstructed)
    replayed.session.send(Rewind(3))
    shown = replayed.until(Reconstructed)[-2:]
    live = [event for event in said if isinstance(event, LatentMap | Reconstructed) and event.step == 3]
    for event, expected in zip(shown, live, strict=True):
        assert type(event) is type(expected)
        assert event.step == 3
        for field in ("images",) if isinstance(event, Reconstructed) else ("labels", "latents"):
            np.testing.assert_allclose(getattr(event, field), getattr(expected, field), atol=1e-4)


def test_a_played_run_is_told_from_its_start_to_its_end(trained: tuple[Path, list[Event]], start: Start) -> None:
    path, said = trained
    replayed = start(path, speed=64.0)
    seen = replayed.until(lambda event: isinstance(event, StateChanged) and event.detail == "space plays it x64")
    chunks = [(event.first_step, event.step) for event in seen if isinstance(event, Metrics)]
    assert [step for first, last in chunks for step in range(first, last + 1)] == list(range(1, 11))
    assert [event.step for event in seen if isinstance(event, Evaluated)] == [
        event.step for event in said if isinstance(event, Evaluated)
    ]
    replayed.session.send(Resume())
    again = replayed.until(lambda event: isinstance(event, StateChanged) and event.detail == "space plays it x64")
    assert [event.step for event in again if isinstance(event, Evaluated)] == [
        event.step for event in seen if isinstance(event, Evaluated)
    ]


def test_a_slow_replay_obeys_at_once(trained: tuple[Path, list[Event]], start: Start) -> None:
    replayed = start(trained[0], speed=1e-12)  # ages between two events
    replayed.until(lambda event: isinstance(event, StateChanged) and event.detail.endswith("replay x1e-12"))
    replayed.ask(Pause(), paused)
    replayed.ask(Rewind(6), lambda event: isinstance(event, Metrics) and event.step == 6)


@pytest.mark.parametrize("command", [Checkpoint(), SetKnobs(0.5)])
def test_what_would_train_it_is_refused(trained: tuple[Path, list[Event]], start: Start, command: Command) -> None:
    path, _ = trained
    notice = start(path).ask(command, Notice)
    assert isinstance(notice, Notice)
    assert notice.level == "warning"
    assert notice.text == f"this run is not being trained; vae-tui train --resume {path} continues it"


def test_stopping_ends_it(trained: tuple[Path, list[Event]]) -> None:
    replayed = Replayed(ReplaySession(trained[0]))
    replayed.until(Reconstructed)
    ended = replayed.ask(Stop(), Ended)
    assert ended == Ended(step=10, time=ended.time, reason="stopped")
    assert replayed.session.join(60)


def test_stopping_at_once_ends_it_without_a_wait_for_a_model(trained: tuple[Path, list[Event]]) -> None:
    session = ReplaySession(trained[0])
    session.send(Stop())
    replayed = Replayed(session)
    seen = replayed.until(Ended)
    assert not any(isinstance(event, Examples) for event in seen)
    assert session.join(60)
