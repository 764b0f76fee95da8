"""Build the optimizer, a chain of Optax gradient transformations."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Key, PyTree

from ..config import OptimConfig
from ..config.checks import require
from ..model import MEAN_IMAGE
from .train_state import Params, flatten, unflatten

DECOUPLED = ("adamw", "lion")
"""Update rules with decoupled weight decay; the other rules add the weight decay to the gradient."""


class Link(NamedTuple):
    """One transformation of the chain, with its display name."""

    name: str
    transformation: optax.GradientTransformation


def create_optimizer(
    config: OptimConfig, schedule: optax.Schedule, total_steps: int, params: Params, noise_rng: Key[Array, ""]
) -> optax.GradientTransformation:
    """Create the optimizer: the configured chain, with gradient accumulation and frozen parameters.

    Args:
        config: The settings of the optimizer.
        schedule: The learning rate as a function of the number of finished steps.
        total_steps: The length of the run. Its last update averages the gradients that are left.
        params: The parameters, or a tree of the same structure, in which to find the frozen parameters.
        noise_rng: The root key of the gradient noise. The key of the next draw is part of the optimizer state, so a
            resumed run continues with the same noise.

    Returns:
        A transformation without state for frozen parameters and the constant mean image. Its updates are zero for
        these, and for all parameters at steps that only accumulate gradients. Its `update` needs the parameters.

    Raises:
        ConfigError: when a pattern in `config.freeze` matches no parameter, or all parameters are frozen.
    """
    k = config.accumulate_steps
    # Inside MultiSteps the chain counts updates: step (n + 1) * k - 1, or the last step, makes update n.
    links = _links(config, lambda n: schedule(jnp.minimum((n + 1) * k, total_steps) - 1), noise_rng)
    chain = optax.chain(*(link.transformation for link in links))
    if k > 1:
        whole, rest = divmod(total_steps, k)
        steps_of_update = lambda n: jnp.where(n == whole, rest, k) if rest else k  # noqa: E731
        chain = optax.MultiSteps(chain, every_k_schedule=steps_of_update).gradient_transformation()
    return optax.selective_transform(chain, freeze_mask=_frozen_mask(params, config.freeze))


def describe_chain(config: OptimConfig) -> tuple[str, ...]:
    """Return the display names of the transformations of `create_optimizer`, in order."""
    freeze = (f"freeze({', '.join(config.freeze)})",) if config.freeze else ()
    accumulate = (f"MultiSteps({config.accumulate_steps})",) if config.accumulate_steps > 1 else ()
    # The names depend on neither the schedule nor the noise key, so any values will do.
    links = _links(config, optax.constant_schedule(config.learning_rate), jax.random.key(0))
    return (*freeze, *accumulate, *(link.name for link in links))


def _links(config: OptimConfig, schedule: optax.Schedule, noise_rng: Key[Array, ""]) -> Iterator[Link]:
    """Yield the links of the chain, from first to last."""
    match config.clip:
        case "norm":  # Pascanu et al. 2013, arXiv:1211.5063, algorithm 1
            yield Link(f"scale_to_max_norm({config.clip_norm:g})", scale_to_max_norm(config.clip_norm))
        case "value":
            yield Link(f"clip({config.clip_value:g})", optax.clip(config.clip_value))
        case "none":
            pass
    if config.noise_eta > 0:  # Neelakantan et al. 2015, arXiv:1511.06807; clipping must not shrink the noise
        eta, gamma = config.noise_eta, config.noise_gamma
        yield Link(f"add_noise(eta={eta:g}, gamma={gamma:g})", optax.add_noise(eta, gamma, key=noise_rng))
    decay = Link(
        f"add_decayed_weights({config.weight_decay:g}, kernels)",
        optax.add_decayed_weights(config.weight_decay, mask=is_kernel),
    )
    if config.weight_decay > 0 and config.name not in DECOUPLED:
        yield decay
    yield _rule(config)
    if config.weight_decay > 0 and config.name in DECOUPLED:
        yield decay
    yield Link(
        f"scale_by_learning_rate({config.schedule}, peak {config.learning_rate:g})",
        optax.scale_by_learning_rate(schedule),
    )


def _rule(config: OptimConfig) -> Link:
    """Return the update rule, which computes a step's direction from the gradients so far.

    sgd: the gradient itself.
    momentum: a decaying sum of the gradients (Sutskever et al. 2013, section 2).
    adam, adamw: Kingma & Ba 2015, arXiv:1412.6980, algorithm 1. The two differ only in their weight decay: adam adds it
        to the gradient, before the moments (L2), and adamw adds it to the direction, after the moments (Loshchilov &
        Hutter 2019, arXiv:1711.05101, algorithm 2).
    lion: Chen et al. 2023, arXiv:2302.06675, algorithm 2; its weight decay is decoupled as well.

    The Nesterov form of momentum is in section 2 of Sutskever et al., too; that of adam and adamw is NAdam (Dozat 2016,
    "Incorporating Nesterov Momentum into Adam").
    """
    b1, b2, eps = config.b1, config.second_decay, config.eps
    nesterov = ", nesterov" if config.nesterov else ""
    match config.name:
        case "sgd":
            return Link("identity()", optax.identity())
        case "momentum":
            return Link(f"trace({config.momentum:g}{nesterov})", optax.trace(config.momentum, config.nesterov))
        case "adam" | "adamw":
            return Link(
                f"scale_by_adam(b1={b1:g}, b2={b2:g}, eps={eps:g}{nesterov})",
                optax.scale_by_adam(b1, b2, eps, nesterov=config.nesterov),
            )
        case "lion":
            return Link(f"scale_by_lion(b1={b1:g}, b2={b2:g})", optax.scale_by_lion(b1, b2))


def scale_to_max_norm(max_norm: float) -> optax.GradientTransformation:
    """Create a transformation that scales gradients down to a maximum global norm.

    It does the same as `optax.clip_by_global_norm`, but with one factor for all elements. The selection for each
    element in Optax compiles to a separate pass over the gradient: 0.6 ms for the default model on two CPU cores.
    """
    return optax.stateless(
        lambda grads, _: optax.tree.scale(jnp.minimum(1.0, max_norm / optax.tree.norm(grads)), grads)
    )


def is_kernel(params: Params) -> PyTree[bool]:
    """Return a tree with True for kernels, which have weight decay.

    Linen names them so; biases, the learned vectors of classes and scales have other names.
    """
    return jax.tree.map_with_path(lambda path, _: path[-1].key == "kernel", params)


def parameter_paths(params: Params) -> list[str]:
    """Return all parameter paths, such as encoder/Dense_0/kernel, in the order of the leaves."""
    return sorted(flatten(params))


def trainable_mask(params: Params, patterns: tuple[str, ...]) -> PyTree[bool]:
    """Return a tree of booleans: True for the parameters that no pattern freezes.

    A pattern freezes the parameters whose path, or the path of a module that contains them, it matches. Patterns are
    shell patterns (`*`, `?`, `[ab]`) and case-sensitive; `*` also matches slashes.

    Raises:
        ConfigError: when a pattern matches no parameter, or when the patterns together match all parameters.
    """
    paths = parameter_paths(params)
    modules = ", ".join(dict.fromkeys(path.split("/")[0] for path in paths))
    for pattern in patterns:
        matched = any(_matches(path, pattern) for path in paths)
        require(matched, "optim.freeze", pattern, f"a pattern of a parameter's path; paths begin with {modules}")
    mask = {path: not any(_matches(path, pattern) for pattern in patterns) for path in paths}
    some_trained = any(mask.values())
    require(some_trained, "optim.freeze", ", ".join(patterns), f"patterns that leave some of {modules} to train")
    return unflatten(mask)


def _frozen_mask(params: Params, patterns: tuple[str, ...]) -> PyTree[bool]:
    """Return a tree of booleans: True for frozen parameters and for the mean image, which is never trained."""
    return jax.tree.map_with_path(
        lambda path, is_trained: not is_trained or path[0].key == MEAN_IMAGE, trainable_mask(params, patterns)
    )


def keep_trainable(grads: Params, patterns: tuple[str, ...]) -> Params:
    """Zero the gradient of frozen parameters, so that XLA skips the computations for it."""
    if not patterns:
        return grads
    return jax.tree.map(
        lambda grad, trained: grad if trained else jnp.zeros_like(grad), grads, trainable_mask(grads, patterns)
    )


def _matches(path: str, pattern: str) -> bool:
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}/*")


def optimizer_bytes(opt_state: optax.OptState) -> int:
    """Return the size of an optimizer state in bytes; abstract arrays are enough."""
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(opt_state))
