import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vae_tui.core.config import Config, ModelConfig, OptimConfig, TrainConfig
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.losses import elbo_terms
from vae_tui.core.model import ConditionalVAE
from vae_tui.core.optim import create_beta_schedule, create_optimizer, create_schedule
from vae_tui.core.sampler import draw_latents
from vae_tui.core.state import TrainState, create_train_state
from vae_tui.core.steps import (
    EVAL_BATCH,
    METRICS,
    DeviceSplit,
    create_eval_step,
    create_sample,
    create_train_chunk,
    create_train_step,
    epoch_order,
    evaluate,
    gather,
    to_device,
)

MakeConfig = Callable[..., Config]


class Engine:
    """The jitted chunk of a tiny run, and a fresh state for it."""

    def __init__(self, config: Config, dataset: Dataset) -> None:
        schedule = create_schedule(config.optim, 40)
        self.schedule = schedule
        self.config = config
        self.data = to_device(dataset.train)
        self.order = epoch_order(jax.random.key(5), 0, len(dataset.train))
        step = create_train_step(config, schedule, create_beta_schedule(config.train))
        self.chunk = create_train_chunk(step, config.train.batch_size)
        self._initial = create_train_state(config, 10, create_optimizer(config.optim, schedule), jax.random.key(1))

    def fresh(self) -> TrainState:
        return jax.tree.map(jnp.copy, self._initial)

    def run(self, lengths: list[int]) -> tuple[Any, np.ndarray]:
        state, rows = self.fresh(), []
        for length in lengths:
            state, buffer = self.chunk(state, self.data, self.order, np.int32(length))
            rows.append(np.asarray(buffer)[:length])
        return jax.device_get((state.params, state.opt_state, state.ema_params, state.step)), np.concatenate(rows)


@pytest.fixture(scope="module")
def engine(tiny_dataset: Dataset) -> Engine:
    return Engine(
        Config(
            model=ModelConfig(latents=4, hidden=(24,)),
            optim=OptimConfig(warmup_steps=5),
            train=TrainConfig(batch_size=20),
        ),
        tiny_dataset,
    )


@settings(max_examples=15)
@given(cuts=st.sets(st.integers(1, 9)))
def test_numbers_do_not_depend_on_how_steps_are_cut_into_chunks(engine: Engine, cuts: set[int]) -> None:
    edges = [0, *sorted(cuts), 10]
    whole_state, whole_rows = engine.run([10])
    state, rows = engine.run([b - a for a, b in itertools.pairwise(edges)])
    np.testing.assert_array_equal(rows, whole_rows)
    for one, other in zip(jax.tree.leaves(whole_state), jax.tree.leaves(state), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_chunk_compiles_once_for_every_length(engine: Engine) -> None:
    engine.run([1, 2, 3])
    assert engine.chunk._cache_size() == 1  # type: ignore[attr-defined]


def test_the_state_is_donated(engine: Engine) -> None:
    state = engine.fresh()
    engine.chunk(state, engine.data, engine.order, np.int32(1))
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(state.params))


def test_metrics_describe_the_step(engine: Engine) -> None:
    _, rows = engine.run([10])
    metrics = dict(zip(METRICS, rows.T, strict=True))
    np.testing.assert_allclose(metrics["loss"], metrics["reconstruction"] + metrics["kl"], rtol=1e-5)
    np.testing.assert_allclose(metrics["learning_rate"], engine.schedule(jnp.arange(10)), rtol=1e-6)
    assert (metrics["grad_norm"] > 0).all()


def test_an_epoch_shows_every_image_once_and_epochs_differ() -> None:
    orders = [np.asarray(epoch_order(jax.random.key(0), epoch, 100)) for epoch in (0, 1)]
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(100))
    assert (orders[0] != orders[1]).any()


def test_batches_are_intensities_with_their_labels(tiny_dataset: Dataset) -> None:
    batch = gather(to_device(tiny_dataset.train), jnp.array([3, 14]))
    np.testing.assert_allclose(batch.images, tiny_dataset.train.images[[3, 14]] / 255.0, rtol=1e-6)
    np.testing.assert_array_equal(batch.labels, tiny_dataset.train.labels[[3, 14]])


@pytest.mark.parametrize("size", [1, EVAL_BATCH, EVAL_BATCH + 7])
def test_evaluation_is_the_mean_over_the_whole_split(engine: Engine, size: int) -> None:
    rng = np.random.default_rng(size)
    images = rng.integers(0, 256, (size, 28, 28), dtype=np.uint8)
    data = DeviceSplit(jnp.asarray(images), jnp.asarray(np.arange(size, dtype=np.int32) % 10))
    model = ConditionalVAE(engine.config.model, 10)
    params: Any = engine.fresh().params
    # With a tiny posterior variance the draw of the latents does not matter, so batches can be compared.
    params["encoder"]["Dense_1"]["bias"] = params["encoder"]["Dense_1"]["bias"].at[4:].set(-30.0)
    calls: list[None] = []
    actual = evaluate(create_eval_step(model), params, data, jax.random.key(0), lambda: calls.append(None))
    intensities = jnp.asarray(images, jnp.float32) / 255.0
    logits, posterior = model.bind({"params": params}, rngs={"latent": jax.random.key(9)})(intensities, data.labels)
    expected = [float(term.mean()) for term in elbo_terms(logits, intensities, posterior)]
    assert actual == pytest.approx(expected, rel=1e-4)
    assert len(calls) == -(-size // EVAL_BATCH)


def test_samples_are_a_row_a_class(engine: Engine) -> None:
    model = ConditionalVAE(engine.config.model, 10)
    params = engine.fresh().params
    latents = draw_latents(jax.random.key(0), jnp.zeros(10, jnp.int32), (3, 4))
    images = np.asarray(create_sample(model)(params, latents))
    assert images.shape == (10, 3, 28, 28)
    one = model.bind({"params": params}).decode(latents[7], jnp.full(3, 7))
    np.testing.assert_allclose(images[7], 255 * jax.nn.sigmoid(one), atol=0.51)


def test_a_class_drawn_anew_leaves_the_others_as_they_are() -> None:
    before = draw_latents(jax.random.key(0), jnp.zeros(10, jnp.int32), (2, 4))
    after = draw_latents(jax.random.key(0), jnp.zeros(10, jnp.int32).at[7].add(1), (2, 4))
    changed = np.asarray((before != after).any(axis=(1, 2)))
    np.testing.assert_array_equal(np.flatnonzero(changed), [7])
