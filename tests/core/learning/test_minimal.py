"""The shortest loop, against the engine that the app uses."""

import dataclasses
from collections.abc import Callable

import jax
import numpy as np
from vae_tui.core.config import Config
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.learning.minimal import train
from vae_tui.core.training.engine import Engine


def test_the_loop_trains_as_the_engine_does(tiny_config: Callable[..., Config], tiny_dataset: Dataset) -> None:
    config = tiny_config()
    config = dataclasses.replace(config, train=dataclasses.replace(config.train, steps=None, epochs=2))
    *_, (state, metrics) = train(config, tiny_dataset, epochs=2)
    engine, rows = Engine(config, tiny_dataset), list[np.ndarray]()
    while engine.step < engine.plan.total_steps:
        rows.extend(engine.train(engine.plan.total_steps).rows)
    assert int(state.step) == engine.step
    np.testing.assert_allclose(np.stack(metrics), rows[-1], rtol=1e-3)
    # The same operations in programs of their own: alike but for the order of sums.
    for one, other in zip(jax.tree.leaves(state.ema_params), jax.tree.leaves(engine.state.ema_params), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-2, atol=1e-4)
