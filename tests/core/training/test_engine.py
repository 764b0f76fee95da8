"""The engine: what it compiles, and that it compiles it once."""

import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from trainer_runs import Run
from vae_tui.core.config import Config, EvalConfig, ParamsSource
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.learning.checkpoint import CheckpointStore
from vae_tui.core.training.engine import Engine


def test_neither_turning_a_knob_nor_going_back_compiles_again(
    tiny_config: Callable[..., Config], tiny_dataset: Dataset, tmp_path: Path
) -> None:
    config = tiny_config(steps=40)
    engine = Engine(config, tiny_dataset)
    engine.compile()
    engine.train(3)
    store = CheckpointStore(tmp_path, keep=1)
    store.save(engine.state, config, tiny_dataset.class_names, None)
    store.take_completed(wait=True)
    saved_step = engine.step
    expected = [engine.train(1).rows for _ in range(3)]
    compiled = engine._train_chunk._cache_size()  # type: ignore[attr-defined]

    engine.restore(store.restore(saved_step, engine.state))
    np.testing.assert_array_equal([engine.train(1).rows for _ in range(3)], expected)
    engine.set_knobs(0.5, 2.0)
    assert engine.knobs == (0.5, 2.0)
    engine.train(1)
    assert engine._train_chunk._cache_size() == compiled == 1  # type: ignore[attr-defined]
    assert all(leaf.devices() == {jax.devices()[0]} for leaf in jax.tree.leaves(engine.state))
    store.close()


@pytest.mark.parametrize(("source", "hidden"), [("ema", 21), ("raw", 22)])
def test_what_is_compiled_serves_the_whole_run(
    source: ParamsSource,
    hidden: int,  # no other test has such a model: equal models share what is compiled
    tiny_config: Callable[..., Config],
    tiny_dataset: Dataset,
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = tiny_config(steps=20)
    model = dataclasses.replace(config.model, hidden=(hidden,))
    config = dataclasses.replace(config, model=model, eval=EvalConfig(params=source, iw_samples=25))
    engine = Engine(config, tiny_dataset)

    def compiled() -> list[str]:
        found = [record.getMessage() for record in caplog.records if record.getMessage().startswith("Compiling ")]
        caplog.clear()
        return found

    with jax.log_compiles(), caplog.at_level(logging.WARNING):
        engine.compile()
        assert any("eval_step" in message for message in compiled())
        for _ in range(3):
            engine.train(5)
        engine.evaluate("validation", engine.params("ema"), lambda: None)
        engine.evaluate("test", engine.params("ema"), lambda: None)
        engine.sampler.sample(engine.params("raw"), engine.step)
        assert compiled() == []


def is_key(leaf: jax.Array) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def test_the_noise_of_the_gradient_is_the_seeds_and_goes_on_where_it_was(
    tiny_config: Callable[..., Config], tiny_dataset: Dataset, tmp_path: Path, undisturbed: Run
) -> None:
    def losses(engine: Engine, steps: int) -> np.ndarray:
        return np.concatenate([engine.train(1).rows for _ in range(steps)])

    def start(seed: int) -> Engine:
        config = tiny_config(steps=40)
        optim = dataclasses.replace(config.optim, noise_eta=1e-4)
        train = dataclasses.replace(config.train, seed=seed)
        return Engine(dataclasses.replace(config, optim=optim, train=train), tiny_dataset)

    engine, again, other = (start(seed) for seed in (0, 0, 1))
    states: list[Any] = [engine.state.opt_state for engine in (engine, again, other)]
    keys = [jax.random.key_data(key) for state in states for key in jax.tree.leaves(state) if is_key(key)]
    np.testing.assert_array_equal(keys[0], keys[1])
    assert (keys[0] != keys[2]).any()
    # The first loss is from before any noise: that draws from a stream of its own.
    first = losses(engine, 3)
    quiet = [undisturbed.losses[step][0] for step in (1, 2, 3)]
    assert first[0, 0] == quiet[0]
    assert (first[1:, 0] != quiet[1:]).all()

    store = CheckpointStore(tmp_path, keep=1)
    store.save(engine.state, engine.config, tiny_dataset.class_names, None)
    store.take_completed(wait=True)
    expected = losses(engine, 3)
    engine.restore(store.restore(3, engine.state))
    np.testing.assert_array_equal(losses(engine, 3), expected)
    store.close()
