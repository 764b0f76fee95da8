from collections.abc import Callable
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vae_tui.core.config import OptimConfig, Optimizer
from vae_tui.core.errors import ConfigError
from vae_tui.core.optim import (
    create_optimizer,
    describe_chain,
    is_kernel,
    keep_trainable,
    optimizer_bytes,
    parameter_paths,
    trainable_mask,
)
from vae_tui.core.schedules import create_schedule

OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)

Tree = dict[str, Any]
NumpyRule = Callable[[np.ndarray, int], np.ndarray]


def start() -> Tree:
    """Kernels and biases of two modules, all different."""
    shapes = {"encoder": {"Dense_0": {"kernel": (3, 2), "bias": (2,)}}, "decoder": {"kernel": (2, 4), "bias": (4,)}}
    rng = np.random.default_rng(0)
    return jax.tree.map(
        lambda shape: jnp.asarray(rng.normal(size=shape), jnp.float32), shapes, is_leaf=lambda s: isinstance(s, tuple)
    )


def quadratic_gradient(params: Tree) -> Tree:
    """The gradient of a sum of parabolas around 1, steeper in the encoder than in the decoder."""
    return {
        "encoder": jax.tree.map(lambda x: 3.0 * (x - 1), params["encoder"]),
        "decoder": jax.tree.map(lambda x: 0.5 * (x - 1), params["decoder"]),
    }


def constant(rate: float) -> optax.Schedule:
    return optax.constant_schedule(rate)


def train(config: OptimConfig, steps: int, schedule: optax.Schedule) -> tuple[Tree, Any]:
    """The parameters and the optimiser's state after some steps on the quadratic."""
    params = start()
    tx = create_optimizer(config, schedule, params)
    state = tx.init(params)

    @jax.jit
    def step(params: Any, state: Any) -> tuple[Any, Any]:
        updates, state = tx.update(quadratic_gradient(params), state, params)
        return optax.apply_updates(params, updates), state

    for _ in range(steps):
        params, state = step(params, state)
    return params, state


def first_update(config: OptimConfig, gradient: Tree) -> Tree:
    """What one step with learning rate 1 adds to parameters that are all one."""
    params = jax.tree.map(jnp.ones_like, gradient)
    tx = create_optimizer(config, constant(1.0), params)
    updates: Any = tx.update(gradient, tx.init(params), params)[0]
    return updates


def numpy_rule(config: OptimConfig) -> NumpyRule:
    """The direction of step t (from 1) for one array's gradient: the papers' algorithms once more, in NumPy."""
    first: Any = 0.0
    second: Any = 0.0

    def momentum(g: np.ndarray, t: int) -> np.ndarray:
        nonlocal first
        first = config.momentum * first + g
        return g + config.momentum * first if config.nesterov else first

    def adam(g: np.ndarray, t: int) -> np.ndarray:
        nonlocal first, second
        first = config.b1 * first + (1 - config.b1) * g
        second = config.b2 * second + (1 - config.b2) * g**2
        mean = first / (1 - config.b1**t)
        if config.nesterov:  # Dozat 2016
            mean = config.b1 * first / (1 - config.b1 ** (t + 1)) + (1 - config.b1) * g / (1 - config.b1**t)
        return mean / (np.sqrt(second / (1 - config.b2**t)) + config.eps)

    def lion(g: np.ndarray, t: int) -> np.ndarray:
        nonlocal first
        direction = np.sign(config.b1 * first + (1 - config.b1) * g)
        first = config.b2 * first + (1 - config.b2) * g
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


def assert_close(got: Tree, expected: Tree, **tolerance: Any) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, **tolerance), got, expected)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(
    "options",
    [
        {"clip": "none"},
        {"clip": "none", "nesterov": True},
        {"clip": "norm", "clip_norm": 0.7, "weight_decay": 0.1},
        {"clip": "value", "clip_value": 0.3, "b1": 0.8, "b2": 0.95, "eps": 1e-3, "momentum": 0.6},
    ],
    ids=["plain", "nesterov", "norm-decay", "value"],
)
def test_every_rule_takes_the_steps_of_its_paper(name: Optimizer, options: dict[str, Any]) -> None:
    config = OptimConfig(name=name, **options)
    got, _ = train(config, 12, lambda i: 0.1 / (1 + i))
    # The tolerance is for 1 - b2^t, Adam's bias correction, in single precision.
    assert_close(got, numpy_train(config, 12, lambda i: 0.1 / (1 + i)), rtol=1e-4, atol=1e-5)


def test_adam_and_adamw_differ_by_their_weight_decay_alone() -> None:
    def after(name: Optimizer, weight_decay: float) -> np.ndarray:
        params, _ = train(OptimConfig(name=name, weight_decay=weight_decay), 5, constant(0.1))
        return np.asarray(params["decoder"]["kernel"])

    np.testing.assert_array_equal(after("adam", 0.0), after("adamw", 0.0))
    assert np.abs(after("adam", 0.3) - after("adamw", 0.3)).max() > 1e-3


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_is_for_kernels_only(name: Optimizer) -> None:
    zeros = {"kernel": jnp.zeros((3, 3)), "bias": jnp.zeros(3)}
    updates = first_update(OptimConfig(name=name, weight_decay=0.1), zeros)
    # Adam makes of any first gradient a step of length one.
    np.testing.assert_allclose(updates["kernel"], -1.0 if name == "adam" else -0.1, rtol=1e-5)
    assert not updates["bias"].any()


def test_kernels_are_the_matrices_and_filters() -> None:
    params = {"conv": {"kernel": jnp.ones((3, 3, 1, 4)), "bias": jnp.ones(4)}, "log_scale": jnp.ones(())}
    assert is_kernel(params) == {"conv": {"kernel": True, "bias": False}, "log_scale": False}


@settings(max_examples=20)
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
    tx = create_optimizer(config, constant(1.0), params)
    state = tx.init(params)
    update = jax.jit(tx.update)
    draws = []
    for _ in range(4):
        updates, state = update({"a": jnp.ones((200, 200))}, state, params)
        draws.append(np.asarray(updates["a"]) + 1)
    np.testing.assert_allclose([draw.var() for draw in draws], [0.04 / t**1.5 for t in (1, 2, 3, 4)], rtol=0.05)
    assert max(abs(draw.mean()) for draw in draws) < 0.01
    assert abs(np.corrcoef(draws[0].ravel(), draws[1].ravel())[0, 1]) < 0.05


def test_noise_is_the_same_in_every_run_and_comes_before_the_clipping() -> None:
    config = OptimConfig(name="sgd", noise_eta=100.0, clip="value", clip_value=0.5)
    gradient = {"a": jnp.zeros((10, 10))}
    updates = first_update(config, gradient)["a"]
    np.testing.assert_array_equal(updates, first_update(config, gradient)["a"])
    assert 0 < np.abs(updates).max() <= 0.5


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

    accumulating = create_optimizer(OptimConfig(accumulate_steps=k, **options), schedule, params)
    update, state, emitted = jax.jit(accumulating.update), accumulating.init(params), []
    for gradient in gradients:
        updates, state = update(gradient, state, params)
        emitted.append(updates)

    # The steps with numbers 2 and 5 update, with the schedule's rates of these steps.
    plain = create_optimizer(OptimConfig(**options), lambda n: schedule(n * k + k - 1), params)
    update, state = jax.jit(plain.update), plain.init(params)
    for i, updates in enumerate(emitted):
        if i % k < k - 1:
            assert not any(leaf.any() for leaf in jax.tree.leaves(updates))
        else:
            mean = jax.tree.map(lambda *parts: sum(parts) / k, *gradients[i - k + 1 : i + 1])
            expected, state = update(mean, state, params)
            assert_close(updates, expected, rtol=1e-3, atol=1e-5)
            assert any(leaf.any() for leaf in jax.tree.leaves(updates))


def test_an_update_of_accumulated_steps_has_the_rate_of_the_step_that_makes_it() -> None:
    config = OptimConfig(name="sgd", clip="none", accumulate_steps=4)
    params = {"a": jnp.zeros(1)}
    tx = create_optimizer(config, lambda step: jnp.asarray(step, jnp.float32), params)
    state, update, rates = tx.init(params), jax.jit(tx.update), []
    for _ in range(12):
        updates, state = update({"a": jnp.ones(1)}, state, params)
        rates.append(-float(updates["a"][0]))
    assert rates == [0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0, 11]


@pytest.mark.parametrize(
    "options",
    [*({"name": name} for name in OPTIMIZERS), {"accumulate_steps": 2}, {"name": "sgd", "noise_eta": 0.1}],
    ids=str,
)
def test_frozen_parameters_stay_as_they_are_and_take_no_memory(options: dict[str, Any]) -> None:
    config = OptimConfig(freeze=("encoder",), weight_decay=0.1, **options)
    before = start()
    after, state = train(config, 4, constant(0.1))
    for old, new in zip(jax.tree.leaves(before["encoder"]), jax.tree.leaves(after["encoder"]), strict=True):
        assert np.asarray(old).tobytes() == np.asarray(new).tobytes()
    for old, new in zip(jax.tree.leaves(before["decoder"]), jax.tree.leaves(after["decoder"]), strict=True):
        assert (np.asarray(old) != np.asarray(new)).all()
    decoder = {"decoder": before["decoder"]}
    alone = create_optimizer(OptimConfig(**{**vars(config), "freeze": ()}), constant(0.1), decoder).init(decoder)
    assert optimizer_bytes(state) == optimizer_bytes(alone)


def test_clipping_sees_only_the_trainable_gradient() -> None:
    gradient = {"encoder": {"kernel": jnp.full((2, 2), 1e6)}, "decoder": {"kernel": jnp.full((2, 2), 0.5)}}
    updates = first_update(OptimConfig(name="sgd", clip_norm=2.0, freeze=("encoder",)), gradient)
    np.testing.assert_array_equal(updates["decoder"]["kernel"], -0.5)
    assert not updates["encoder"]["kernel"].any()


@pytest.mark.parametrize(
    ("patterns", "frozen"),
    [
        ((), []),
        (("encoder",), ["encoder/Dense_0/bias", "encoder/Dense_0/kernel"]),
        (("encoder/Dense_*/kernel",), ["encoder/Dense_0/kernel"]),
        (("*/kernel",), ["decoder/kernel", "encoder/Dense_0/kernel"]),
        (("*/Dense_0",), ["encoder/Dense_0/bias", "encoder/Dense_0/kernel"]),
        (("*bias", "decoder"), ["decoder/bias", "decoder/kernel", "encoder/Dense_0/bias"]),
    ],
)
def test_patterns_freeze_what_they_match_and_all_below(patterns: tuple[str, ...], frozen: list[str]) -> None:
    params = start()
    mask = jax.tree.leaves(trainable_mask(params, patterns))
    paths = parameter_paths(params)
    assert [path for path, trained in zip(paths, mask, strict=True) if not trained] == frozen


def test_gradients_of_frozen_parameters_are_set_to_zero() -> None:
    gradient = start()
    kept = keep_trainable(gradient, ("encoder",))
    assert not any(leaf.any() for leaf in jax.tree.leaves(kept["encoder"]))
    assert_close(kept["decoder"], gradient["decoder"], rtol=0)
    assert_close(keep_trainable(gradient, ()), gradient, rtol=0)


def test_patterns_are_matched_on_shapes_alone_too() -> None:
    shapes = jax.eval_shape(start)
    tx = create_optimizer(OptimConfig(freeze=("encoder",)), constant(1.0), shapes)
    state = jax.eval_shape(tx.init, shapes)
    assert optimizer_bytes(state) == 2 * 4 * (2 * 4 + 4) + 2 * 4  # two moments of the decoder, two counters


@pytest.mark.parametrize("pattern", ["encode", "Encoder", "encoder/", "Dense_0", "kernel", ""])
def test_a_pattern_that_matches_nothing_is_an_error_that_names_the_modules(pattern: str) -> None:
    with pytest.raises(ConfigError, match=r"optim\.freeze is .*begin with decoder, encoder"):
        create_optimizer(OptimConfig(freeze=("decoder", pattern)), constant(1.0), start())


@pytest.mark.parametrize("patterns", [("*",), ("encoder", "decoder"), ("*kernel", "*bias")])
def test_freezing_everything_is_an_error(patterns: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="leave some of decoder, encoder to train"):
        create_optimizer(OptimConfig(freeze=patterns), constant(1.0), start())


def test_the_state_is_as_large_as_the_rule_needs() -> None:
    numbers = sum(leaf.size for leaf in jax.tree.leaves(start()))

    def size(**options: Any) -> int:
        return optimizer_bytes(create_optimizer(OptimConfig(**options), constant(1.0), start()).init(start()))

    counter = 4
    assert size(name="sgd", weight_decay=0.1) == counter  # the schedule's
    assert size(name="momentum") == 4 * numbers + counter
    assert size(name="lion") == 4 * numbers + 2 * counter
    assert size(name="adam") == size(name="adamw", weight_decay=0.1) == 2 * 4 * numbers + 2 * counter
    assert size(name="sgd", accumulate_steps=2) == 4 * numbers + 3 * counter


def test_the_description_shows_the_links_in_their_order() -> None:
    assert describe_chain(OptimConfig(name="adamw", learning_rate=0.002, weight_decay=0.01)) == (
        "clip_by_global_norm(5)",
        "scale_by_adam(b1=0.9, b2=0.999, eps=1e-08)",
        "add_decayed_weights(0.01, kernels)",
        "scale_by_learning_rate(warmup-cosine, peak 0.002)",
    )
    everything = OptimConfig(
        name="momentum",
        learning_rate=0.002,
        nesterov=True,
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
        "add_noise(eta=0.01, gamma=0.55)",
        "clip(0.5)",
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
    state: Any = create_optimizer(config, constant(1.0), start()).init(start())
    assert len(state) == len(describe_chain(config))
