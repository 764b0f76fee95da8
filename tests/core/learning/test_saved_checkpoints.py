"""Damage of checkpoints: it is found, it hides no other checkpoint, and it is one line."""

import contextlib
import functools
import json
import os
import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import jax
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.config import Config, ModelConfig, ParamsSource
from vae_tui.core.errors import CheckpointError
from vae_tui.core.learning.checkpoint import CheckpointStore
from vae_tui.core.learning.checksums import checksum_of_json
from vae_tui.core.learning.mesh import local_mesh
from vae_tui.core.learning.saved_checkpoints import SavedCheckpoints, open_checkpoints
from vae_tui.core.learning.train_state import Params, TrainState, create_params, create_train_state
from vae_tui.core.model import ConditionalVAE

CONFIG = Config(model=ModelConfig(latents=2, hidden=(4,)))
CLASSES = tuple("0123456789")
STEPS = (1, 2, 3)


@functools.cache
def state_at(step: int) -> TrainState:
    """A state whose arrays tell its step."""
    model = ConditionalVAE(CONFIG.model, len(CLASSES), (28, 28))
    params = create_params(model, jax.random.key(step))
    state = create_train_state(model, params, optax.adam(1e-3), jax.random.key(step), local_mesh())
    return state.replace(step=state.step + step)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three checkpoints; the newest one is the best one."""
    folder = tmp_path_factory.mktemp("whole")
    store = CheckpointStore(folder, keep=3)
    for step in STEPS:
        store.save(state_at(step), CONFIG, CLASSES, 10.0 - step)
    store.take_completed(wait=True)
    store.close()
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(whole, tmp_path / "checkpoints"))


def is_same(found: TrainState, expected: TrainState) -> bool:
    as_numpy = [jax.tree.leaves(jax.device_get(state.replace(rng=jax.random.key_data(state.rng)))) for state in
                (found, expected)]  # fmt: skip
    return all(np.array_equal(a, b) for a, b in zip(*as_numpy, strict=True))


def restore_newest(checkpoints: SavedCheckpoints, warn: Callable[[str], None] = lambda text: None) -> TrainState:
    return checkpoints.read_newest(lambda step: checkpoints.restore(step, state_at(1)), warn)


def newest_params(checkpoints: SavedCheckpoints, source: ParamsSource) -> tuple[int, Params]:
    return checkpoints.read_newest(lambda step: (step, checkpoints.read_params(step, source)), lambda text: None)


def flip(file: Path, bit: int) -> None:
    """Flip one bit of a file."""
    content = bytearray(file.read_bytes())
    content[bit // 8 % len(content)] ^= 1 << bit % 8
    file.write_bytes(content)


WAYS: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "cut": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "flipped": lambda file: flip(file, 4 * file.stat().st_size + 2),
    "nonsense": lambda file: file.write_bytes(b"damaged"),
}


@pytest.mark.parametrize(
    ("ways", "every"), [(list(WAYS), 5), *(pytest.param([way], 1, marks=pytest.mark.soak) for way in WAYS)]
)
def test_damage_of_any_file_of_the_newest_one_is_found_or_does_no_harm(
    ways: list[str], every: int, whole: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = sorted(path.relative_to(whole) for path in (whole / "3").rglob("*") if path.is_file())
    for number, file in enumerate(files[::every]):
        folder = Path(shutil.copytree(whole, tmp_path / str(number)))
        WAYS[ways[number % len(ways)]](folder / file)
        checkpoints, warnings = SavedCheckpoints(folder), list[str]()
        state = restore_newest(checkpoints, warnings.append)
        assert is_same(state, state_at(int(state.step))), file
        assert [text.count("\n") for text in warnings] == [0] * (3 - int(state.step)), file
        assert all(text.startswith(f"the checkpoint {folder / '3'} is damaged: ") for text in warnings)
        assert is_same(checkpoints.restore(2, state_at(1)), state_at(2)), "the others are as they were"
        for each in get_args(ParamsSource):
            step, params = newest_params(checkpoints, each)
            expected = state_at(step).ema_params if each == "ema" else state_at(step).params
            assert all(map(np.array_equal, jax.tree.leaves(params), jax.tree.leaves(expected))), file
        shutil.rmtree(folder)
    assert capfd.readouterr() == ("", "")


@given(seed=st.integers(0, 1 << 32))
def test_a_flipped_bit_of_the_arrays_is_found_or_does_no_harm(
    seed: int, whole: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path_factory.mktemp("flipped") / "checkpoints"))
    rng = random.Random(seed)
    files = [path for path in sorted((folder / "3" / "state").rglob("*")) if path.is_file() and path.stat().st_size]
    flip(rng.choices(files, [file.stat().st_size for file in files])[0], rng.getrandbits(32))
    checkpoints = SavedCheckpoints(folder)
    with contextlib.suppress(CheckpointError):
        assert is_same(checkpoints.restore(3, state_at(1)), state_at(3))
    shutil.rmtree(folder)


def test_an_array_that_has_changed_is_named(folder: Path) -> None:
    store = CheckpointStore(folder, keep=3)
    params = jax.tree.map(lambda leaf: leaf + 1, state_at(3).params)
    store.save(state_at(3).replace(step=state_at(3).step + 1, params=params), CONFIG, CLASSES, None)
    store.take_completed(wait=True)
    store.close()
    shutil.rmtree(folder / "3" / "state")
    (folder / "4" / "state").rename(folder / "3" / "state")
    with pytest.raises(CheckpointError, match=r"3 is damaged: the array params/\S+ has changed since it was written"):
        SavedCheckpoints(folder).read_params(3, "raw")
    with pytest.raises(CheckpointError, match="has changed"):
        SavedCheckpoints(folder).check(3)
    assert SavedCheckpoints(folder).check(2)


def test_a_setting_that_has_changed_is_found(folder: Path) -> None:
    file = folder / "3" / "model" / "metadata"
    file.write_text(file.read_text().replace('"latents": 2', '"latents": 3'))
    with pytest.raises(CheckpointError, match="3 is damaged: its configuration has changed since it was written"):
        SavedCheckpoints(folder).read_model(3)


def test_checkpoints_of_versions_without_checksums_are_read(folder: Path) -> None:
    file = folder / "3" / "model" / "metadata"
    content = json.loads(file.read_text())
    kept = {"config": content["config"], "class_names": content["class_names"]}
    assert content["checksum"] == checksum_of_json(kept | {"checksums": content["checksums"]})
    file.write_text(json.dumps(kept))
    checkpoints = SavedCheckpoints(folder)
    assert is_same(checkpoints.restore(3, state_at(1)), state_at(3))
    assert not checkpoints.check(3)


def test_where_all_are_damaged_the_error_is_that_of_the_newest(folder: Path) -> None:
    for step in STEPS:
        shutil.rmtree(folder / str(step) / "state")
    with pytest.raises(CheckpointError, match="3 is damaged: its arrays cannot be read"):
        restore_newest(SavedCheckpoints(folder))
    with pytest.raises(CheckpointError, match="there is no checkpoint in"):
        restore_newest(SavedCheckpoints(folder / "1"))


def test_the_best_one_comes_first_then_the_next_best_and_last_those_without_a_loss(folder: Path) -> None:
    checkpoints = SavedCheckpoints(folder)
    for step, loss in ((1, 5.0), (2, 3.0)):
        (folder / str(step) / "metrics" / "metrics").write_text(json.dumps({"loss": loss}))
    (folder / "3" / "metrics" / "metrics").unlink()
    read: list[int] = []

    def refuse(step: int) -> int:
        read.append(step)
        raise CheckpointError(f"{step} is damaged")

    with pytest.raises(CheckpointError, match="2 is damaged"):
        checkpoints.read_chosen("best", refuse, lambda text: None)
    assert read == [2, 1, 3]
    assert checkpoints.read_chosen("best", int, lambda text: None) == 2
    assert checkpoints.read_chosen("latest", int, lambda text: None) == 3
    assert checkpoints.read_chosen("1", int, lambda text: None) == 1
    with pytest.raises(CheckpointError, match="there is no checkpoint 4"):
        checkpoints.read_chosen("4", int, lambda text: None)
    for step in (1, 2):
        (folder / str(step) / "metrics" / "metrics").unlink()
    assert checkpoints.read_chosen("best", int, lambda text: None) == 3


def test_a_checkpoint_that_is_deleted_while_it_is_read_is_skipped(folder: Path) -> None:
    checkpoints, warnings = SavedCheckpoints(folder), list[str]()

    def read(step: int) -> TrainState:
        if step == 3:
            shutil.rmtree(folder / "3")
        return checkpoints.restore(step, state_at(1))

    assert int(checkpoints.read_newest(read, warnings.append).step) == 2
    assert warnings[0].endswith("; step 2 is used instead")


def test_a_run_goes_on_beside_what_is_no_checkpoint(folder: Path) -> None:
    shutil.rmtree(folder / "3" / "state")
    (folder / str(10**20)).mkdir()
    (folder / "2" / "metrics" / "metrics").write_bytes(b"")
    (folder / ".deleted" / "1").mkdir(parents=True)
    (folder / ".deleted" / "1" / "half").touch()
    warnings: list[str] = []
    store = CheckpointStore(folder, 3, warnings.append)
    assert len(warnings) == 3
    assert (store.steps, store.best_step, store.best_loss) == ([1, 2], 1, 9.0)
    assert is_same(restore_newest(store), state_at(2))
    store.save(state_at(3), CONFIG, CLASSES, 5.0)
    assert store.take_completed(wait=True) == 3
    store.close()
    assert store.best_step == 3
    assert {path.name for path in folder.iterdir()} == {"1", "2", "3", "damaged-3", f"damaged-{10**20}"}


@pytest.mark.parametrize("loss", ["NaN", "-Infinity", "1" + "0" * 400], ids=["not a number", "infinite", "too large"])
def test_a_stored_loss_that_is_not_finite_is_not_known(folder: Path, loss: str) -> None:
    (folder / "2" / "metrics" / "metrics").write_text(f'{{"loss": {loss}}}')
    checkpoints = SavedCheckpoints(folder)
    assert checkpoints.read_loss(2) is None
    assert (checkpoints.best_step, checkpoints.best_loss) == (3, 7.0)
    shutil.rmtree(folder / "3")
    assert checkpoints.best_step == 1


def test_folders_that_come_and_go_are_no_damage(folder: Path) -> None:
    """Another process may delete a checkpoint, or write into it, while it is read."""
    over = threading.Event()

    def disturb() -> None:
        while not over.is_set():
            (folder / "1" / "state" / "gone" / "soon").mkdir(parents=True)
            shutil.rmtree(folder / "1" / "state" / "gone")

    checkpoints, disturbing = SavedCheckpoints(folder), threading.Thread(target=disturb)
    disturbing.start()
    try:
        for _ in range(10):
            assert checkpoints.read_params(1, "raw")
    finally:
        over.set()
        disturbing.join()


def test_damaged_ones_make_room_for_new_ones(folder: Path) -> None:
    store = CheckpointStore(folder, keep=3)
    store.set_aside_after(1)
    assert store.steps == [1]
    store.save(state_at(2), CONFIG, CLASSES, 4.0)
    store.take_completed(wait=True)
    store.close()
    assert is_same(restore_newest(SavedCheckpoints(folder)), state_at(2))
    assert (folder / "damaged-2").is_dir()


def test_a_run_without_checkpoints_says_how_one_is_made(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="has no checkpoints yet; one is written at the end of an epoch"):
        open_checkpoints(tmp_path)


@pytest.mark.parametrize("name", ["model/metadata", "metrics/metrics", "state/manifest.ocdbt"])
@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_a_pipe_or_a_link_in_a_checkpoint_is_damage(folder: Path, name: str, kind: str) -> None:
    """Orbax would wait for the pipe, and read a linked device without an end."""
    path = folder / "3" / name
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    checkpoints = SavedCheckpoints(folder)
    assert checkpoints.best_step == (2 if name == "metrics/metrics" else 3)
    with pytest.raises(CheckpointError, match=f"{path.name} is not a regular file"):
        checkpoints.check(3)
    assert newest_params(checkpoints, "ema")[0] == 2


def test_a_linked_folder_is_no_checkpoint(folder: Path) -> None:
    (folder / "9").symlink_to(folder / "3")
    assert SavedCheckpoints(folder).steps == [1, 2, 3]
