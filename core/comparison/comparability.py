"""Tell whether the losses of a run mean the same as those of another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..config import Config
from ..protocol import KnobsChanged
from ..text import count
from .differences import differences

Extent = Literal["all", "training"]
"""Which losses a doubt is about.

Validation losses are measured with beta = 1 and without free bits, so they stay comparable where only those differ.
"""

DOUBTFUL: dict[str, Extent] = {
    "data.name": "all",
    "data.augment": "training",
    "model.likelihood": "all",
    "objective.beta": "training",
    "objective.beta_schedule": "training",
    "objective.beta_warmup_steps": "training",
    "objective.beta_cycles": "training",
    "objective.free_bits": "training",
}
"""The settings that change what a loss means."""

_WORDS = {
    "data.name": "data set",
    "data.augment": "augmentation",
    "model.likelihood": "likelihood",
    "objective.beta": "beta",
    "objective.beta_schedule": "beta schedule",
    "objective.beta_warmup_steps": "beta warm-up",
    "objective.beta_cycles": "beta cycles",
    "objective.free_bits": "free bits",
}


@dataclass(frozen=True)
class Doubt:
    """A reason why losses of a run do not compare with those of the first run."""

    text: str
    """A few words."""
    extent: Extent


def doubts(config: Config, changes: Sequence[KnobsChanged], first: Config) -> list[Doubt]:
    """Return the reasons why a run's losses do not compare with those of the first run.

    Args:
        config: The run's configuration.
        changes: The changes of the run's knobs.
        first: The first run's configuration; a run compares with itself unless its knobs were turned.
    """
    found = [
        Doubt(f"other {_WORDS[difference.setting]}", DOUBTFUL[difference.setting])
        for difference in differences([first, config])[0]
        if difference.setting in DOUBTFUL
    ]
    for name, factors in (
        ("beta", [(change.step, change.beta_scale) for change in changes]),
        ("learning rate", [(change.step, change.learning_rate_scale) for change in changes]),
    ):
        turned = [step for step, factor in factors if factor != 1]
        if turned:
            found.append(Doubt(f"{name} turned by keys from step {count(turned[0])}", "training"))
    return sorted(found, key=lambda doubt: doubt.extent != "all")
