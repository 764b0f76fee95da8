"""Reading a log from where one was, while it grows, whatever is in it."""

from __future__ import annotations

import dataclasses
import json
import random
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import cut_up, notice, sampled, steps, write
from strategies import assert_same, plain_events
from vae_tui.core.config import Config
from vae_tui.core.errors import RunError
from vae_tui.core.protocol.events import Event, Metrics, Notice, ParamsSelected, Sampled
from vae_tui.core.protocol.records import to_record
from vae_tui.core.run.event_log import read_events
from vae_tui.core.run.log_tail import MERGED_STEPS, LogTail
from vae_tui.core.run.rundir import RunDirectory


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunDirectory]:
    with RunDirectory.create(Config(), tmp_path) as run:
        yield run


@given(st.lists(plain_events(), max_size=8), st.data())
def test_all_events_come_once_and_in_order_wherever_reading_stopped(events: list[Event], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder, RunDirectory.create(Config(), Path(folder)) as run:
        write(run, *events)
        size = run.events_path.stat().st_size
        tail, got = LogTail(run.path), []
        for end in sorted(data.draw(st.lists(st.integers(0, size + 9), max_size=4))):
            got += tail.read(end)
            assert tail.position <= end
        got += tail.read()
        assert tail.position == size
        assert list(tail.read()) == []
    for event, sent in zip(cut_up(got), cut_up(events), strict=True):
        assert_same(event, sent)


def test_metrics_of_consecutive_steps_are_one_event(run: RunDirectory) -> None:
    write(
        run, steps(1, 3, 0.5), steps(4, 4, 0.25), steps(5, 9, 1.0), notice(9), steps(10, 12), steps(8, 9), steps(11, 12)
    )
    first, told, *others = LogTail(run.path).read()
    assert_same(first, steps(1, 9, 1.75))
    assert_same(told, read(run)[3])
    for event, sent in zip(others, (steps(10, 12), steps(8, 9), steps(11, 12)), strict=True):
        assert_same(event, sent)


def read(run: RunDirectory) -> list[Event]:
    return list(read_events(run.events_path))


def test_a_merged_event_is_not_too_long(run: RunDirectory) -> None:
    size = MERGED_STEPS // 4
    write(run, *(steps(first, first + size - 1) for first in range(1, 10 * size, size)))
    lengths = [len(event.loss) for event in LogTail(run.path).read() if isinstance(event, Metrics)]
    assert lengths == [MERGED_STEPS, MERGED_STEPS, MERGED_STEPS // 2]


def test_numbers_beyond_float32_and_null_are_read(run: RunDirectory) -> None:
    record = to_record(steps(1, 2)) | {"loss": [1e300, None]}
    run.events_path.write_text(json.dumps(record).replace(", ", ",").replace(": ", ":") + "\n")
    (event,) = LogTail(run.path).read()
    assert isinstance(event, Metrics)
    assert not np.isfinite(event.loss).any()


class TestSampled:
    def test_only_the_newest_of_a_call_comes_in_its_place_with_its_images(self, run: RunDirectory) -> None:
        selected = ParamsSelected(step=9, source="ema")
        write(run, sampled(3, 1), notice(5), sampled(5, 2), sampled(5, 3), selected)
        tail = LogTail(run.path)
        _, images, after = tail.read()
        assert_same(images, dated(sampled(5, 3), images))
        assert after == selected
        write(run, sampled(7, 4), notice(8), sampled(9, 5))
        _, images = tail.read()
        assert_same(images, dated(sampled(9, 5), images))

    def test_the_first_line_is_found(self, run: RunDirectory) -> None:
        write(run, sampled(3, 7))
        (images,) = LogTail(run.path).read()
        assert_same(images, dated(sampled(3, 7), images))

    @pytest.mark.parametrize("content", [None, b"", b"no picture"])
    def test_a_picture_that_is_gone_is_left_out(self, run: RunDirectory, content: bytes | None) -> None:
        write(run, sampled(3), notice(4))
        (picture,) = run.samples_path.iterdir()
        picture.unlink()
        if content is not None:
            picture.write_bytes(content)
        assert [type(event) for event in LogTail(run.path).read()] == [Notice]

    @pytest.mark.parametrize("file", ["../../secret.png", "/etc/passwd", "a\0b", 7, None])
    def test_only_pictures_of_the_run_are_opened(self, run: RunDirectory, tmp_path: Path, file: object) -> None:
        write(run, sampled(3))
        (picture,) = run.samples_path.iterdir()
        picture.rename(tmp_path / "secret.png")
        (line,) = run.events_path.read_text().splitlines()
        run.events_path.write_text(json.dumps(json.loads(line) | {"file": file}, separators=(",", ":")) + "\n")
        assert list(LogTail(run.path).read()) == []


def dated(sent: Sampled, got: Event) -> Sampled:
    """The event with the time of another."""
    return dataclasses.replace(sent, time=got.time)


class TestGrowing:
    def test_no_log_yet(self, tmp_path: Path) -> None:
        assert list(LogTail(tmp_path).read()) == []

    def test_a_torn_line_is_none_until_it_is_complete(self, run: RunDirectory) -> None:
        write(run, notice(1), notice(2))
        content = run.events_path.read_bytes()
        run.events_path.write_bytes(b"")
        tail, got = LogTail(run.path), []
        for i in range(len(content)):
            with run.events_path.open("ab") as file:
                file.write(content[i : i + 1])
            got += tail.read()
            assert content[: tail.position].endswith(b"\n") or tail.position == 0
            assert len(got) == content[: i + 1].count(b"\n")

    def test_a_torn_line_is_cut_off_by_the_next_writer(self, run: RunDirectory) -> None:
        write(run, notice(1))
        with run.events_path.open("ab") as file:
            file.write(b'{"type":"notice","time":1,"step":77,"level":"info","text":"' + b"x" * 10_000)
        tail = LogTail(run.path)
        assert [event.step for event in tail.read()] == [1]
        write(run, notice(2))
        assert [event.step for event in tail.read()] == [2]

    def test_reading_goes_on_where_it_was_broken_off(self, run: RunDirectory) -> None:
        write(run, notice(1), steps(1, 2), steps(3, 4), notice(5), notice(6))
        tail, seen = LogTail(run.path), []
        for _ in range(4):
            seen += [next(tail.read()).step]
        assert seen == [1, 4, 5, 6]

    def test_another_shorter_log_is_an_error(self, run: RunDirectory) -> None:
        write(run, notice(1), notice(2))
        tail = LogTail(run.path)
        assert len(list(tail.read())) == 2
        run.events_path.write_bytes(run.events_path.read_bytes()[:-9])
        with pytest.raises(RunError, match="was truncated"):
            list(tail.read())
        run.events_path.unlink()
        with pytest.raises(RunError, match="was truncated"):
            list(tail.read())

    def test_a_writer_and_a_reader_at_the_same_time(self, run: RunDirectory) -> None:
        events: list[Event] = [steps(i, i) if i % 5 else notice(i) for i in range(1, 2001)]
        writer = threading.Thread(target=write_in_pieces, args=(run, events))
        writer.start()
        tail, got = LogTail(run.path), []
        while writer.is_alive():
            got += tail.read()
        writer.join()
        got += tail.read()
        assert [event.step for event in cut_up(got)] == list(range(1, 2001))


def write_in_pieces(run: RunDirectory, events: list[Event]) -> None:
    """Write a log as a slow disk might, and now and then as processes do that are killed and resumed."""
    rng = random.Random(0)
    with run.events_path.open("ab", buffering=0) as file:
        for event in events:
            line = (json.dumps(to_record(event), separators=(",", ":")) + "\n").encode()
            cut = rng.randrange(len(line))
            file.write(line[:cut])
            if rng.random() < 0.1:
                time.sleep(0)
                file.truncate(file.tell() - cut)
                file.seek(0, 2)
                file.write(line)
            else:
                file.write(line[cut:])


def test_memory_does_not_grow_with_the_log(run: RunDirectory) -> None:
    lines = [json.dumps(to_record(steps(i, i + 99)), separators=(",", ":")) + "\n" for i in range(1, 100_000, 100)]
    run.events_path.write_text("".join(lines))
    size = run.events_path.stat().st_size
    tracemalloc.start()
    for _ in LogTail(run.path).read():
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 4_000_000
    assert peak < size
