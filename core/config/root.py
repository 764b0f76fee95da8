"""The complete configuration of a run, and its JSON form."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ..errors import ConfigError
from .data_config import DataConfig
from .eval_config import EvalConfig
from .model_config import ModelConfig
from .objective_config import ObjectiveConfig
from .optim_config import OptimConfig
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
    def from_json(cls, values: object) -> Config:
        """Build a configuration from JSON values; missing fields take their defaults.

        Raises:
            ConfigError: when a field is unknown, or a value has the wrong type or is invalid.
        """
        return _build(cls, values, "")


def load_config(path: Path) -> Config:
    """Read a configuration file (JSON) that the user named; it may be a link or a pipe.

    Raises:
        ConfigError: when the file cannot be read or is not a valid configuration.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read the configuration file {path}: {error.strerror}") from error
    return parse_config(content, path)


def parse_config(content: bytes, path: Path) -> Config:
    """Parse the content of a configuration file (JSON).

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
        return Config.from_json(values)
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


def _build(cls: type, values: object, prefix: str) -> Any:
    if not isinstance(values, dict):
        raise ConfigError(f"{prefix.rstrip('.') or 'the configuration'} must be a JSON object")
    hints = get_type_hints(cls)
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise ConfigError(f"unknown field {prefix}{unknown[0]}; the known fields are {', '.join(hints)}")
    return cls(**{name: _convert(hints[name], value, prefix + name) for name, value in values.items()})


def _convert(hint: Any, value: object, name: str) -> object:
    """Convert a JSON value to a field's type.

    A list becomes a tuple, and an integer becomes a float if the field is a float.

    Raises:
        ConfigError: when the value does not fit the type.
    """
    if dataclasses.is_dataclass(hint):
        return _build(hint, value, name + ".")  # type: ignore[arg-type]
    if get_origin(hint) is Literal:
        if value in get_args(hint):
            return value
    elif get_origin(hint) is tuple:
        if isinstance(value, list | tuple):
            return tuple(_convert(get_args(hint)[0], item, name) for item in value)
    elif hint is float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            with contextlib.suppress(OverflowError):  # a whole number too large for any float is refused below
                return float(value)
    elif get_origin(hint) is Union and type(None) not in get_args(hint):
        for choice in get_args(hint):
            with contextlib.suppress(ConfigError):
                return _convert(choice, value, name)
    elif type(None) in get_args(hint):
        if value is None:
            return None
        return _convert(get_args(hint)[0], value, name)
    elif isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise ConfigError(f"{name} is {value!r}, which is not of type {_name_of(hint)}")


def _name_of(hint: Any) -> str:
    if get_origin(hint) is Union:
        return " or ".join(map(_name_of, get_args(hint)))
    if get_origin(hint) is Literal:
        return " or ".join(get_args(hint))
    return getattr(hint, "__name__", str(hint))
