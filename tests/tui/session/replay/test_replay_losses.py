"""A replay of a run that has lost something: its data set, its checkpoints, its log or its end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from saved_run import Replayed, Start
from vae_tui.core.learning.checksums import checksum_of_json
from vae_tui.core.protocol.commands import Sample
from vae_tui.core.protocol.events import Examples, Failed, Metrics, Notice, Reconstructed, RunState, StateChanged
from vae_tui.tui.session.replay.replay_commands import LookAt
from vae_tui.tui.session.replay.replay_session import ReplaySession


def test_without_the_data_set_there_is_no_map_but_all_the_rest(copied: Path, start: Start) -> None:
    """Nothing is downloaded for it: its folder of data sets is not even there."""
    for model in copied.glob("checkpoints/*/model/metadata"):
        content = json.loads(model.read_text().replace("mnist5k", "kmnist"))
        del content["checksum"]
        model.write_text(json.dumps(content | {"checksum": checksum_of_json(content)}))
    replayed = start(copied)
    notice = replayed.until(Notice)[-1]
    assert isinstance(notice, Notice)
    assert "kmnist" in notice.text
    assert "vae-tui data prepare kmnist" in notice.text
    assert replayed.generated().images.shape == (2, 28, 28)


def empty(pattern: str) -> Callable[[Path], object]:
    """Damage files of the checkpoints."""
    return lambda run: [path.write_bytes(b"") for path in run.glob(f"checkpoints/{pattern}") if path.is_file()]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: shutil.rmtree(run / "checkpoints"), "no checkpoints yet"),
        (empty("*/state/**/*"), "is damaged: its arrays cannot be read"),
        (empty("*/**/*"), "is damaged: its configuration cannot be read"),
    ],
    ids=["no checkpoint", "parameters", "checkpoint"],
)
def test_without_a_model_the_run_is_told_and_each_answer_says_why(
    copied: Path, start: Start, damage: Callable[[Path], object], message: str
) -> None:
    damage(copied)
    replayed = start(copied)
    seen = replayed.until(Notice)
    assert seen[-1].level == "warning"  # type: ignore[attr-defined]
    assert message in seen[-1].text  # type: ignore[attr-defined]
    assert sum(event.step - event.first_step + 1 for event in seen if isinstance(event, Metrics)) == 10
    answer = replayed.generated()
    assert answer.images.shape == (0, 1, 1)
    assert message in answer.problem
    notice = replayed.ask(Sample(), Notice)
    assert message in notice.text  # type: ignore[attr-defined]


def test_where_the_last_checkpoint_is_damaged_the_one_before_it_draws_and_the_user_is_told(
    copied: Path, start: Start
) -> None:
    empty("10/state/**/*")(copied)
    replayed = start(copied)
    notice = replayed.until(Notice)[-1]
    assert "10 is damaged: its arrays cannot be read; step 9 is used instead" in notice.text  # type: ignore[attr-defined]
    assert (replayed.generated().step, replayed.generated().problem) == (9, "")


def test_an_earlier_checkpoint_that_is_damaged_hides_no_other(copied: Path, start: Start) -> None:
    empty("6/state/**/*")(copied)
    replayed = start(copied)
    replayed.until(Reconstructed)
    replayed.session.send(LookAt(6))
    notice = replayed.until(Notice)[-1]
    assert "is damaged: its arrays cannot be read" in notice.text  # type: ignore[attr-defined]
    assert "is damaged: its arrays cannot be read" in replayed.generated().problem
    replayed.session.send(LookAt(9))
    assert (replayed.generated().step, replayed.generated().problem) == (9, "")


def test_a_run_without_a_log_fails_with_a_clear_message(copied: Path) -> None:
    (copied / "events.jsonl").unlink()
    replayed = Replayed(ReplaySession(copied))
    failed = replayed.until(Failed)[-1]
    assert isinstance(failed, Failed)
    assert failed.usage
    assert failed.message == f"{copied} has no log (events.jsonl): there is nothing to replay"
    assert replayed.session.join(60)


def test_a_run_that_was_killed_is_stopped(copied: Path, start: Start) -> None:
    events = copied / "events.jsonl"
    lines = events.read_text().splitlines(keepends=True)
    last = max(i for i, line in enumerate(lines) if json.loads(line)["type"] == "metrics")
    events.write_text("".join(lines[: last + 1]) + '{"type":"eval')
    seen = start(copied).until(Examples)
    state = [event for event in seen if isinstance(event, StateChanged)][-1]
    assert state.state == RunState.STOPPED
    assert state.step == [event.step for event in seen if isinstance(event, Metrics)][-1]
