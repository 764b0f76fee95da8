"""The pictures of a run are found again, and what cannot be read is passed over."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from strategies import image_shapes, images
from vae_tui.core.config import Config, ParamsSource
from vae_tui.core.protocol.events import Sampled
from vae_tui.core.run import sample_files
from vae_tui.core.run.event_log import RunLog
from vae_tui.core.run.png import decode_png, encode_png, image_grid, images_of_grid
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.core.run.sample_files import PictureArchive, encode_sampled, read_images

IMAGES = images(st.integers(1, 4), st.integers(1, 3))


def sampled(step: int, seed: int = 0, source: ParamsSource = "ema") -> Sampled:
    images = np.random.default_rng(seed).integers(0, 256, (3, 2, 28, 28), dtype=np.uint8)
    return Sampled(step=step, images=images, source=source, temperature=0.7)


def archive(folder: Path, *events: Sampled) -> PictureArchive:
    """The archive of a run that drew these."""
    with RunDirectory.create(Config(), folder / "runs") as run:
        log = RunLog(run)
        for event in events:
            log.record(event)
        log.close()
        return PictureArchive(run.samples_path)


@given(images=IMAGES, gap=st.integers(0, 3))
def test_a_grid_is_cut_up_into_its_images_again(images: np.ndarray, gap: int) -> None:
    np.testing.assert_array_equal(images_of_grid(image_grid(images, gap), images.shape[2:], gap), images)


@pytest.mark.parametrize("shape", [(31, 32), (32, 61), (1, 32), (0, 0)])
def test_what_is_no_grid_is_not_cut_up(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="not a grid"):
        images_of_grid(np.zeros(shape, np.uint8), (28, 28))


def test_a_grid_in_color_holds_no_gray_images_nor_the_other_way_around() -> None:
    for shape, other in [((8, 8), (8, 8, 3)), ((8, 8, 3), (8, 8))]:
        with pytest.raises(ValueError, match="not a grid"):
            images_of_grid(image_grid(np.zeros((1, 1, *shape), np.uint8)), other)


@given(images=IMAGES)
def test_a_sample_file_brings_back_images_of_any_shape(images: np.ndarray, tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("samples") / "step-00000001.png"
    path.write_bytes(encode_sampled(Sampled(step=1, images=images, source="ema", temperature=1)))
    np.testing.assert_array_equal(read_images(path), images)


@pytest.mark.parametrize("shape", ["", "28", "0x28", "28x28x4", "99999x1", "28x28x3"])
def test_a_file_that_lies_about_its_shape_is_damaged(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "step-00000001.png"
    path.write_bytes(encode_png(image_grid(np.zeros((1, 1, 28, 28), np.uint8)), {"shape": shape}))
    with pytest.raises(ValueError, match="not"):
        read_images(path)


@given(
    picture=image_shapes().flatmap(lambda shape: npst.arrays(np.uint8, shape)),
    texts=st.dictionaries(st.sampled_from("abc"), st.text("xyz 0.", max_size=9)),
)
def test_a_picture_and_its_texts_are_read_back(picture: np.ndarray, texts: dict[str, str]) -> None:
    got, got_texts = decode_png(encode_png(picture, texts))
    np.testing.assert_array_equal(got, picture)
    assert got_texts == texts


@given(data=st.data())
def test_a_damaged_file_is_an_error_of_one_kind_or_still_a_picture(data: st.DataObject) -> None:
    content = bytearray(encode_sampled(sampled(1)))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    for place in data.draw(st.lists(st.integers(0, max(0, len(content) - 1)), max_size=3)):
        if content:
            content[place] = data.draw(st.integers(0, 255))
    try:
        picture, _ = decode_png(bytes(content))
    except ValueError:
        return
    assert picture.dtype == np.uint8


def test_the_newest_picture_at_or_before_a_step_comes_back_as_it_was(tmp_path: Path) -> None:
    events = [sampled(0, 1), sampled(250, 2, "raw"), sampled(500, 3)]
    found = archive(tmp_path, *events)
    for step, event in [(0, events[0]), (249, events[0]), (250, events[1]), (499, events[1]), (10**9, events[2])]:
        got = found.at(step)
        assert got is not None
        assert (got.step, got.source, got.temperature) == (event.step, event.source, event.temperature)
        np.testing.assert_array_equal(got.images, event.images)


def test_before_the_first_picture_and_without_a_folder_there_is_none(tmp_path: Path) -> None:
    assert archive(tmp_path, sampled(250)).at(249) is None
    assert PictureArchive(tmp_path / "nothing here").at(10) is None


def test_of_several_pictures_of_a_step_the_last_one_counts(tmp_path: Path) -> None:
    events = [sampled(250, seed) for seed in range(12)]
    got = archive(tmp_path, *events).at(300)
    assert got is not None
    np.testing.assert_array_equal(got.images, events[-1].images)


def test_the_same_picture_is_the_same_object(tmp_path: Path) -> None:
    found = archive(tmp_path, sampled(0), sampled(250))
    assert found.at(260) is found.at(300)


def test_damaged_half_written_and_foreign_files_are_passed_over(tmp_path: Path) -> None:
    found = archive(tmp_path, sampled(0, 1))
    folder = found._samples
    whole = encode_sampled(sampled(100))
    (folder / "step-00000100.png").write_bytes(whole[: len(whole) // 2])
    (folder / "step-00000200.png").write_bytes(b"")
    (folder / "step-00000300.png").write_bytes(encode_png(np.zeros((40, 40), np.uint8)))
    (folder / "step-what.png").write_bytes(whole)
    (folder / "step-00000400.png.tmp").write_bytes(whole)
    (folder / "step-00000500.png").mkdir()
    got = found.at(1000)
    assert got is not None
    assert got.step == 0
    (folder / "step-00000100.png").write_bytes(whole)
    again = found.at(1000)
    assert again is not None
    assert again.step == 100


def test_a_picture_that_comes_later_is_found_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = archive(tmp_path, sampled(0))
    assert found.at(1000) is not None
    (found._samples / "step-00000250.png").write_bytes(encode_sampled(sampled(250)))
    monkeypatch.setattr(sample_files, "REFRESH_SECONDS", 0)
    got = found.at(1000)
    assert got is not None
    assert got.step == 250


def test_a_file_without_texts_says_that_its_temperature_is_not_known(tmp_path: Path) -> None:
    event = sampled(0)
    (tmp_path / "step-00000000.png").write_bytes(encode_png(image_grid(event.images)))
    got = PictureArchive(tmp_path).at(0)
    assert got is not None
    assert np.isnan(got.temperature)
    np.testing.assert_array_equal(got.images, event.images)


def test_images_of_steps_that_a_run_went_back_from_are_left_out(tmp_path: Path) -> None:
    pictures = archive(tmp_path, *(sampled(step) for step in (0, 100, 150, 200)))
    for number, path in enumerate(sorted((tmp_path / "runs").rglob("step-*.png"))):
        os.utime(path, (1000 + number, 1000 + number))  # drawn at the times 1000, 1001, 1002, 1003
    assert [step_at(pictures, step) for step in (100, 199, 250)] == [100, 150, 200]
    pictures.leave_out(after=100, before=1002.5)
    assert [step_at(pictures, step) for step in (100, 199, 250)] == [100, 100, 200], "what came after the return stays"
    pictures.leave_out(after=0, before=1001.5)
    assert [step_at(pictures, step) for step in (100, 199, 250)] == [0, 0, 200]


def step_at(pictures: PictureArchive, step: int) -> int:
    found = pictures.at(step)
    assert found is not None
    return found.step
