"""The event log: what is written can be read, whatever interrupted the writer."""

import contextlib
import errno
import json
import os
import re
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import notice, read_records, write
from PIL import Image
from strategies import assert_same, plain_events, samples
from vae_tui.core.config import Config
from vae_tui.core.errors import DiskFullError, RunError
from vae_tui.core.protocol.events import (
    Checkpointed,
    Event,
    Examples,
    Generated,
    LatentMap,
    Notice,
    Reconstructed,
    Sampled,
)
from vae_tui.core.protocol.records import EVENT_TYPES, to_record, type_name
from vae_tui.core.run import event_log
from vae_tui.core.run.event_log import RunLog, read_events, read_events_backwards
from vae_tui.core.run.lines import LONGEST
from vae_tui.core.run.rundir import RunDirectory, reserve_path
from vae_tui.core.run.tensorboard import tensorboard_entries

ALL = [event_type for event_type in EVENT_TYPES.values() if event_type is not Sampled]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunDirectory]:
    with RunDirectory.create(Config(), tmp_path) as run:
        yield run


def spoilt(events: list[Event]) -> st.SearchStrategy[bytes]:
    """A log of these events, some bytes of which are others."""
    content = b"".join(json.dumps(to_record(event)).encode() + b"\n" for event in events)

    def change(changes: list[tuple[int, bytes]]) -> bytes:
        changed = bytearray(content)
        for place, found in changes:
            changed[place : place + len(found)] = found
        return bytes(changed)

    return st.lists(st.tuples(st.integers(0, len(content)), st.binary(max_size=4)), max_size=4).map(change)


def sampled(step: int) -> Sampled:
    images = np.random.default_rng(0).integers(0, 256, (3, 2, 28, 28), dtype=np.uint8)
    return Sampled(step=step, images=images, source="ema", temperature=0.8)


@given(st.lists(plain_events(), max_size=5), st.lists(plain_events(), max_size=3))
def test_events_of_all_writers_are_read_back(first: list[Event], second: list[Event]) -> None:
    with TemporaryDirectory() as folder, RunDirectory.create(Config(), Path(folder)) as run:
        write(run, *first)
        write(run, *second)
        for got, sent in zip(read_events(run.events_path), first + second, strict=True):
            assert_same(got, sent)


@given(st.lists(plain_events() | samples(), max_size=6))
def test_a_log_reads_the_same_from_both_ends(events: list[Event]) -> None:
    with TemporaryDirectory() as folder, RunDirectory.create(Config(), Path(folder)) as run:
        write(run, *events)
        assert len(read_records(run.events_path)) == len(events)
        forwards = list(read_events(run.events_path))
        for got, sent in zip(read_events_backwards(run.events_path, ALL), forwards[::-1], strict=True):
            assert_same(got, sent)


def test_reading_backwards_crosses_blocks(run: RunDirectory) -> None:
    write(run, *(Notice(step=step, level="info", text="x" * (7919 * step % 200_000)) for step in range(12)))
    assert [event.step for event in read_events_backwards(run.events_path, [Notice])] == list(range(11, -1, -1))


def test_reading_backwards_reads_no_further_than_it_is_asked(run: RunDirectory) -> None:
    write(run, notice(1))
    with run.events_path.open("ab") as file:
        file.write(b"nonsense\n" + b"\0" * (2 * LONGEST) + b"\n")
    write(run, notice(2), sampled(3), notice(4))
    backwards = read_events_backwards(run.events_path, [Notice])
    assert [next(backwards).step, next(backwards).step] == [4, 2]
    assert list(backwards) == [], "nothing is read before a line that is too long"


def test_lines_are_on_disk_at_once(run: RunDirectory) -> None:
    log = RunLog(run)
    for number in range(3):
        log.record(notice(number))
        assert len(run.events_path.read_text().splitlines()) == number + 1
    log.close()


def test_a_log_torn_anywhere_is_read_and_continued(run: RunDirectory) -> None:
    write(run, notice(1), notice(2))
    content = run.events_path.read_bytes()
    for size in range(len(content) + 1):
        run.events_path.write_bytes(content[:size])
        whole = content[:size].count(b"\n")
        assert len(read_records(run.events_path)) == whole
        assert len(list(read_events_backwards(run.events_path, [Notice]))) == whole
        write(run, notice(3))
        assert [event.step for event in read_events(run.events_path)] == [*[1, 2][:whole], 3]


def test_no_log_has_no_events(run: RunDirectory) -> None:
    assert list(read_events(run.events_path)) == []
    assert list(read_events_backwards(run.events_path, [Notice])) == []


@pytest.mark.parametrize(
    "garbage",
    ["nonsense", "[1]", "\0\0\0", "", "{}", '{"type":[]}', '{"type":"notice"}', "[" * 10_000],
    ids=lambda text: text[:20],
)
def test_a_damaged_line_is_named(run: RunDirectory, garbage: str) -> None:
    write(run, notice(1), notice(2))
    lines = run.events_path.read_text().splitlines()
    run.events_path.write_text("\n".join([lines[0], garbage, lines[1], ""]))
    with pytest.raises(RunError, match=r"^line 2 of .*events\.jsonl is damaged: [^\n]+$"):
        list(read_events(run.events_path))


@given(st.binary(max_size=200) | st.lists(plain_events(), max_size=3).flatmap(spoilt))
def test_whatever_is_in_a_log_there_are_events_or_one_clear_line(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        log = Path(folder, "events.jsonl")
        log.write_bytes(content)
        complaints: list[str] = []
        for events in (read_events(log), read_events(log, warn=complaints.append), read_events_backwards(log, ALL)):
            try:
                assert all(isinstance(event, Event) for event in events)
            except RunError as error:
                complaints.append(str(error))
        assert len(complaints) in (0, 2), "either the strict reader and the other one, or neither"
        for complaint in complaints:
            assert re.fullmatch(r"line \d+ of [^\n]*events\.jsonl is damaged[^\n]*: [^\n]+", complaint)


def test_a_path_that_is_no_text_is_logged_all_the_same(run: RunDirectory) -> None:
    path = os.fsdecode(b"/runs/\xff/7")
    write(run, Checkpointed(step=7, path=path))
    (event,) = read_events(run.events_path)
    assert isinstance(event, Checkpointed)
    assert event.path == "/runs/?/7"


def test_events_of_later_versions_are_left_out(run: RunDirectory) -> None:
    write(run, notice(1))
    with run.events_path.open("a") as file:
        file.write('{"type":"latent_walk","time":0,"step":7}\n')
    assert [event.step for event in read_events(run.events_path)] == [1]
    assert len(read_records(run.events_path)) == 2


def test_sampled_images_become_a_picture(run: RunDirectory) -> None:
    event = sampled(250)
    write(run, event)
    (record,) = read_records(run.events_path)
    assert record["type"] == "sampled"
    assert record["file"] == "samples/step-00000250.png"
    assert "images" not in record
    picture = np.asarray(Image.open(run.path / record["file"]))
    assert picture.shape == (2 + 3 * 30, 2 + 2 * 30)
    np.testing.assert_array_equal(picture[32:60, 2:30], event.images[1, 0])
    assert list(read_events(run.events_path)) == []


def test_what_can_be_had_again_by_asking_is_recorded_nowhere(run: RunDirectory) -> None:
    images = np.zeros((10, 2, 28, 28), np.uint8)
    two = np.zeros((5, 2), np.float32)
    unlogged = [
        Examples(step=2, images=images),
        Reconstructed(step=2, images=images),
        LatentMap(step=2, points=two, labels=np.zeros(5, np.int32), latents=two, explained=(0.6, 0.3)),
        Generated(step=2, ticket=1, images=images[0], weights="ema"),
    ]
    write(run, notice(1), *unlogged, notice(3))
    assert [event.step for event in read_events(run.events_path)] == [1, 3]
    assert len(read_records(run.events_path)) == 2
    assert list(run.samples_path.iterdir()) == []
    assert not EVENT_TYPES.keys() & {type_name(type(event)) for event in unlogged}
    assert [entry for event in unlogged for entry in tensorboard_entries(event)] == []


def test_pictures_of_one_step_do_not_replace_each_other(run: RunDirectory) -> None:
    write(run, sampled(5), sampled(5))
    write(run, sampled(5))
    assert [record["file"] for record in read_records(run.events_path)] == [
        "samples/step-00000005.png",
        "samples/step-00000005-2.png",
        "samples/step-00000005-3.png",
    ]


@contextlib.contextmanager
def small_disk() -> Iterator[None]:
    """Files cannot grow past 300 bytes: the write that would is cut short, the next one fails.

    Not a fixture: the test runner itself may be writing to a file.
    """
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_an_error_and_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "RESERVE", 100)
    with RunDirectory.create(Config(), tmp_path) as run, small_disk():
        log = RunLog(run)
        log.record(notice(1))
        with pytest.raises(DiskFullError, match=r"no space left in .*: the event log needs about .*; free some space"):
            log.record(Notice(step=2, level="info", text="x" * 1000))
        log.record(notice(3))
        log.close()
        with pytest.raises(DiskFullError, match="no space left"):
            RunLog(run).record(sampled(4))
    assert [event.step for event in read_events(run.events_path)] == [1, 3]
    assert list(run.samples_path.iterdir()) == []


def test_the_last_events_before_a_full_disk_have_reserved_room(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk has no other room than that of the reserve, until there is some."""
    is_full = True
    write = RunLog._write

    def write_if_there_is_room(log: RunLog, event: Event) -> None:
        if is_full and reserve_path(run.path).exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(log, event)

    def refuse(path: Path, content: bytes) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with contextlib.closing(RunLog(run)) as log, monkeypatch.context() as patches:
        assert reserve_path(run.path).stat().st_size == event_log.RESERVE
        patches.setattr(RunLog, "_write", write_if_there_is_room)
        patches.setattr(event_log, "write_whole", refuse)
        assert log.shortage == ""
        log.record(notice(1))
        assert log.shortage.startswith(f"no space left in {run.path}: the event log needs about 1.0 MB")
        log.record(sampled(2))
        is_full = False
        patches.undo()
        assert log.shortage == ""
        assert reserve_path(run.path).exists()
    assert not reserve_path(run.path).exists()
    assert [record["step"] for record in read_records(run.events_path)] == [1, 2]
