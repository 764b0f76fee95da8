from collections.abc import Callable
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quadratic import (
    NOISE_RNG,
    OPTIMIZERS,
    Tree,
    assert_close,
    constant,
    first_update,
    quadratic_gradient,
    start,
    train,
)
from vae_tui.core.config import Architecture, Conditioning, ModelConfig, OptimConfig, Optimizer, Prior
from vae_tui.core.learning.optimizer import create_optimizer, describe_chain, is_kernel, optimizer_bytes
from vae_tui.core.learning.schedules import create_schedule
from vae_tui.core.learning.train_state import create_params, flatten
from vae_tui.core.model import ConditionalVAE

NumpyRule = Callable[[np.ndarray, int], np.ndarray]


def numpy_rule(config: OptimConfig) -> NumpyRule:
    """The direction of step t (from 1) for one array's gradient: the papers' algorithms once more, in NumPy."""
    first: Any = 0.0
    second: Any = 0.0
    b2 = config.b2 if config.b2 is not None else {"lion": 0.99}.get(config.name, 0.999)

    def momentum(g: np.ndarray, t: int) -> np.ndarray:
        nonlocal first
        first = config.momentum * first + g
        return g + config.momentum * first if config.nesterov else first

    def adam(g: np.ndarray, t: int) -> np.ndarray:
        nonlocal first, second
        first = config.b1 * first + (1 - config.b1) * g
        second = b2 * second + (1 - b2) * g**2
        mean = first / (1 - config.b1**t)
        if config.nesterov:  # Dozat 2016
            mean = config.b1 * first / (1 - config.b1 ** (t + 1)) + (1 - config.b1) * g / (1 - config.b1**t)
        return mean / (np.sqrt(second / (1 - b2**t)) + config.eps)

    def lion(g: np.ndarray, t: int) -> np.ndarray:
        nonlocal first
        direction = np.sign(config.b1 * first + (1 - config.b1) * g)
        first = b2 * first + (1 - b2) * g
        return direction

    rules: dict[str, NumpyRule] = {"sgd": lambda g, t: g, "momentum": momentum, "adam": adam, "adamw": adam}
    return {**rules, "lion": lion}[config.name]


def numpy_train(config: OptimConfig, steps: int, rate: Callable[[int], float]) -> Tree:
    """`train`, in NumPy at double precision."""
    leaves, structure = jax.tree.flatten(start())
    params = [np.asarray(leaf, np.float64) for leaf in leaves]
    rules = [numpy_rule(config) for _ in params]
    for t in range(1, steps + 1):
        gradients = [np.asarray(g) for g in jax.tree.leaves(quadratic_gradient(jax.tree.unflatten(structure, params)))]
        if config.clip == "norm":
            norm = np.sqrt(sum((g**2).sum() for g in gradients))
            gradients = [g * min(1.0, config.clip_norm / norm) for g in gradients]
        if config.clip == "value":
            gradients = [np.clip(g, -config.clip_value, config.clip_value) for g in gradients]
        for i, (gradient, rule) in enumerate(zip(gradients, rules, strict=True)):
            decay = config.weight_decay * params[i] if params[i].ndim > 1 else np.zeros_like(params[i])
            decoupled = config.name in ("adamw", "lion")
            direction = rule(gradient, t) + decay if decoupled else rule(gradient + decay, t)
            params[i] = params[i] - rate(t - 1) * direction
    return jax.tree.unflatten(structure, params)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(
    "options",
    [
        {"clip": "none", "nesterov": False},
        {"clip": "none", "nesterov": True},
        {"clip": "norm", "clip_norm": 0.7, "weight_decay": 0.1},
        {"clip": "value", "clip_value": 0.3, "nesterov": False, "b1": 0.8, "b2": 0.95, "eps": 1e-3, "momentum": 0.6},
    ],
    ids=["plain", "nesterov", "norm-decay", "value"],
)
def test_every_rule_takes_the_steps_of_its_paper(name: Optimizer, options: dict[str, Any]) -> None:
    config = OptimConfig(name=name, **options)
    got, _ = train(config, 12, lambda i: 0.1 / (1 + i))
    # The tolerance is for 1 - b2^t, Adam's bias correction, in single precision.
    assert_close(got, numpy_train(config, 12, lambda i: 0.1 / (1 + i)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("name", "b2"), [("adam", 0.999), ("adamw", 0.999), ("lion", 0.99)])
def test_each_rule_has_the_second_decay_of_its_paper_unless_another_is_given(name: Optimizer, b2: float) -> None:
    by_default, _ = train(OptimConfig(name=name), 5, constant(0.1))
    given_it, _ = train(OptimConfig(name=name, b2=b2), 5, constant(0.1))
    assert_close(by_default, given_it, rtol=0)
    assert f"b2={b2:g}" in describe_chain(OptimConfig(name=name))[1]
    assert "b2=0.5" in describe_chain(OptimConfig(name=name, b2=0.5))[1]


def test_adam_and_adamw_differ_by_their_weight_decay_alone() -> None:
    def after(name: Optimizer, weight_decay: float) -> np.ndarray:
        params, _ = train(OptimConfig(name=name, weight_decay=weight_decay), 5, constant(0.1))
        return np.asarray(params["decoder"]["kernel"])

    np.testing.assert_array_equal(after("adam", 0.0), after("adamw", 0.0))
    assert np.abs(after("adam", 0.3) - after("adamw", 0.3)).max() > 1e-3


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_is_for_kernels_only(name: Optimizer) -> None:
    zeros = {"kernel": jnp.zeros((3, 3)), "bias": jnp.zeros(3)}
    updates = first_update(OptimConfig(name=name, weight_decay=0.1, nesterov=False), zeros)
    # Adam makes of any first gradient a step of length one, without the Nesterov form.
    np.testing.assert_allclose(updates["kernel"], -1.0 if name == "adam" else -0.1, rtol=1e-5)
    assert not updates["bias"].any()


@pytest.mark.parametrize("arch", get_args(Architecture))
@pytest.mark.parametrize("prior", get_args(Prior))
@pytest.mark.parametrize("conditioning", get_args(Conditioning))
def test_kernels_are_the_matrices_and_filters(arch: Architecture, prior: Prior, conditioning: Conditioning) -> None:
    config = ModelConfig(arch=arch, prior=prior, conditioning=conditioning, likelihood="gaussian")
    params = jax.eval_shape(lambda: create_params(ConditionalVAE(config, 10, (28, 28)), jax.random.key(0)))
    kernels = {path for path, is_one in flatten(is_kernel(params)).items() if is_one}
    assert kernels == {path for path in flatten(params) if path.endswith("/kernel")}
    # The learned vectors of the classes and the mean image are no weights of a layer.
    others = {path for path, leaf in flatten(params).items() if path not in kernels and leaf.ndim > 1}
    assert all(path == "mean_image" or path.endswith("/embedding") for path in others)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_mean_image_is_never_trained(name: Optimizer) -> None:
    config = OptimConfig(name=name, clip="none", noise_eta=0.1, weight_decay=0.1)
    updates = first_update(config, {"mean_image": jnp.zeros((28, 28)), "kernel": jnp.ones((3, 3))})
    assert not updates["mean_image"].any()
    assert updates["kernel"].all()


@given(scale=st.floats(1e-3, 1e3), clip_norm=st.floats(1e-2, 1e2))
def test_gradients_are_clipped_by_their_global_norm(scale: float, clip_norm: float) -> None:
    gradient = {"a": jnp.full((2, 2), 3.0 * scale), "b": jnp.full(4, -4.0 * scale)}  # global norm: 10 * scale
    updates = first_update(OptimConfig(name="sgd", clip="norm", clip_norm=clip_norm), gradient)
    shrink = min(1.0, clip_norm / (10 * scale))
    assert_close(updates, jax.tree.map(lambda g: -shrink * g, gradient), rtol=1e-5)


def test_gradients_are_clipped_by_their_values() -> None:
    gradient = {"a": jnp.asarray([-3.0, -0.1, 0.0, 0.2, 7.0])}
    updates = first_update(OptimConfig(name="sgd", clip="value", clip_value=0.5), gradient)
    np.testing.assert_allclose(updates["a"], [0.5, 0.1, 0.0, -0.2, -0.5])


def test_gradients_may_go_unclipped() -> None:
    gradient = {"a": jnp.asarray([-3e5, 0.1])}
    updates = first_update(OptimConfig(name="sgd", clip="none"), gradient)
    np.testing.assert_array_equal(updates["a"], -gradient["a"])


def test_noise_has_variance_eta_at_first_and_decays() -> None:
    config = OptimConfig(name="sgd", clip="none", noise_eta=0.04, noise_gamma=1.5)
    params = {"a": jnp.zeros((200, 200))}
    tx = create_optimizer(config, constant(1.0), 4, params, NOISE_RNG)
    state = tx.init(params)
    update = jax.jit(tx.update)
    draws = []
    for _ in range(4):
        updates, state = update({"a": jnp.ones((200, 200))}, state, params)
        draws.append(np.asarray(updates["a"]) + 1)
    np.testing.assert_allclose([draw.var() for draw in draws], [0.04 / t**1.5 for t in (1, 2, 3, 4)], rtol=0.05)
    assert max(abs(draw.mean()) for draw in draws) < 0.01
    assert abs(np.corrcoef(draws[0].ravel(), draws[1].ravel())[0, 1]) < 0.05


def test_noise_is_the_same_for_the_same_key_and_another_for_another() -> None:
    config = OptimConfig(name="sgd", noise_eta=1.0, clip="none")
    gradient = {"a": jnp.zeros((10, 10))}
    one, again, other = (first_update(config, gradient, jax.random.key(seed))["a"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert (one != other).all()


def test_clipping_leaves_the_noise_its_variance() -> None:
    config = OptimConfig(name="sgd", noise_eta=100.0, clip="norm", clip_norm=0.5)
    updates = first_update(config, {"a": jnp.full((100, 100), 1e6)})["a"]
    assert float(updates.std()) == pytest.approx(10.0, rel=0.05)


def test_without_noise_the_gradient_is_untouched() -> None:
    gradient = {"a": jnp.asarray(np.random.default_rng(0).normal(size=(5, 5)), jnp.float32)}
    updates = first_update(OptimConfig(name="sgd", clip="none", noise_eta=0.0), gradient)
    np.testing.assert_array_equal(updates["a"], -gradient["a"])


@pytest.mark.parametrize(
    "options",
    [
        {"name": "sgd", "noise_eta": 0.01},
        {"name": "momentum", "weight_decay": 0.1},
        {"name": "adam", "freeze": ("encoder",)},
        {"name": "lion", "clip_norm": 0.5},
    ],
    ids=lambda options: options["name"],
)
def test_accumulated_steps_make_one_update_with_the_mean_gradient(options: dict[str, Any]) -> None:
    k = 3
    schedule = create_schedule(OptimConfig(learning_rate=1.0, schedule="linear", end_factor=0.1), 2 * k)
    params = start()
    rng = np.random.default_rng(1)
    gradients = [jax.tree.map(lambda x: rng.normal(size=x.shape).astype(np.float32), params) for _ in range(2 * k)]

    accumulating = create_optimizer(OptimConfig(accumulate_steps=k, **options), schedule, 2 * k, params, NOISE_RNG)
    update, state, emitted = jax.jit(accumulating.update), accumulating.init(params), []
    for gradient in gradients:
        updates, state = update(gradient, state, params)
        emitted.append(updates)

    # The steps with numbers 2 and 5 update, with the schedule's rates of these steps.
    plain = create_optimizer(OptimConfig(**options), lambda n: schedule(n * k + k - 1), 2, params, NOISE_RNG)
    update, state = jax.jit(plain.update), plain.init(params)
    for i, updates in enumerate(emitted):
        if i % k < k - 1:
            assert not any(leaf.any() for leaf in jax.tree.leaves(updates))
        else:
            mean = jax.tree.map(lambda *parts: sum(parts) / k, *gradients[i - k + 1 : i + 1])
            expected, state = update(mean, state, params)
            assert_close(updates, expected, rtol=1e-3, atol=1e-5)
            assert any(leaf.any() for leaf in jax.tree.leaves(updates))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (12, [0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0, 11]),
        (10, [0, 0, 0, 3, 0, 0, 0, 7, 0, 9]),
        (9, [0, 0, 0, 3, 0, 0, 0, 7, 8]),
        (3, [0, 0, 2]),
    ],
)
def test_an_update_of_accumulated_steps_has_the_rate_of_its_step_and_the_last_step_makes_one(
    steps: int, expected: list[int]
) -> None:
    config = OptimConfig(name="sgd", clip="none", accumulate_steps=4)
    params = {"a": jnp.zeros(1)}
    tx = create_optimizer(config, lambda step: jnp.asarray(step, jnp.float32), steps, params, NOISE_RNG)
    state, update, rates = tx.init(params), jax.jit(tx.update), []
    for _ in range(steps):
        updates, state = update({"a": jnp.ones(1)}, state, params)
        rates.append(-float(updates["a"][0]))
    assert rates == expected


def test_the_state_is_as_large_as_the_rule_needs() -> None:
    numbers = sum(leaf.size for leaf in jax.tree.leaves(start()))

    def size(**options: Any) -> int:
        tx = create_optimizer(OptimConfig(**options), constant(1.0), 4, start(), NOISE_RNG)
        return optimizer_bytes(tx.init(start()))

    counter = 4
    assert size(name="sgd", weight_decay=0.1) == counter  # the schedule's
    assert size(name="momentum") == 4 * numbers + counter
    assert size(name="lion") == 4 * numbers + 2 * counter
    assert size(name="adam") == size(name="adamw", weight_decay=0.1) == 2 * 4 * numbers + 2 * counter
    assert size(name="sgd", accumulate_steps=2) == 4 * numbers + 3 * counter


def test_the_description_shows_the_links_in_their_order() -> None:
    assert describe_chain(OptimConfig(name="adamw", learning_rate=0.002, weight_decay=0.01)) == (
        "scale_to_max_norm(5)",
        "scale_by_adam(b1=0.9, b2=0.999, eps=1e-08, nesterov)",
        "add_decayed_weights(0.01, kernels)",
        "scale_by_learning_rate(warmup-cosine, peak 0.002)",
    )
    everything = OptimConfig(
        name="momentum",
        learning_rate=0.002,
        clip="value",
        noise_eta=0.01,
        weight_decay=0.1,
        accumulate_steps=4,
        freeze=("encoder", "decoder/Dense_*"),
        schedule="one-cycle",
    )
    assert describe_chain(everything) == (
        "freeze(encoder, decoder/Dense_*)",
        "MultiSteps(4)",
        "clip(0.5)",
        "add_noise(eta=0.01, gamma=0.55)",
        "add_decayed_weights(0.1, kernels)",
        "trace(0.9, nesterov)",
        "scale_by_learning_rate(one-cycle, peak 0.002)",
    )
    plain = OptimConfig(name="sgd", learning_rate=0.002, clip="none", schedule="constant")
    assert describe_chain(plain) == ("identity()", "scale_by_learning_rate(constant, peak 0.002)")


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("options", [{}, {"clip": "none", "noise_eta": 0.1}, {"weight_decay": 0.1}])
def test_the_chain_has_the_links_of_its_description(name: Optimizer, options: dict[str, Any]) -> None:
    config = OptimConfig(name=name, **options)
    state: Any = create_optimizer(config, constant(1.0), 4, start(), NOISE_RNG).init(start())
    assert len(state.inner_states["train"].inner_state) == len(describe_chain(config))
