"""The event log: what is written can be read, whatever interrupted the writer."""

import contextlib
import json
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from strategies import assert_same, plain_events, samples
from vae_tui.core.config import Config
from vae_tui.core.errors import RunError, TrainingError
from vae_tui.core.events import (
    Ended,
    Evaluated,
    Event,
    Examples,
    Failed,
    Generated,
    LatentMap,
    Notice,
    Reconstructed,
    RunState,
    Sampled,
    StateChanged,
)
from vae_tui.core.records import EVENT_TYPES, type_name
from vae_tui.core.rundir import RunDirectory
from vae_tui.core.runlog import RunLog, read_events, read_records, read_records_backwards
from vae_tui.core.runs import list_runs
from vae_tui.core.tensorboard import entries


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunDirectory]:
    with RunDirectory.create(Config(), tmp_path) as run:
        yield run


def write(run: RunDirectory, *events: Event) -> None:
    log = RunLog(run)
    for event in events:
        log.record(event)
    log.close()


def notice(number: int) -> Notice:
    return Notice(step=number, level="info", text=f"notice {number} \N{SNOWMAN}\n")


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
        forwards = list(read_records(run.events_path))
        assert len(forwards) == len(events)
        assert list(read_records_backwards(run.events_path)) == forwards[::-1]


def test_reading_backwards_crosses_blocks(run: RunDirectory) -> None:
    write(run, *(Notice(step=step, level="info", text="x" * (7919 * step % 200_000)) for step in range(12)))
    assert [record["step"] for record in read_records_backwards(run.events_path)] == list(range(11, -1, -1))


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
        assert len(list(read_records(run.events_path))) == whole
        assert len(list(read_records_backwards(run.events_path))) == whole
        write(run, notice(3))
        assert [event.step for event in read_events(run.events_path)] == [*[1, 2][:whole], 3]


def test_no_log_has_no_events(run: RunDirectory) -> None:
    assert list(read_events(run.events_path)) == []
    assert list(read_records_backwards(run.events_path)) == []


@pytest.mark.parametrize("garbage", ["nonsense", "[1]", "\0\0\0", '{"type":"notice"}'])
def test_a_damaged_line_is_named(run: RunDirectory, garbage: str) -> None:
    write(run, notice(1), notice(2))
    lines = run.events_path.read_text().splitlines()
    run.events_path.write_text("\n".join([lines[0], garbage, lines[1], ""]))
    with pytest.raises(RunError, match=r"line 2|is damaged"):
        list(read_events(run.events_path))


def test_events_of_later_versions_are_left_out(run: RunDirectory) -> None:
    write(run, notice(1))
    with run.events_path.open("a") as file:
        file.write('{"type":"latent_walk","time":0,"step":7}\n')
    assert [event.step for event in read_events(run.events_path)] == [1]
    assert len(list(read_records(run.events_path))) == 2


def test_sampled_digits_become_a_picture(run: RunDirectory) -> None:
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
    assert len(list(read_records(run.events_path))) == 2
    assert list(run.samples_path.iterdir()) == []
    assert not EVENT_TYPES.keys() & {type_name(type(event)) for event in unlogged}
    assert [entry for event in unlogged for entry in entries(event)] == []


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


def test_a_full_disk_is_an_error_and_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.mkdir()
    run = RunDirectory(path, Config(), lock=None)  # type: ignore[arg-type]  # its configuration would not fit
    with small_disk():
        log = RunLog(run)
        log.record(notice(1))
        with pytest.raises(TrainingError, match=r"cannot write to the run directory .*File too large; make room"):
            log.record(Notice(step=2, level="info", text="x" * 1000))
        log.record(notice(3))
        log.close()
        with pytest.raises(TrainingError, match="cannot write"):
            RunLog(run).record(sampled(4))
    assert [event.step for event in read_events(run.events_path)] == [1, 3]
    assert list(run.samples_path.iterdir()) == []


class TestListRuns:
    def state(self, base: Path) -> str:
        (summary,) = list_runs(base)
        return summary.state

    def test_no_folder(self, tmp_path: Path) -> None:
        assert list_runs(tmp_path / "runs") == []

    @pytest.mark.parametrize(
        ("event", "state"),
        [
            (Ended(step=9, reason="finished"), "finished"),
            (Ended(step=9, reason="stopped"), "stopped"),
            (Failed(step=9, message="", traceback=""), "failed"),
            (StateChanged(step=9, state=RunState.TRAINING), "interrupted"),
        ],
    )
    def test_states(self, tmp_path: Path, event: Event, state: str) -> None:
        with RunDirectory.create(Config(), tmp_path) as run:
            write(run, event)
            assert self.state(tmp_path) == "running"
        assert self.state(tmp_path) == state

    def test_progress(self, tmp_path: Path) -> None:
        with RunDirectory.create(Config(), tmp_path) as run:
            write(
                run,
                StateChanged(step=0, time=1000.0, state=RunState.PREPARING),
                Evaluated(step=10, split="validation", loss=200.0, reconstruction=150.0, kl=50.0),
                Evaluated(step=20, split="validation", loss=100.0, reconstruction=75.0, kl=25.0),
                Evaluated(step=20, split="test", loss=300.0, reconstruction=75.0, kl=25.0),
                StateChanged(step=0, state=RunState.PREPARING),  # resumed
            )
        (summary,) = list_runs(tmp_path)
        assert (summary.step, summary.validation_loss, summary.started) == (20, 100.0, 1000.0)
        assert (summary.path, summary.dataset, summary.arch) == (run.path, "auto", "dense")

    def test_a_damaged_run_is_listed_too(self, tmp_path: Path) -> None:
        with RunDirectory.create(Config(), tmp_path) as run:
            run.events_path.write_text("nonsense\n")
        assert self.state(tmp_path) == "unknown"
        run.events_path.unlink()
        (run.path / "config.json").write_text(json.dumps({"train": 3}))
        assert self.state(tmp_path) == "unknown"
