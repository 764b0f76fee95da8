"""The chain of gradient transformations: from a step's gradient to the change of the parameters."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Key, PyTree

from ..config import OptimConfig
from ..config.checks import require
from .train_state import Params, flatten, unflatten

ADAM_B2 = 0.999
"""Of adam and adamw, where the configuration has no other: Kingma & Ba 2015, algorithm 1."""

LION_B2 = 0.99
"""Of lion: Chen et al. 2023, algorithm 2."""

DECOUPLED = ("adamw", "lion")
"""Optimisers whose weight decay passes by the rule; for the others it is a part of the gradient."""


class Link(NamedTuple):
    """One transformation of the chain, and how it is shown."""

    name: str
    transformation: optax.GradientTransformation


def create_optimizer(
    config: OptimConfig, schedule: optax.Schedule, params: Params, noise_rng: Key[Array, ""]
) -> optax.GradientTransformation:
    """Chain the links; feed them the mean gradient of several steps, and only that of the trainable parameters.

    Args:
        config: What the chain is made of.
        schedule: The learning rate as a function of the number of finished steps.
        params: The parameters, or a tree of the same structure, to look for the frozen ones in.
        noise_rng: The root of the gradient noise. The key of the next draw is part of the optimiser's state, so a
            resumed run draws what it would have drawn.

    Returns:
        A transformation that has no state for frozen parameters, and whose updates are zero for them, and for all
        parameters at the steps that only accumulate. Its `update` needs the parameters.

    Raises:
        ConfigError: when a pattern in `config.freeze` matches no parameter, or nothing is left to train.
    """
    k = config.accumulate_steps
    # Inside MultiSteps the chain counts updates: the update with number n is made by step (n + 1) * k - 1.
    links = _links(config, lambda n: schedule((n + 1) * k - 1), noise_rng)
    chain = optax.chain(*(link.transformation for link in links))
    if k > 1:
        chain = optax.MultiSteps(chain, every_k_schedule=k).gradient_transformation()
    if config.freeze:
        frozen = jax.tree.map(operator.not_, trainable_mask(params, config.freeze))
        chain = optax.selective_transform(chain, freeze_mask=frozen)
    return chain


def describe_chain(config: OptimConfig) -> tuple[str, ...]:
    """The transformations of `create_optimizer` in the order in which a gradient passes them, for showing."""
    freeze = (f"freeze({', '.join(config.freeze)})",) if config.freeze else ()
    accumulate = (f"MultiSteps({config.accumulate_steps})",) if config.accumulate_steps > 1 else ()
    # The names tell neither the schedule's course nor the noise's key: any will do.
    links = _links(config, optax.constant_schedule(config.learning_rate), jax.random.key(0))
    return (*freeze, *accumulate, *(link.name for link in links))


def _links(config: OptimConfig, schedule: optax.Schedule, noise_rng: Key[Array, ""]) -> Iterator[Link]:
    """The links of the chain, first to last."""
    if config.noise_eta > 0:  # Neelakantan et al. 2015, arXiv:1511.06807, equation 1
        eta, gamma = config.noise_eta, config.noise_gamma
        yield Link(f"add_noise(eta={eta:g}, gamma={gamma:g})", optax.add_noise(eta, gamma, key=noise_rng))
    match config.clip:
        case "norm":  # Pascanu et al. 2013, arXiv:1211.5063, algorithm 1
            yield Link(f"scale_to_max_norm({config.clip_norm:g})", scale_to_max_norm(config.clip_norm))
        case "value":
            yield Link(f"clip({config.clip_value:g})", optax.clip(config.clip_value))
        case "none":
            pass
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
    """What makes a step's direction of the gradients so far.

    sgd: the gradient itself.
    momentum: a decaying sum of the gradients (Sutskever et al. 2013, section 2).
    adam, adamw: Kingma & Ba 2015, arXiv:1412.6980, algorithm 1. Without weight decay the two are the same. With it,
        adam adds it to the gradient, before the moments (L2), and adamw to the direction, after them (Loshchilov &
        Hutter 2019, arXiv:1711.05101, algorithm 2).
    lion: Chen et al. 2023, arXiv:2302.06675, algorithm 2; its decay is decoupled, too.
    """
    b1, b2, eps = config.b1, config.b2, config.eps
    if b2 is None:
        b2 = LION_B2 if config.name == "lion" else ADAM_B2
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
    """Scale the whole gradient down to a norm, where its norm is larger.

    As `optax.clip_by_global_norm`, but by one factor for all elements instead of a selection for each of them, which
    XLA makes a pass over the gradient of its own: some 4 % of a step.
    """
    return optax.stateless(
        lambda grads, _: optax.tree.scale(jnp.minimum(1.0, max_norm / optax.tree.norm(grads)), grads)
    )


def is_kernel(params: Params) -> PyTree[bool]:
    """A tree of booleans: weight decay is for kernels (matrices and filters), not for biases."""
    return jax.tree.map(lambda leaf: leaf.ndim > 1, params)


def parameter_paths(params: Params) -> list[str]:
    """The paths of all parameters, such as encoder/Dense_0/kernel, in the order of the tree's leaves."""
    return sorted(flatten(params))


def trainable_mask(params: Params, patterns: tuple[str, ...]) -> PyTree[bool]:
    """A tree of booleans: True where no pattern matches the parameter's path or the path of a module around it.

    Patterns are the shell's (`*`, `?`, `[ab]`); a `*` also matches slashes. Upper and lower case differ.

    Raises:
        ConfigError: when a pattern matches no parameter, or when together they match every one.
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


def keep_trainable(grads: Params, patterns: tuple[str, ...]) -> Params:
    """The gradient with zeros for the frozen parameters: what only these need is then not computed at all."""
    if not patterns:
        return grads
    return jax.tree.map(
        lambda grad, trained: grad if trained else jnp.zeros_like(grad), grads, trainable_mask(grads, patterns)
    )


def _matches(path: str, pattern: str) -> bool:
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}/*")


def optimizer_bytes(opt_state: optax.OptState) -> int:
    """Memory that the optimiser's arrays take, in bytes; a tree of shapes and types will do."""
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(opt_state))
