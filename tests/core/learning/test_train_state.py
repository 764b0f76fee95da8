import functools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.config import Config, ModelConfig
from vae_tui.core.learning.checkpoint import CheckpointStore
from vae_tui.core.learning.mesh import local_mesh
from vae_tui.core.learning.train_state import (
    Params,
    TrainState,
    create_knobs,
    create_params,
    create_train_state,
    ema_step_size,
    parameter_count,
)
from vae_tui.core.model import ConditionalVAE

CONFIG = ModelConfig(latents=2, hidden=(4,))


@functools.cache
def params_of(config: ModelConfig) -> Params:
    return create_params(ConditionalVAE(config, 10, (28, 28)), jax.random.key(0))


def make_state(tx: optax.GradientTransformation) -> TrainState:
    model = ConditionalVAE(CONFIG, 10, (28, 28))
    return create_train_state(model, params_of(CONFIG), tx, jax.random.key(1), local_mesh(), ema_decay=0.9)


@jax.jit
def step(state: TrainState, grads: Params) -> TrainState:
    return state.apply_gradients(grads=grads)


@given(decay=st.floats(0, 0.9999), values=st.lists(st.floats(-5, 5), min_size=1, max_size=12))
def test_ema_is_the_bias_corrected_average(decay: float, values: list[float]) -> None:
    ema = 123.0  # forgotten at the first update
    for t, value in enumerate(values, start=1):
        ema += float(ema_step_size(decay, t)) * (value - ema)
    count = len(values)
    weights = np.array([decay ** (count - i) for i in range(1, count + 1)])
    assert ema == pytest.approx(float(weights @ values / weights.sum()), rel=2e-3, abs=2e-3)


def test_a_step_moves_parameters_average_and_counter() -> None:
    state = make_state(optax.sgd(0.5))
    grads = jax.tree.map(jnp.ones_like, state.params)
    moved = step(state, grads)
    assert int(moved.step) == 1
    leaves = map(jax.tree.leaves, (state.params, moved.params, moved.ema_params))
    for before, after, average in zip(*leaves, strict=True):
        np.testing.assert_allclose(after, before - 0.5, rtol=1e-6)
        np.testing.assert_allclose(average, after, atol=1e-6)


def test_the_average_decays_as_the_state_says_and_other_fields_can_be_replaced_as_in_flax() -> None:
    state = make_state(optax.sgd(0.5))
    grads = jax.tree.map(jnp.ones_like, state.params)
    second = state.apply_gradients(grads=grads).apply_gradients(grads=grads, rng=jax.random.key(5))
    # The average of the first and the second point, which are a step of 0.5 apart: 0.9 and 1 parts.
    for last, average in zip(*map(jax.tree.leaves, (second.params, second.ema_params)), strict=True):
        np.testing.assert_allclose(average, last + 0.5 * 0.9 / 1.9, rtol=1e-5, atol=1e-6)
    assert second.rng == jax.random.key(5)
    unaveraged = state.replace(ema_decay=0.0).apply_gradients(grads=grads).apply_gradients(grads=grads)
    jax.tree.map(np.testing.assert_array_equal, unaveraged.ema_params, unaveraged.params)


def test_the_decay_is_the_configurations_not_the_checkpoints(tmp_path: Path) -> None:
    state = make_state(optax.adam(0.1))
    store = CheckpointStore(tmp_path, keep=1)
    store.save(state, Config(), tuple("0123456789"), None)
    store.take_completed(wait=True)
    restored = store.restore(0, jax.tree.map(jnp.zeros_like, state.replace(ema_decay=0.5)))
    store.close()
    assert (state.ema_decay, restored.ema_decay) == (0.9, 0.5)
    for one, other in zip(*map(jax.tree.leaves, (restored.replace(rng=0), state.replace(rng=0))), strict=True):
        np.testing.assert_array_equal(one, other)
    assert restored.rng == state.rng


def test_the_knob_scales_the_step_as_the_rate_would() -> None:
    slow, full = make_state(optax.adamw(0.01)), make_state(optax.adamw(0.04))
    grads = jax.tree.map(jnp.ones_like, full.params)
    full = full.replace(knobs=create_knobs(local_mesh(), learning_rate_scale=0.25))
    moved = (step(state, grads).params for state in (slow, full))
    for one, other in zip(*map(jax.tree.leaves, moved), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_parameters_and_average_are_separate_buffers() -> None:
    state = make_state(optax.sgd(0.1))
    own = {leaf.unsafe_buffer_pointer() for leaf in jax.tree.leaves(state.params)}
    assert not own & {leaf.unsafe_buffer_pointer() for leaf in jax.tree.leaves(state.ema_params)}


def test_parameter_count_of_the_dense_model() -> None:
    model = ConditionalVAE(
        ModelConfig(latents=20, hidden=(400,), conditioning="onehot", prior="standard"), 10, (28, 28)
    )
    params = jax.eval_shape(lambda: create_params(model, jax.random.key(0)))
    encoder = (784 + 10) * 400 + 400 + 400 * 40 + 40
    decoder = (20 + 10) * 400 + 400 + 400 * 784 + 784
    mean_image = 784
    assert parameter_count(params) == encoder + decoder + mean_image
