"""Fill a dataclass of settings with the values that a JSON or TOML parser has returned."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import ConfigError

T = TypeVar("T")

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text in quotation marks"}


def fill(base: T, values: object, prefix: str = "") -> T:
    """Return a dataclass with the given values; missing fields keep those of `base`.

    Args:
        base: An instance of the dataclass, possibly with nested ones.
        values: What the parser has returned.
        prefix: What precedes the names of the fields in messages, such as "train.".

    Raises:
        ConfigError: when a field is unknown, or a value has the wrong type or is invalid.
    """
    hints = get_type_hints(type(base))
    if not isinstance(values, dict):
        name = prefix.rstrip(".") or "the content"
        raise ConfigError(f"{name} must be a section with fields; the known fields are {', '.join(hints)}")
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise ConfigError(f"unknown field {prefix}{unknown[0]}; the known fields are {', '.join(hints)}")
    filled = {name: _convert(hints[name], value, prefix + name, getattr(base, name)) for name, value in values.items()}
    return dataclasses.replace(base, **filled)  # type: ignore[type-var]


def _convert(hint: Any, value: object, name: str, base: object = None) -> object:
    """Convert a parsed value to a field's type.

    A list becomes a tuple, and an integer becomes a float if the field is a float.

    Raises:
        ConfigError: when the value does not fit the type.
    """
    if dataclasses.is_dataclass(hint):
        return fill(base, value, name + ".")
    if get_origin(hint) is Literal:
        if value in get_args(hint):
            return value
    elif get_origin(hint) is tuple:
        if isinstance(value, list | tuple):
            return tuple(_convert(get_args(hint)[0], item, name) for item in value)
    elif get_origin(hint) is dict:
        if isinstance(value, dict):
            return {key: _convert(get_args(hint)[1], item, f"{name}.{key}") for key, item in value.items()}
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
    raise ConfigError(f"{name} is {value!r}; it must be {allowed(hint)}")


def allowed(hint: Any) -> str:
    """Return the values of a type in words that complete "it must be ..."."""
    match get_origin(hint):
        case _ if hint in _WORDS:
            return _WORDS[hint]
        case origin if origin is Literal:
            *words, last = map(str, get_args(hint))
            return f"{', '.join(words)} or {last}"
        case origin if origin is tuple:
            return f"a list, each item {allowed(get_args(hint)[0])}"
        case origin if origin is dict:
            return "a section"
        case origin if origin is Union:
            return " or ".join(allowed(choice) for choice in get_args(hint) if choice is not type(None))
    return allowed(get_args(hint)[0])
