"""Named sets of settings, each for one purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

PresetName = Literal["fast", "quality", "conv", "tutorial"]


class Preset(NamedTuple):
    """Settings by section and field, as JSON has them, and what they are for."""

    purpose: str
    settings: Mapping[str, Mapping[str, Any]]


PRESETS: Mapping[PresetName, Preset] = {
    "fast": Preset(
        "a small network, legible images soon",
        {"model": {"hidden": [256, 256]}, "train": {"steps": 1_200, "batch_size": 96}},
    ),
    "quality": Preset(
        "a larger convolutional network and 3.5 times the steps of conv, the lowest losses",
        {"model": {"arch": "conv", "channels": [32, 64]}, "train": {"steps": 20_020, "batch_size": 96}},
    ),
    "conv": Preset("a convolutional network", {"model": {"arch": "conv"}, "train": {"batch_size": 96}}),
    "tutorial": Preset(
        "what the guide trains (vae-tui tutorial)",
        {
            "data": {"name": "mnist5k", "augment": 0.0},
            "model": {"hidden": [400], "conditioning": "onehot", "prior": "standard"},
            "optim": {"learning_rate": 3e-3, "schedule": "constant", "clip": "none", "nesterov": False},
            "train": {"batch_size": 128, "epochs": 8},
        },
    ),
}


def with_preset(name: PresetName, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the settings of a preset, with other settings over them."""
    return lay_over(PRESETS[name].settings, changes)


def lay_over(
    base: Mapping[str, Mapping[str, Any]], changes: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return settings with some of them changed.

    Steps win over epochs, so a new number of epochs removes an old number of steps.

    Args:
        base: Settings by section and field.
        changes: Other settings, likewise.
    """
    values = {section: dict(fields) for section, fields in base.items()}
    for section, fields in changes.items():
        if section == "train" and "epochs" in fields:
            values.get(section, {}).pop("steps", None)
        values.setdefault(section, {}).update(fields)
    return values
