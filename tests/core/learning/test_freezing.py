from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from quadratic import NOISE_RNG, OPTIMIZERS, assert_close, constant, first_update, start, train
from vae_tui.core.config import OptimConfig
from vae_tui.core.errors import ConfigError
from vae_tui.core.learning.optimizer import (
    create_optimizer,
    keep_trainable,
    optimizer_bytes,
    parameter_paths,
    trainable_mask,
)


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
    alone = create_optimizer(OptimConfig(**{**vars(config), "freeze": ()}), constant(0.1), 4, decoder, NOISE_RNG)
    assert optimizer_bytes(state) == optimizer_bytes(alone.init(decoder))


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
    tx = create_optimizer(OptimConfig(freeze=("encoder",)), constant(1.0), 4, shapes, NOISE_RNG)
    state = jax.eval_shape(tx.init, shapes)
    assert optimizer_bytes(state) == 2 * 4 * (2 * 4 + 4) + 2 * 4  # two moments of the decoder, two counters


@pytest.mark.parametrize("pattern", ["encode", "Encoder", "encoder/", "Dense_0", "kernel", ""])
def test_a_pattern_that_matches_nothing_is_an_error_that_names_the_modules(pattern: str) -> None:
    with pytest.raises(ConfigError, match=r"optim\.freeze is .*begin with decoder, encoder"):
        create_optimizer(OptimConfig(freeze=("decoder", pattern)), constant(1.0), 4, start(), NOISE_RNG)


@pytest.mark.parametrize("patterns", [("*",), ("encoder", "decoder"), ("*kernel", "*bias")])
def test_freezing_everything_is_an_error(patterns: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="leave some of decoder, encoder to train"):
        create_optimizer(OptimConfig(freeze=patterns), constant(1.0), 4, start(), NOISE_RNG)
