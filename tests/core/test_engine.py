"""The engine: what it compiles, and that it compiles it once."""

from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from vae_tui.core.checkpoint import CheckpointStore
from vae_tui.core.config import Config
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.engine import Engine


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
