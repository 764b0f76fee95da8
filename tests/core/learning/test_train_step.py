import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.config import Config, Likelihood, ModelConfig, OptimConfig, TrainConfig
from vae_tui.core.data.dataset import Dataset
from vae_tui.core.learning.batches import epoch_order, gather, to_device
from vae_tui.core.learning.mesh import local_mesh
from vae_tui.core.learning.objective import create_beta_schedule
from vae_tui.core.learning.optimizer import create_optimizer
from vae_tui.core.learning.rngs import split_seed
from vae_tui.core.learning.schedules import create_schedule
from vae_tui.core.learning.train_chunk import create_train_chunk
from vae_tui.core.learning.train_state import Knobs, TrainState, create_knobs, create_params, create_train_state
from vae_tui.core.learning.train_step import StepMetrics, create_train_step
from vae_tui.core.model import ConditionalVAE
from vae_tui.core.protocol import METRICS


class Chunks:
    """The jitted chunk of a tiny run, and a fresh state for it."""

    def __init__(self, config: Config, dataset: Dataset) -> None:
        self.schedule = create_schedule(config.optim, 40)
        self.config = config
        self.model = ConditionalVAE(config.model, 10, (28, 28))
        self.data = to_device(dataset.train, local_mesh())
        self.order = epoch_order(jax.random.key(5), 0, len(dataset.train))
        train_step = create_train_step(config, self.schedule, create_beta_schedule(config.objective, 40))
        self.chunk = create_train_chunk(train_step, config.train.batch_size, local_mesh())
        params = create_params(self.model, jax.random.key(0))
        tx = create_optimizer(config.optim, self.schedule, 40, params, jax.random.key(2))
        self._initial = create_train_state(
            self.model, params, tx, jax.random.key(1), local_mesh(), ema_decay=config.train.ema_decay
        )

    def fresh(self, knobs: Knobs | None = None) -> TrainState:
        state = jax.tree.map(jnp.copy, self._initial)
        return state if knobs is None else state.replace(knobs=knobs)

    def take(self, state: TrainState, steps: int) -> tuple[TrainState, np.ndarray]:
        state, rows, tried = self.chunk(state, self.data, self.order, np.int32(steps))
        return state, np.asarray(rows)[: int(tried)]

    def run(self, lengths: list[int], knobs: Knobs | None = None) -> tuple[Any, np.ndarray]:
        state, rows = self.fresh(knobs), []
        for length in lengths:
            state, taken = self.take(state, length)
            rows.append(taken)
        return numbers(state), np.concatenate(rows)


def numbers(state: TrainState) -> Any:
    return jax.device_get((state.params, state.opt_state, state.ema_params, state.step))


@pytest.fixture(scope="module")
def engine(tiny_dataset: Dataset) -> Chunks:
    return Chunks(
        Config(
            model=ModelConfig(latents=4, hidden=(24,)),
            optim=OptimConfig(warmup_steps=5),
            train=TrainConfig(batch_size=20),
        ),
        tiny_dataset,
    )


def assert_same(one: Any, other: Any) -> None:
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def whole(engine: Chunks) -> tuple[Any, np.ndarray]:
    """The state and the metrics after ten steps in one chunk."""
    return engine.run([10])


@given(cuts=st.sets(st.integers(1, 9)))
def test_numbers_do_not_depend_on_how_steps_are_cut_into_chunks(
    engine: Chunks, whole: tuple[Any, np.ndarray], cuts: set[int]
) -> None:
    edges = [0, *sorted(cuts), 10]
    whole_state, whole_rows = whole
    state, rows = engine.run([b - a for a, b in itertools.pairwise(edges)])
    np.testing.assert_array_equal(rows, whole_rows)
    assert_same(state, whole_state)


def test_a_chunk_compiles_once_for_every_length(engine: Chunks) -> None:
    engine.run([1, 2, 3])
    assert engine.chunk._cache_size() == 1  # type: ignore[attr-defined]


def test_the_state_is_donated(engine: Chunks) -> None:
    state = engine.fresh()
    engine.chunk(state, engine.data, engine.order, np.int32(1))
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(state.params))


def test_metrics_describe_the_step(engine: Chunks, whole: tuple[Any, np.ndarray]) -> None:
    _, rows = whole
    metrics = dict(zip(METRICS, rows.T, strict=True))
    np.testing.assert_allclose(metrics["loss"], metrics["reconstruction"] + metrics["kl"], rtol=1e-5)
    np.testing.assert_allclose(metrics["learning_rate"], engine.schedule(jnp.arange(10)), rtol=1e-6)
    assert (metrics["grad_norm"] > 0).all()


def test_the_streams_of_a_seed_differ_and_another_one_at_the_end_would_not_change_them() -> None:
    keys = np.array([jax.random.key_data(key) for key in split_seed(3)])
    assert len(np.unique(keys, axis=0)) == len(keys)
    one_more = jax.random.split(jax.random.key(3), len(keys) + 1)
    np.testing.assert_array_equal(keys, jax.random.key_data(one_more)[:-1])


def test_the_metrics_of_a_step_are_those_of_the_event() -> None:
    assert StepMetrics._fields == METRICS


def test_an_epoch_shows_every_image_once_and_epochs_differ() -> None:
    orders = [np.asarray(epoch_order(jax.random.key(0), epoch, 100)) for epoch in (0, 1)]
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(100))
    assert (orders[0] != orders[1]).any()


def test_batches_are_intensities_with_their_labels(tiny_dataset: Dataset) -> None:
    batch = gather(to_device(tiny_dataset.train, local_mesh()), jnp.array([3, 14]))
    np.testing.assert_allclose(batch.images, tiny_dataset.train.images[[3, 14]] / 255.0, rtol=1e-6)
    np.testing.assert_array_equal(batch.labels, tiny_dataset.train.labels[[3, 14]])


@pytest.mark.parametrize("good_steps", [0, 3])
def test_a_step_that_is_not_finite_is_not_taken_and_ends_the_chunk(engine: Chunks, good_steps: int) -> None:
    state, _ = engine.take(engine.fresh(), good_steps)
    before = numbers(state)
    state = state.replace(knobs=create_knobs(local_mesh(), beta_scale=float("nan")))
    state, rows = engine.take(state, 5)
    assert len(rows) == 1
    assert not np.isfinite(rows[0, METRICS.index("loss")])
    assert_same(numbers(state), before)
    # The state is as good as it was: with the cause gone, the run goes on as if nothing had been.
    state, rows = engine.take(state.replace(knobs=create_knobs(local_mesh())), 5)
    undisturbed, undisturbed_rows = engine.run([good_steps + 5])
    np.testing.assert_array_equal(rows, undisturbed_rows[good_steps:])
    assert_same(numbers(state), undisturbed)


def test_a_gradient_that_is_not_finite_is_refused_too(engine: Chunks) -> None:
    state = engine.fresh()
    # A weight so large that the loss is finite and its gradient is not: beta's product with it overflows float32.
    state, rows = engine.take(state.replace(knobs=create_knobs(local_mesh(), beta_scale=1e36)), 3)
    assert np.isfinite(rows[-1, METRICS.index("loss")])
    assert not np.isfinite(rows[-1, METRICS.index("grad_norm")])
    assert int(state.step) == len(rows) - 1


def test_knobs_take_effect_without_a_compilation(engine: Chunks) -> None:
    _, plain = engine.run([3])
    compiled = engine.chunk._cache_size()  # type: ignore[attr-defined]
    _, rows = engine.run([3], create_knobs(local_mesh(), learning_rate_scale=0.5, beta_scale=0.0))
    assert engine.chunk._cache_size() == compiled  # type: ignore[attr-defined]
    np.testing.assert_allclose(
        rows[:, METRICS.index("learning_rate")], 0.5 * plain[:, METRICS.index("learning_rate")], rtol=1e-6
    )
    loss, reconstruction = (rows[:, METRICS.index(name)] for name in ("loss", "reconstruction"))
    np.testing.assert_allclose(loss, reconstruction, rtol=1e-6)


@pytest.mark.parametrize("likelihood", ["bernoulli", "binarized", "logistic", "gaussian"])
def test_the_loss_falls_for_every_likelihood(tiny_dataset: Dataset, likelihood: Likelihood) -> None:
    chunks = Chunks(
        Config(
            model=ModelConfig(latents=4, hidden=(24,), likelihood=likelihood),
            optim=OptimConfig(warmup_steps=5),
            train=TrainConfig(batch_size=20),
        ),
        tiny_dataset,
    )
    losses = chunks.run([10, 10, 10, 10])[1][:, METRICS.index("loss")]
    assert losses[-5:].mean() < losses[:5].mean() - 10


def test_frozen_parameters_stay_bit_identical_and_are_not_in_the_gradient_norm(
    tiny_dataset: Dataset, whole: tuple[Any, np.ndarray]
) -> None:
    chunks = Chunks(
        Config(
            model=ModelConfig(latents=4, hidden=(24,)),
            optim=OptimConfig(warmup_steps=5, weight_decay=0.1, freeze=("encoder",)),
            train=TrainConfig(batch_size=20),
        ),
        tiny_dataset,
    )
    start = jax.device_get(chunks.fresh().params)
    (trained, _, averaged, _), rows = chunks.run([10])
    for params in (trained, averaged):
        assert_same(params["encoder"], start["encoder"])
        assert (params["decoder"]["Dense_0"]["kernel"] != start["decoder"]["Dense_0"]["kernel"]).any()
    _, all_rows = whole  # from the same parameters
    norm = METRICS.index("grad_norm")
    assert rows[0, norm] < all_rows[0, norm]
