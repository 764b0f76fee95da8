"""Parameters to start from: read from real checkpoints and files, and put in where they fit."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.errors import CheckpointError, ConfigError, RunError
from vae_tui.core.learning.checkpoint import CheckpointStore
from vae_tui.core.learning.mesh import local_mesh
from vae_tui.core.learning.saved_checkpoints import open_checkpoints
from vae_tui.core.learning.train_state import TrainState, create_knobs
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.core.training.initialize import load_parameters, merge_parameters, summarize

PARAMS = {
    "encoder": {"Dense_0": {"kernel": np.arange(12, dtype=np.float32).reshape(4, 3), "bias": np.ones(3, np.float32)}},
    "decoder": {"Dense_0": {"kernel": np.full((3, 4), 0.5, np.float32)}},
    "log_scale": np.array(-2.0, np.float32),
}

MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Makes a run with a checkpoint whose averaged parameters are given, and the raw ones twice as large."""

    def make(params: Any = PARAMS, *, steps: tuple[int, ...] = (3,), tx: Any = None) -> Path:
        path = tmp_path / "run"
        with RunDirectory.create(Config(run=RunConfig(dir=str(path)))) as run:
            store = CheckpointStore(run.checkpoints_path, keep=5)
            for step in steps:
                state = TrainState.create(
                    apply_fn=lambda: None,
                    params=jax.tree.map(lambda leaf: jnp.asarray(2 * leaf), params),
                    tx=tx or optax.adam(1e-3),
                    ema_params=jax.tree.map(jnp.asarray, params),
                    rng=jax.random.key(0),
                    knobs=create_knobs(local_mesh()),
                )
                store.save(state.replace(step=jnp.int32(step)), run.config, tuple("0123456789"), None)
            store.close()
        return path

    return make


def assert_same(found: Any, wanted: Any) -> None:
    """The same tree of NumPy float32 arrays."""
    assert jax.tree.structure(found) == jax.tree.structure(wanted)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        assert isinstance(a, np.ndarray)
        assert a.dtype == np.float32
        np.testing.assert_array_equal(a, b)


class TestReadParams:
    def test_averaged_and_raw_whatever_the_optimiser(self, make_run: MakeRun) -> None:
        run = make_run(tx=optax.chain(optax.clip(1.0), optax.sgd(0.1, momentum=0.9)))
        store = open_checkpoints(run)
        assert_same(store.read_params(3, "ema"), PARAMS)
        assert_same(store.read_params(3, "raw"), jax.tree.map(lambda leaf: 2 * leaf, PARAMS))

    def test_before_and_after_the_rest_of_the_checkpoint(self, make_run: MakeRun) -> None:
        store = open_checkpoints(make_run())
        store.read_params(3, "ema")
        config, class_names = store.read_model(3)
        assert_same(store.read_params(3, "ema"), PARAMS)
        assert (config.train, class_names) == (Config().train, tuple("0123456789"))

    @pytest.mark.parametrize("victim", ["_METADATA", "manifest.ocdbt", "d"])
    def test_a_damaged_checkpoint_is_an_error(self, make_run: MakeRun, victim: str) -> None:
        run = make_run()
        files = [path for path in (run / "checkpoints" / "3" / "state").rglob("*") if path.is_file()]
        for file in files:
            if victim in (file.name, file.parent.name):
                file.write_bytes(b"damaged")
        store = open_checkpoints(run)
        with pytest.raises(CheckpointError, match=r"the checkpoint .*3 is damaged"):
            store.read_params(3, "ema")


class TestLoad:
    def test_the_latest_checkpoint_of_a_run(self, make_run: MakeRun) -> None:
        run = make_run(steps=(3, 8))
        initial = load_parameters(str(run))
        assert_same(initial.params, PARAMS)
        assert initial.description == f"{run}, step 8"

    @pytest.mark.parametrize(("metadata", "words"), [({"step": "8"}, ", step 8"), (None, "")])
    def test_a_file(self, tmp_path: Path, metadata: dict[str, str] | None, words: str) -> None:
        path = tmp_path / "a.safetensors"
        save_file({"encoder/kernel": np.eye(2, dtype=np.float32), "scale": np.ones(1, np.float32)}, path, metadata)
        initial = load_parameters(str(path))
        assert_same(initial.params, {"encoder": {"kernel": np.eye(2)}, "scale": np.ones(1)})
        assert initial.description == f"{path}{words}"

    def test_what_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="there is no run elsewhere"):
            load_parameters("elsewhere")
        with pytest.raises(CheckpointError, match=r"cannot read .*a\.safetensors: No such file"):
            load_parameters(str(tmp_path / "a.safetensors"))
        RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / "run")))).close()
        with pytest.raises(CheckpointError, match="has no checkpoints yet"):
            load_parameters(str(tmp_path / "run"))


SHAPES = st.sampled_from([(), (2,), (2, 3)])
TREES = st.dictionaries(
    st.sampled_from("ab"), SHAPES | st.dictionaries(st.sampled_from("ab"), SHAPES, min_size=1), min_size=1
)


def fill(tree: Any, value: float) -> Any:
    """A tree of shapes as one of arrays full of `value`."""
    return {
        name: fill(branch, value) if isinstance(branch, dict) else np.full(branch, value, np.float32)
        for name, branch in tree.items()
    }


def shapes(tree: Any, prefix: str = "") -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for name, branch in tree.items():
        path = prefix + name
        found |= shapes(branch, path + "/") if isinstance(branch, dict) else {path: branch}
    return found


@given(TREES, TREES)
def test_arrays_of_the_same_path_and_shape_are_taken(ours: Any, theirs: Any) -> None:
    here, there = shapes(ours), shapes(theirs)
    same = {path for path, shape in here.items() if there.get(path) == shape}
    if not same:
        with pytest.raises(ConfigError, match=r"nothing in train\.init-from fits the model"):
            merge_parameters(fill(ours, 1.0), fill(theirs, 2.0))
        return
    merged, report = merge_parameters(fill(ours, 1.0), fill(theirs, 2.0))
    assert set(report.loaded) == same
    assert {path for path, _ in report.skipped} == here.keys() - same
    assert set(report.unused) == there.keys() - here.keys()
    assert jax.tree.structure(merged) == jax.tree.structure(fill(ours, 1.0))
    for path, shape in here.items():
        leaf = merged
        for name in path.split("/"):
            leaf = leaf[name]
        assert leaf.shape == shape
        assert leaf.dtype == np.float32
        assert (leaf == (2.0 if path in same else 1.0)).all()
    for path, reason in report.skipped:
        assert (reason == "not there") == (path not in there)
    assert report.parameters == sum(int(np.prod(shape)) for shape in here.values())
    assert report.loaded_parameters == sum(int(np.prod(here[path])) for path in same)


def test_the_summary_says_what_and_why() -> None:
    params = {"a": {"kernel": jnp.zeros((2, 3)), "bias": jnp.zeros(1_000)}, "b": jnp.zeros(()), "c": jnp.zeros(4)}
    loaded = {
        "a": {"kernel": np.ones((2, 4), np.float32), "bias": np.ones(1_000, np.float16)},
        "b": np.ones(2, np.float32),
        "c": np.ones(4, np.int8),
        "d": np.ones(1, np.float32),
    }
    merged, report = merge_parameters(params, loaded)
    assert summarize(report, "runs/x step 4290") == (
        "from runs/x step 4290: 1 of 4 arrays (1,000 of 1,011 parameters) loaded; 3 left as initialized: "
        "a/kernel (2x4 there, 2x3 here), b (2 there, a scalar here), c (int8 there, float32 here); "
        "1 not used: d"
    )
    assert merged["a"]["bias"].dtype == np.float32


def test_a_long_summary_is_cut() -> None:
    params = {name: jnp.zeros(1) for name in "abcdefg"}
    _, report = merge_parameters(params, {"a": np.ones(1, np.float32)})
    assert re.search(
        r"6 left as initialized: b \(not there\), c .*, d \(not there\) and 3 more$", summarize(report, "x")
    )
    _, report = merge_parameters(params, params)
    assert summarize(report, "x") == "from x: 7 of 7 arrays (7 of 7 parameters) loaded"
