"""Make the flags of `vae-tui train` from the configuration's dataclasses.

Every field becomes an optional flag: its docstring is the help text, its default is shown, its type is checked.
A field that is true or false has a second flag, `--no-SECTION.FIELD`, which turns it off.
The given flags are then laid over a base: the defaults, a file, or the run that is resumed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from cyclopts import Group, Parameter, Token
from docstring_parser import parse_from_object

from ...core.config import PRESETS, Config, lay_over

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

COMMON = Group("Common", sort_key=-2)
"""The flags that most runs are started with, at the top of the help."""

_COMMON = ("data.name", "train.epochs", "optim.learning_rate", "train.batch_size", "run.dir")


def optional_fields(cls: type, prefix: str = "", group: Group | None = None) -> type:
    """Return a dataclass with the fields of `cls`, each None unless given.

    Args:
        cls: A dataclass of the configuration; nested ones become sections.
        prefix: What precedes the names of the flags, such as "optim.".
        group: The section of the help.
    """
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
                group=COMMON if name in _COMMON else group,
                show_default=_shown(f.default),
                negative=f"--no-{name.replace('_', '-')}" if hint is bool else "",
                consume_multiple=(1, 1_000) if item else None,
                converter=_sequence_of(item) if item else None,
            )
            fields.append((f.name, Annotated[hint | None, flag], None))
    # Cyclopts only inspects classes whose module is not in the standard library.
    return dataclasses.make_dataclass(cls.__name__, fields, frozen=True, namespace={"__module__": __name__})


def without(flags: type, *names: str) -> type:
    """Return a dataclass of flags without some of them."""
    fields = [(f.name, f.type, f.default) for f in dataclasses.fields(flags) if f.name not in names]
    return dataclasses.make_dataclass(flags.__name__, fields, frozen=True, namespace={"__module__": __name__})


def given(flags: Any) -> dict[str, Any]:
    """Return the flags that were given on the command line, as nested JSON values."""
    values: dict[str, Any] = {}
    for f in dataclasses.fields(flags):
        value = getattr(flags, f.name)
        if dataclasses.is_dataclass(value):
            value = given(value) or None
        if value is not None:
            values[f.name] = value
    return values


def overlay(base: Config, changes: Mapping[str, Any]) -> Config:
    """Return a configuration with some values changed. Raises ConfigError for impossible ones."""
    return Config.from_json(lay_over(base.to_json(), changes))


def preset_help() -> str:
    """Return the help text of --preset: what presets do, and a line for each."""
    lines = [f"- {name}: {preset.purpose}" for name, preset in PRESETS.items()]
    return "\n".join(
        ["Settings for a purpose. Other flags override them; they override --config and --like.", "", *lines]
    )


def flag_name(section: str, field: str) -> str:
    """Return the flag of a field: `flag_name("train", "batch_size")` is "--train.batch-size"."""
    return f"--{section}.{field.replace('_', '-')}"


def _shown(default: Any) -> Any:
    """Return a default as help shows it; False if the text has it."""
    if default is None:
        return False
    return lambda _: (" ".join(map(str, default)) or "none") if isinstance(default, tuple) else str(default)


def _sequence_of(item: Callable[[str], Any]) -> Callable[[Any, Sequence[Token]], tuple[Any, ...]]:
    """Return a converter for values that are separated by spaces or commas."""

    def convert(_: Any, tokens: Sequence[Token]) -> tuple[Any, ...]:
        return tuple(item(part) for token in tokens for part in token.value.split(","))

    return convert


Flags = optional_fields(Config)
"""The flags of all sections."""
