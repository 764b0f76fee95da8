"""TensorBoard event files, read back as TensorBoard itself reads them."""

import io
import resource
import signal
import time
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from vae_tui.core.errors import RunError, TrainingError
from vae_tui.core.protocol.events import (
    Evaluated,
    Event,
    KnobsChanged,
    Metrics,
    Notice,
    Rewound,
    RunState,
    Sampled,
    StateChanged,
)
from vae_tui.core.run.png import image_grid
from vae_tui.core.run.tensorboard import TensorBoardWriter

METRICS = ("loss", "reconstruction", "kl", "grad_norm", "learning_rate")


def metrics(first_step: int, count: int, *, time: float = 1000.0) -> Metrics:
    rng = np.random.default_rng(first_step)
    rows = {name: rng.lognormal(size=count).astype(np.float32) for name in METRICS}
    return Metrics(step=first_step + count - 1, first_step=first_step, time=time, seconds=count / 10, **rows)


def sampled(step: int) -> Sampled:
    images = np.random.default_rng(step).integers(0, 256, (10, 3, 28, 28), dtype=np.uint8)
    return Sampled(step=step, images=images, source="ema", temperature=0.8)


def write(folder: Path, *events: Event) -> None:
    writer = TensorBoardWriter(folder)
    for event in events:
        writer.record(event)
    writer.close()


def read(folder: Path) -> EventAccumulator:
    """Everything in the folder, thinned out nowhere."""
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0})
    return accumulator.Reload()


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    return [(scalar.step, scalar.value) for scalar in read(folder).Scalars(tag)]


def loss(*events: Metrics) -> list[tuple[int, float]]:
    return [(event.first_step + i, float(value)) for event in events for i, value in enumerate(event.loss)]


def test_every_step_has_its_metrics(tmp_path: Path) -> None:
    events = metrics(1, 700, time=2000.0), metrics(701, 1, time=2001.0)
    write(tmp_path / "board", *events)
    board = read(tmp_path / "board")
    assert board.Tags()["scalars"] == [f"train/{name}" for name in METRICS]
    for name in METRICS:
        found = board.Scalars(f"train/{name}")
        assert [scalar.step for scalar in found] == list(range(1, 702))
        values = np.concatenate([getattr(event, name) for event in events])
        np.testing.assert_array_equal([scalar.value for scalar in found], values)
    times = [scalar.wall_time for scalar in board.Scalars("train/loss")]
    assert times[0] == pytest.approx(2000.0 - 69.9)
    assert times[699] == 2000.0
    assert times == sorted(times)


def test_evaluations_and_knobs_are_scalars(tmp_path: Path) -> None:
    write(
        tmp_path,
        Evaluated(step=5, split="validation", loss=3.0, reconstruction=2.0, kl=1.0, best=True, active_units=7),
        Evaluated(step=9, split="test", loss=4.0, reconstruction=3.0, kl=1.0, iw_bound=3.5),
        KnobsChanged(step=6, learning_rate_scale=0.5, beta_scale=2.0),
    )
    board = read(tmp_path)
    found = {tag: [(s.step, s.value) for s in board.Scalars(tag)] for tag in board.Tags()["scalars"]}
    assert found == {
        "validation/loss": [(5, 3.0)],
        "validation/reconstruction": [(5, 2.0)],
        "validation/kl": [(5, 1.0)],
        "validation/active_units": [(5, 7.0)],
        "test/loss": [(9, 4.0)],
        "test/reconstruction": [(9, 3.0)],
        "test/kl": [(9, 1.0)],
        "test/iw_bound": [(9, 3.5)],
        "knobs/learning_rate_scale": [(6, 0.5)],
        "knobs/beta_scale": [(6, 2.0)],
    }


def test_pictures_are_images(tmp_path: Path) -> None:
    events = [sampled(0), sampled(250)]
    write(tmp_path, *events)
    found = read(tmp_path).Images("samples")
    assert [image.step for image in found] == [0, 250]
    for image, event in zip(found, events, strict=True):
        picture = np.asarray(Image.open(io.BytesIO(image.encoded_image_string)))
        np.testing.assert_array_equal(picture, image_grid(event.images))
        assert (image.height, image.width) == picture.shape


def test_a_resumed_run_goes_on_in_the_same_folder(tmp_path: Path) -> None:
    first, second = metrics(1, 20), metrics(21, 20)
    write(tmp_path, first)
    write(tmp_path, second)
    assert len(list(tmp_path.iterdir())) == 2
    assert scalars(tmp_path, "train/loss") == loss(first, second)


def test_a_resume_from_an_earlier_step_replaces_what_came_after_it(tmp_path: Path) -> None:
    first, second = metrics(1, 20), metrics(21, 20)
    anew = metrics(21, 5)
    anew.loss[:] = 7.0
    late = Evaluated(step=40, split="validation", loss=3.0, reconstruction=2.0, kl=1.0)
    write(tmp_path, first, sampled(20), second, late, sampled(40))
    write(tmp_path, Notice(step=20, level="info", text="resumed"), anew)
    assert scalars(tmp_path, "train/loss") == loss(first, anew)
    board = read(tmp_path)
    assert board.Scalars("validation/loss") == []
    assert [image.step for image in board.Images("samples")] == [20]


def test_a_rewind_replaces_what_came_after_it(tmp_path: Path) -> None:
    first, second, anew = metrics(1, 20), metrics(21, 20), metrics(11, 2)
    write(tmp_path / "told", first, second, Rewound(step=10, from_step=40))
    assert scalars(tmp_path / "told", "train/loss") == loss(first)[:10]
    write(tmp_path / "untold", first, second, anew)
    assert scalars(tmp_path / "untold", "train/loss") == loss(first)[:10] + loss(anew)


def test_what_was_measured_can_be_seen_while_the_run_is_paused(tmp_path: Path) -> None:
    writer = TensorBoardWriter(tmp_path)
    events = metrics(1, 20), metrics(21, 20)
    for event in (*events, StateChanged(step=40, state=RunState.PAUSED)):
        writer.record(event)
    deadline = time.monotonic() + 60
    while not read(tmp_path).Tags()["scalars"] or scalars(tmp_path, "train/loss") != loss(*events):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    writer.close()


def write_for_ever(writer: TensorBoardWriter) -> NoReturn:
    while True:
        writer.record(metrics(1, 100))


def test_a_full_disk_is_an_error_and_blocks_nobody(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        writer = TensorBoardWriter(tmp_path)
        said = r"cannot write to .*: File too large; make room, then resume the run"
        with pytest.raises(TrainingError, match=said):
            write_for_ever(writer)
        with pytest.raises(TrainingError, match=said):
            writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_an_error_at_the_very_end_is_told_too(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    writer = TensorBoardWriter(tmp_path)
    try:
        writer.record(metrics(1, 1))  # this one is flushed: the next is held back until the end
        writer.record(metrics(2, 20))
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
        with pytest.raises(TrainingError, match="File too large"):
            writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_folder_that_cannot_be_written_is_an_error_at_once(tmp_path: Path) -> None:
    (tmp_path / "board").write_text("a file")
    with pytest.raises(RunError, match=r"cannot write to .*board: File exists"):
        TensorBoardWriter(tmp_path / "board")
