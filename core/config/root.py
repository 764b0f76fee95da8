"""The complete configuration of a run, and its JSON form."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from .data_config import DataConfig
from .eval_config import EvalConfig
from .model_config import ModelConfig
from .objective_config import ObjectiveConfig
from .optim_config import OptimConfig
from .parsed_values import fill
from .run_config import RunConfig
from .train_config import TrainConfig

MAX_CONFIG_BYTES = 1 << 20
"""Bytes of a configuration file, at most."""


@dataclass(frozen=True)
class Config:
    """All settings of a run."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    eval: EvalConfig = field(default_factory=EvalConfig)
    run: RunConfig = field(default_factory=RunConfig)

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as plain JSON values; `from_json` is the inverse."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: object, base: Config | None = None) -> Config:
        """Build a configuration from JSON values; missing fields are those of `base`, or their defaults.

        Raises:
            ConfigError: when a field is unknown, or a value has the wrong type or is invalid.
        """
        return fill(base or cls(), values)


def load_config(path: Path, base: Config | None = None) -> Config:
    """Read a configuration file (JSON) that the user named; it may be a link or a pipe.

    Missing fields are those of `base`, or their defaults.

    Raises:
        ConfigError: when the file cannot be read or is not a valid configuration.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read the configuration file {path}: {error.strerror}") from error
    return parse_config(content, path, base)


def parse_config(content: bytes, path: Path, base: Config | None = None) -> Config:
    """Parse the content of a configuration file (JSON); missing fields are those of `base`, or their defaults.

    Raises:
        ConfigError: when it is not a valid configuration.
    """
    try:
        if len(content) > MAX_CONFIG_BYTES:
            raise ValueError(f"it is larger than {MAX_CONFIG_BYTES >> 20} MiB")
        values = json.loads(content)
        _check_text(values)
    except RecursionError as error:
        raise ConfigError(f"the configuration file {path} is nested too deeply") from error
    except ValueError as error:
        raise ConfigError(f"the configuration file {path} is not valid JSON: {error}") from error
    try:
        return Config.from_json(values, base)
    except ConfigError as error:
        raise ConfigError(f"in the configuration file {path}: {error}") from error


def _check_text(values: object) -> None:
    """Check that a terminal can show all text: a file may come from elsewhere. Raises ValueError."""
    for text in _texts(values):
        if not text.isprintable():
            raise ValueError(f"it has text that a terminal cannot show: {text[:40]!a}")


def _texts(values: object) -> Iterator[str]:
    match values:
        case str():
            yield values
        case dict():
            yield from (text for pair in values.items() for value in pair for text in _texts(value))
        case list():
            yield from (text for value in values for text in _texts(value))
