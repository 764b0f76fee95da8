"""Fixed parts of a training split, kept for validation.

They depend on nothing but the sizes and labels: every run, on every machine, validates on the same images.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from .dataset import Split

_SEED = 0


def hold_out(split: Split, size: int) -> tuple[Split, Split]:
    """The split without `size` images chosen at random but for ever, and these images; both keep the split's order."""
    chosen = _permutation(len(split))[:size]
    return _separate(split, chosen)


def hold_out_per_class(split: Split, per_class: int) -> tuple[Split, Split]:
    """As `hold_out`, with the same number of images of each class."""
    order = _permutation(len(split))
    labels = split.labels[order]
    chosen = np.concatenate([order[labels == label][:per_class] for label in np.unique(labels)])
    return _separate(split, chosen)


def _permutation(n: int) -> Int64[np.ndarray, " n"]:
    # RandomState, not default_rng: NumPy promises never to change its stream.
    return np.random.RandomState(_SEED).permutation(n)


def _separate(split: Split, chosen: Int64[np.ndarray, " k"]) -> tuple[Split, Split]:
    held = np.zeros(len(split), dtype=bool)
    held[chosen] = True
    return Split(split.images[~held], split.labels[~held]), Split(split.images[held], split.labels[held])
