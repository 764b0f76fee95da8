"""`vae-tui data show`: what a path would be taken for."""

from pathlib import Path

import numpy as np
import pytest
from command import Commands
from own_images import make_images, write_folder
from vae_tui.tui.cli.show_data import choose_images


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return Commands(capfd)


def test_a_folder_is_described(here: Commands, tmp_path: Path) -> None:
    write_folder(tmp_path / "pets", make_images(30, color=True), ["cat", "[b]\n"] * 15)
    answer = here("data", "show", "pets", "--data.dir", tmp_path / "data", "--data.size", 6)
    assert answer.code == 0
    assert answer.stdout.splitlines() == [
        f"data set  {tmp_path / 'pets'}",
        "format    folder of images",
        "images    6x6 pixels, in color",
        "splits    22 training, 4 validation, 4 test",
        "classes   2",
        "",
        "class  training  validation  test",
        r"[b]\n  11        2           2",
        "cat    11        2           2",
    ]


def test_options_and_notes_are_shown(here: Commands, tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", images=make_images(20, side=4).reshape(20, 16) / 255, labels=np.arange(20) % 2)
    answer = here("data", "show", "./set.npz", "--data.dir", "data", "--data.shape", "2,8", "--data.classes", "a,b")
    assert "images    2x8 pixels, gray" in answer.stdout
    assert "note      pixel values 0-1 are scaled to 0-255" in answer.stdout
    assert "\na " in answer.stdout


def test_the_packaged_digits_are_shown_too(here: Commands) -> None:
    assert "splits    4,500 training, 500 validation\n" in here("data", "show", "mnist5k").stdout


def test_a_mistake_is_one_line(here: Commands, tmp_path: Path) -> None:
    here("data", "show", "nothing").assert_refused("unknown data set 'nothing'")
    here("data", "show", "./nothing").assert_refused(f"there is no file or folder {tmp_path / 'nothing'}")
    here("data", "show", "x.npz", "--data.size", 2).assert_refused("data.size is 2")


def test_each_class_has_some_images_on_the_page() -> None:
    labels = np.array([2, 0, 1, 0, 2, 1, 0, 0], np.int64)
    assert choose_images(labels, 3, 6).tolist() == [1, 3, 2, 5, 0, 4]
    assert choose_images(labels, 3, 2).tolist() == [1, 2]


def test_an_impossible_batch_is_refused_before_there_is_a_run(here: Commands, tmp_path: Path) -> None:
    write_folder(tmp_path / "pets", make_images(30), ["a", "b"] * 15)
    answer = here("train", "--headless", "-d", "pets", "--data.dir", tmp_path / "data", "-b", 500)
    assert answer.code == 2
    assert "train.batch-size is 500, but the training split has only 22 images" in answer.stderr
    assert not (tmp_path / "runs").exists()
