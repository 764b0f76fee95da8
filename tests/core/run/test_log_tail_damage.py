"""What a reader makes of a log that is damaged: what can be read, and one clear line."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import cut_up, notice, sampled, steps, write
from strategies import metrics, plain_events
from vae_tui.core.config import Config
from vae_tui.core.errors import RunError
from vae_tui.core.history.history import History
from vae_tui.core.protocol.events import Event
from vae_tui.core.protocol.records import to_record
from vae_tui.core.run import log_tail as tail_module
from vae_tui.core.run.lines import LONGEST
from vae_tui.core.run.log_tail import LogTail
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.core.run.sample_files import encode_sampled


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunDirectory]:
    with RunDirectory.create(Config(), tmp_path) as run:
        yield run


class TestDamage:
    @pytest.mark.parametrize(
        ("garbage", "complaint"),
        [
            (b"nonsense", "malformed"),
            (b"", "truncated"),
            (b"[1]", "not a JSON object"),
            (b"\0\0\0", "malformed"),
            (b"{}", "it has no type"),
            (b'{"type":["notice"]}', "it has no type"),
            (b'{"type":"notice"}', "not a notice record"),
            (b'{"type":"notice","time":1,"step":1,"level":"loud","text":""}', "not a notice record"),
            (
                b'{"type":"notice","time":1,"step":1,"text":"","level":"' + b"q" * 99_999 + b'"}',
                r"Invalid enum value 'q{99,199};",
            ),
            (b'{"type":"sampled","time":1}', "not a sampled record"),
            (b'{"type":"metrics","time":1,"step":1}', "missing required field"),
            (b"[" * 100_000, "nested too deeply"),
            (b'{"type":"metrics","x":' + b"[" * 100_000, "nested too deeply"),
        ],
        ids=lambda value: str(value[:30]),
    )
    def test_it_is_named_and_only_that_line_is_lost(self, run: RunDirectory, garbage: bytes, complaint: str) -> None:
        write(run, notice(1), steps(1, 4), steps(5, 6), notice(2))
        lines = run.events_path.read_bytes().splitlines(keepends=True)
        if garbage.startswith(b'{"type":"sampled"'):
            (run.samples_path / "None").write_bytes(encode_sampled(sampled(1)))
        run.events_path.write_bytes(b"".join([*lines[:3], garbage + b"\n", *lines[3:]]))
        tail = LogTail(run.path)
        events, complaints = take(tail)
        assert [event.step for event in events] == [1, 6, 2]
        assert re.fullmatch(rf"line 4 of .*events\.jsonl is damaged: .*{complaint}.*the rest is shown", complaints)
        assert take(tail) == ([], "")

    def test_much_of_it_is_said_in_one_line_and_read_in_one_pass(
        self, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(run, notice(1), *(steps(i, i) for i in range(1, 201)))
        lines = run.events_path.read_bytes().splitlines(keepends=True)
        run.events_path.write_bytes(b"".join(line + b"nonsense\n" * 10 for line in lines))
        opened: list[Path] = []
        whole = tail_module.opened
        monkeypatch.setattr(tail_module, "opened", lambda path: opened.append(path) or whole(path))
        tail = LogTail(run.path)
        events, complaints = take(tail)
        assert [event.step for event in cut_up(events)] == [1, *range(1, 201)]
        assert re.fullmatch(r"line 2 of .* is damaged, as are 2009 more: .*", complaints)
        assert opened == [run.events_path]
        assert tail.position == run.events_path.stat().st_size

    @pytest.mark.parametrize(
        "change",
        [
            {"first_step": 2},
            {"first_step": 0, "step": 3},
            {"step": 3, "first_step": 4, "loss": []},
            {"step": 2**53 + 3, "first_step": 2**53},
            {"loss": [1, 2, 3]},
            {"kl": ["a", "b", "c", "d"]},
            {"seconds": -1.0},
            {"seconds": None},
            {"time": 1e300},
        ],
    )
    def test_metrics_that_cannot_be(self, run: RunDirectory, change: dict[str, object]) -> None:
        record = to_record(steps(1, 4)) | change
        run.events_path.write_text(json.dumps(record, separators=(",", ":")) + "\n")
        with pytest.raises(RunError, match="line 1 of"):
            list(LogTail(run.path).read())

    def test_an_endless_line_is_not_held_in_memory(self, run: RunDirectory) -> None:
        write(run, notice(1))
        with run.events_path.open("ab") as file:
            file.truncate(20 * LONGEST)
            file.seek(0, 2)
            file.write(b"\n")
        tracemalloc.start()
        events, complaint = take(LogTail(run.path))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert [event.step for event in events] == [1]
        assert re.fullmatch(r"line 2 of .* is longer than 16 MiB; .*", complaint)
        assert peak < 4 * LONGEST

    def test_a_log_that_is_no_file(self, run: RunDirectory) -> None:
        run.events_path.mkdir()
        with pytest.raises(RunError, match="cannot read"):
            list(LogTail(run.path).read())


def take(tail: LogTail) -> tuple[list[Event], str]:
    """The events, and what is said of damage."""
    events: list[Event] = []
    try:
        for event in tail.read():
            events.append(event)  # noqa: PERF402 (the error comes after them)
    except RunError as error:
        return events, str(error)
    return events, ""


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=2), max_size=9),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@st.composite
def mutated_lines(draw: st.DrawFn) -> bytes:
    """The line of an event, as a bug or a bad disk may leave it."""
    record = to_record(draw(plain_events() | metrics()))
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from(sorted(record)))
        if draw(st.booleans()):
            del record[name]
            break
        record[name] = draw(JUNK)
    line = bytearray(json.dumps(record, separators=(",", ":")).encode())
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(line) - 1))
        line[place : place + draw(st.integers(0, 9))] = draw(st.binary(max_size=9))
    return bytes(line) + b"\n"


@given(st.binary(max_size=300) | st.lists(mutated_lines(), max_size=6).map(b"".join), st.integers(0, 40))
def test_whatever_is_in_the_log_there_are_events_or_one_clear_line(content: bytes, missing: int) -> None:
    with TemporaryDirectory() as folder:
        log = Path(folder, "events.jsonl")
        log.write_bytes(content[: len(content) - missing])
        tail, history = LogTail(Path(folder)), History()
        events, complaint = take(tail)
        for event in events:
            history.add(event)
        assert len(complaint.splitlines()) == bool(complaint)
        assert len(complaint) < 500
        assert take(tail) == ([], "")
        assert tail.position == content[: len(content) - missing].rfind(b"\n") + 1
        history.envelope("loss", history.first_step, history.last_step + 1, 10)
