"""Find the settings in which configurations differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from ..config import Config, has_effect

NO_EFFECT: Final = object()
"""The value of a setting that the other settings of a run make ineffective."""

_PLACE = "run.dir"
"""Where a run is stored: it tells nothing about the training."""


@dataclasses.dataclass(frozen=True)
class Difference:
    """One setting with its value in each configuration."""

    setting: str
    """As section.field."""
    values: tuple[Any, ...]
    """One per configuration, NO_EFFECT where the setting has no effect."""


def differences(configs: Sequence[Config]) -> tuple[list[Difference], int]:
    """Return the settings that differ, in the order of the configuration, and the number of the others.

    A setting differs if two configurations have different values, and it has an effect in at least one.
    """
    found: list[Difference] = []
    equal = 0
    for section in dataclasses.fields(Config):
        groups = [getattr(config, section.name) for config in configs]
        for field in dataclasses.fields(groups[0]):
            name = f"{section.name}.{field.name}"
            if name == _PLACE:
                continue
            values = [getattr(group, field.name) for group in groups]
            effective = [has_effect(section.name, field.name, config) for config in configs]
            if any(value != values[0] for value in values) and any(effective):
                shown = (value if known else NO_EFFECT for value, known in zip(values, effective, strict=True))
                found.append(Difference(name, tuple(shown)))
            else:
                equal += 1
    return found, equal
