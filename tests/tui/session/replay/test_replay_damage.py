"""What a replay makes of a log that is damaged, or empty, or not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from played import NOW, Played, recorded
from replayed import Life, two_lives
from vae_tui.core.errors import RunError
from vae_tui.core.protocol.commands import Resume, Rewind
from vae_tui.core.protocol.events import Metrics, Notice, RunState
from vae_tui.core.run import lines
from vae_tui.tui.session.replay.log_index import LogIndex
from vae_tui.tui.session.replay.replay_events import Restated


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("lives"), two_lives())


def test_a_line_without_an_end_is_where_the_log_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life(NOW, 0, seed=1)
    run = recorded(tmp_path, [*life.opening(), *life.train(20)])
    content = (run / "events.jsonl").read_bytes()
    whole = content.splitlines(keepends=True)
    longest = 1 + max(map(len, whole))
    monkeypatch.setattr(lines, "LONGEST", longest)
    (run / "events.jsonl").write_bytes(content + b"x" * 2 * longest + b"\n" + content)
    played = Played(run, None)
    assert played.replay.step == 20
    (notice,) = [event.text for event in played.listener.events if isinstance(event, Notice)]
    assert f"line {len(whole) + 1} of" in notice


def test_a_run_without_a_log_cannot_be_replayed(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"has no log \(events.jsonl\): there is nothing to replay"):
        LogIndex(tmp_path)


def test_of_a_log_without_a_line_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text("")
    for speed in (None, 2.0):
        played = Played(tmp_path, speed)
        assert played.standing[0] == RunState.STOPPED
        played.tell(Rewind(3))
        played.tell(Resume())
        assert played.replay.step == 0


def test_damaged_lines_are_left_out_and_said_once(lives: Path, tmp_path: Path) -> None:
    lines = (lives / "events.jsonl").read_bytes().splitlines(keepends=True)
    metrics = [i for i, line in enumerate(lines) if line.startswith(b'{"type":"metrics"')]
    damaged = {metrics[3]: b"nonsense\n", metrics[7]: lines[metrics[7]].replace(b'"loss":[', b'"loss":["x",')}
    (tmp_path / "events.jsonl").write_bytes(b"".join(damaged.get(i, line) for i, line in enumerate(lines)))
    played = Played(tmp_path, None)
    notices = [event.text for event in played.listener.events if isinstance(event, Notice)]
    assert len(notices) == 1
    assert f"line {metrics[3] + 1} of {tmp_path / 'events.jsonl'} is damaged, as is another one: " in notices[0]
    assert played.listener.view.step == 120
    assert np.isnan(played.listener.known()["losses"]).sum() == 10
    played.tell(Rewind(1))
    played.tell(Resume())
    played.wait(1000)
    assert played.listener.view.step == 120


@given(st.data())
def test_whatever_has_become_of_a_log_what_can_be_read_is_told(
    lives: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray((lives / "events.jsonl").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = min(len(content), start + data.draw(st.integers(0, 400)))
        content[start:end] = data.draw(st.binary(max_size=30))
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "events.jsonl").write_bytes(bytes(content))
    played = Played(folder, data.draw(st.sampled_from([None, 8.0])))
    played.wait(1e6)
    whole = [
        line
        for line in (lives / "events.jsonl").read_bytes().splitlines(keepends=True)
        if line.startswith(b'{"type":"metrics"') and line in bytes(content)
    ]
    told = sum(event.step - event.first_step + 1 for event in played.listener.events if isinstance(event, Metrics))
    assert told >= sum(line.count(b",", line.index(b'"loss":['), line.index(b"]")) + 1 for line in whole)
    played.tell(Rewind(data.draw(st.integers(0, 130))))
    played.tell(Resume())
    played.wait(1e6)
    assert isinstance(played.listener.events[-1], Restated | Notice)
