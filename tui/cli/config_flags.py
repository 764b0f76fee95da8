"""The flags of `vae-tui train`, made from the configuration's dataclasses.

Every field becomes an optional flag: its docstring is the help text, its default is shown, its type is checked.
What the user gave is then laid over a base, which is the defaults, a file, or the run that is resumed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from cyclopts import Group, Parameter, Token
from docstring_parser import parse_from_object

from ...core.config import Config

SHORT_FORMS = {
    "data.name": "-d",
    "model.arch": "-a",
    "model.latents": "-z",
    "optim.learning_rate": "-l",
    "train.epochs": "-e",
    "train.steps": "-n",
    "train.batch_size": "-b",
    "train.seed": "-s",
    "run.dir": "-o",
}


def optional_fields(cls: type, prefix: str = "", group: Group | None = None) -> type:
    """A dataclass with the fields of `cls`, each a flag that may be left out (None)."""
    hints = get_type_hints(cls)
    helps = {entry.arg_name: entry.description for entry in parse_from_object(cls).params}
    fields: list[tuple[str, Any, Any]] = []
    for order, f in enumerate(dataclasses.fields(cls)):
        hint, name = hints[f.name], prefix + f.name
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            section = Group(f.name.capitalize(), help=(hint.__doc__ or "").strip(), sort_key=order)
            nested = optional_fields(hint, f"{name}.", section)
            fields.append((f.name, nested, dataclasses.field(default_factory=nested)))
        else:
            item = get_args(hint)[0] if get_origin(hint) is tuple else None
            flag = Parameter(
                alias=SHORT_FORMS.get(name),
                help=helps[f.name],
                group=group,
                show_default=_shown(f.default),
                negative="",
                consume_multiple=(1, 1_000) if item else None,
                converter=_sequence_of(item) if item else None,
            )
            fields.append((f.name, Annotated[hint | None, flag], None))
    # Cyclopts looks into classes of modules that are not the standard library's only.
    return dataclasses.make_dataclass(cls.__name__, fields, frozen=True, namespace={"__module__": __name__})


def given(flags: Any) -> dict[str, Any]:
    """What of the flags was given on the command line, as nested JSON values."""
    values: dict[str, Any] = {}
    for f in dataclasses.fields(flags):
        value = getattr(flags, f.name)
        if dataclasses.is_dataclass(value):
            value = given(value) or None
        if value is not None:
            values[f.name] = value
    return values


def overlay(base: Config, changes: dict[str, Any]) -> Config:
    """A configuration with some values changed. Raises ConfigError for impossible ones."""
    values = base.to_json()
    for section, fields in changes.items():
        values[section] |= fields
    return Config.from_json(values)


def flag_name(section: str, field: str) -> str:
    """How a field is written on the command line."""
    return f"--{section}.{field.replace('_', '-')}"


def _shown(default: Any) -> Any:
    """The default value as the help shows it; where it depends on other things, the help text says how."""
    if default is None:
        return False
    return lambda _: (" ".join(map(str, default)) or "none") if isinstance(default, tuple) else str(default)


def _sequence_of(item: Callable[[str], Any]) -> Callable[[Any, Sequence[Token]], tuple[Any, ...]]:
    """Values apart by spaces or commas."""

    def convert(_: Any, tokens: Sequence[Token]) -> tuple[Any, ...]:
        return tuple(item(part) for token in tokens for part in token.value.split(","))

    return convert


Flags = optional_fields(Config)
"""The flags of all sections."""
