"""Hold out a fixed part of a training split for validation.

The choice depends only on the sizes and labels, so every run, on every machine, validates on the same images.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from .dataset import Split

_SEED = 0


def hold_out(split: Split, size: int) -> tuple[Split, Split]:
    """Hold out `size` images; return the rest of the split and the held-out images.

    The images are chosen at random with a fixed seed. Both parts preserve the order of the split.
    """
    chosen = _permutation(len(split))[:size]
    return _separate(split, chosen)


def hold_out_per_class(split: Split, per_class: int) -> tuple[Split, Split]:
    """Hold out `per_class` images of each class; otherwise like `hold_out`."""
    order = _permutation(len(split))
    labels = split.labels[order]
    chosen = np.concatenate([order[labels == label][:per_class] for label in np.unique(labels)])
    return _separate(split, chosen)


def _permutation(n: int) -> Int64[np.ndarray, " n"]:
    # RandomState, not default_rng: NumPy guarantees that its stream never changes.
    return np.random.RandomState(_SEED).permutation(n)


def _separate(split: Split, chosen: Int64[np.ndarray, " k"]) -> tuple[Split, Split]:
    held = np.zeros(len(split), dtype=bool)
    held[chosen] = True
    return Split(split.images[~held], split.labels[~held]), Split(split.images[held], split.labels[held])
