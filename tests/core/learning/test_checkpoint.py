import itertools
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from vae_tui.core.config import Config, ModelConfig
from vae_tui.core.errors import CheckpointError, DiskFullError
from vae_tui.core.learning.checkpoint import CheckpointStore
from vae_tui.core.learning.mesh import local_mesh
from vae_tui.core.learning.train_state import TrainState, create_params, create_train_state
from vae_tui.core.model import ConditionalVAE

CONFIG = Config(model=ModelConfig(latents=2, hidden=(4,)))
CLASSES = tuple("0123456789")


def make_state(config: Config, seed: int) -> TrainState:
    model = ConditionalVAE(config.model, len(CLASSES), (28, 28))
    params, rng = create_params(model, jax.random.key(seed)), jax.random.key(seed + 1)
    return create_train_state(model, params, optax.adam(1e-3), rng, local_mesh())


@pytest.fixture(scope="module")
def state() -> TrainState:
    return make_state(CONFIG, 0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CheckpointStore]:
    store = CheckpointStore(tmp_path, keep=2)
    yield store
    store.close()


def save(store: CheckpointStore, state: TrainState, losses: dict[int, float | None]) -> None:
    for step, loss in losses.items():
        store.save(state.replace(step=state.step + step), CONFIG, CLASSES, loss)
    store.take_completed(wait=True)


def test_everything_comes_back_bit_for_bit(store: CheckpointStore, state: TrainState) -> None:
    save(store, state, {5: None})
    restored = store.restore(5, jax.tree.map(jnp.zeros_like, state))
    assert int(restored.step) == 5
    np.testing.assert_array_equal(jax.random.key_data(restored.rng), jax.random.key_data(state.rng))
    for name in ("params", "ema_params", "opt_state"):
        pairs = zip(jax.tree.leaves(getattr(restored, name)), jax.tree.leaves(getattr(state, name)), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)


def test_a_checkpoint_holds_its_configuration(store: CheckpointStore, state: TrainState) -> None:
    save(store, state, {1: None})
    assert store.read_model(1) == (CONFIG, CLASSES)


def test_the_last_ones_and_the_best_one_are_kept(store: CheckpointStore, state: TrainState, tmp_path: Path) -> None:
    save(store, state, {1: 9.0, 2: 3.0, 3: 5.0, 4: None, 5: 4.0, 6: None})
    assert store.steps == [2, 5, 6]
    assert (store.best_step, store.best_loss, store.latest_step) == (2, 3.0, 6)
    assert {path.name for path in tmp_path.iterdir() if path.name.isdigit()} == {"2", "5", "6"}


def test_without_losses_there_is_no_best(store: CheckpointStore, state: TrainState) -> None:
    save(store, state, {1: None})
    assert (store.best_step, store.best_loss) == (None, None)


def test_a_save_is_reported_once(store: CheckpointStore, state: TrainState) -> None:
    assert store.take_completed() is None
    store.save(state, CONFIG, CLASSES, None)
    assert store.is_saving
    assert store.take_completed(wait=True) == 0
    assert store.take_completed(wait=True) is None


def test_a_copy_is_saved_though_the_state_is_donated_at_once(store: CheckpointStore, state: TrainState) -> None:
    @jax.jit
    def copy(state: TrainState) -> TrainState:
        return jax.tree.map(lambda leaf: leaf.copy(), state)

    overwrite = jax.jit(lambda params: jax.tree.map(lambda leaf: leaf * 0 - 1, params), donate_argnums=0)
    donated = copy(state)
    store.save(donated, CONFIG, CLASSES, None)
    jax.block_until_ready(overwrite(donated.params))
    store.take_completed(wait=True)
    restored = store.restore(0, state)
    for a, b in zip(jax.tree.leaves(restored.params), jax.tree.leaves(state.params), strict=True):
        np.testing.assert_array_equal(a, b)


def test_another_model_is_an_error(store: CheckpointStore, state: TrainState) -> None:
    save(store, state, {1: None})
    wider = Config(model=ModelConfig(latents=2, hidden=(8,)))
    with pytest.raises(CheckpointError, match="its arrays cannot be read"):
        store.restore(1, make_state(wider, 0))


def test_a_clock_that_jumps_while_a_checkpoint_is_written_ends_nothing(
    store: CheckpointStore, state: TrainState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop sleeps for half an hour, each time that Orbax looks at the clock."""
    hours = itertools.count(step=1800.0)
    started = time.time()
    monkeypatch.setattr(time, "time", lambda: started + next(hours))
    save(store, state, {1: None})
    assert store.steps == [1]


def test_on_a_full_disk_only_replaced_checkpoints_make_room(
    store: CheckpointStore, state: TrainState, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, state, {1: 1.0, 2: 5.0, 3: 5.0})
    assert store.steps == [1, 2, 3]  # the best one, and the last two
    usage = shutil.disk_usage(store.directory)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: usage._replace(free=10**12 if len(store.steps) < 3 else 5000)
    )
    save(store, state, {4: 5.0})
    assert store.steps == [1, 3, 4]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=5000))
    with pytest.raises(
        DiskFullError, match=r"no space left in .*: a checkpoint needs about 1\.\d MB, and 0.0 MB are free"
    ):
        save(store, state, {5: 5.0})
    assert store.steps == [1, 4]
    store.check(4)


def test_a_disk_that_fills_up_while_a_checkpoint_is_written_leaves_nothing_of_it(
    store: CheckpointStore, state: TrainState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out() -> None:
        raise ValueError('RESOURCE_EXHAUSTED: Error writing "params": No space left on device')

    save(store, state, {1: None})
    with monkeypatch.context() as patches:
        patches.setattr(store._manager, "check_for_errors", run_out)
        with pytest.raises(DiskFullError, match="no space left"):
            save(store, state, {2: None})
    assert not store.is_saving
    assert [path.name for path in tmp_path.iterdir() if "tmp" in path.name] == []
    save(store, state, {3: None})
    store.check(3)
