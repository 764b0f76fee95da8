"""The random streams of a run, derived from its seed."""

from __future__ import annotations

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Key, UInt32


class Rngs(NamedTuple):
    """The independent streams of randomness of a run."""

    state: Key[Array, ""]
    order: Key[Array, ""]
    samples: Key[Array, ""]
    gradient_noise: Key[Array, ""]


def split_seed(seed: int) -> Rngs:
    """Return the root keys of a run's random streams, derived from its seed."""
    return _split_seed(np.uint32(seed))


@jax.jit
def _split_seed(seed: UInt32[Array, ""]) -> Rngs:
    # A key does not depend on the number of keys, so adding a stream at the end does not change the others.
    return Rngs(*jax.random.split(jax.random.key(seed), len(Rngs._fields)))
