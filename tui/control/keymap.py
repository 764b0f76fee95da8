"""Give actions the keys that the user prefers."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from textual.binding import Binding, InvalidBinding
from textual.keys import KEY_TO_UNICODE_NAME, REPLACED_KEYS, Keys

from ...core.errors import ConfigError
from .actions import Action

Keymap = Mapping[str, str]
"""Keys by the action's id: Textual's names, separated by commas."""


class Keyed(Protocol):
    """An action that keys can be given to."""

    @property
    def id(self) -> str:
        """The name of the action."""
        ...

    @property
    def key(self) -> str:
        """Textual's names of its keys, separated by commas."""
        ...


_MODIFIERS = {"ctrl", "shift", "alt", "super", "hyper", "meta"}
_NAMED = {key.value for key in Keys} | set(KEY_TO_UNICODE_NAME) | set(REPLACED_KEYS)


def check_keymap(keymap: Keymap, *tables: Sequence[Keyed]) -> dict[str, str]:
    """Return a keymap with Textual's names of the keys.

    Args:
        keymap: Keys by the action's id; a key may be named or typed, such as "question_mark" or "?".
        tables: The actions of each app, or of a screen that hides those of its app.

    Raises:
        ConfigError: when there is no such action or key, or two actions of a table have the same key.
    """
    known = {action.id: action for table in tables for action in table}
    ids = [id for id, action in known.items() if changeable(action)]
    for id in keymap:
        if id not in ids:
            near = difflib.get_close_matches(id, ids, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(ids)}"
            raise ConfigError(f"keys.{id} is no action whose key can be changed; {hint}")
    named = {id: ",".join(_keys(id, keys)) for id, keys in keymap.items()}
    for table in tables:
        _check_conflicts(named, table)
    return named


def rebind(actions: Iterable[Action], keymap: Keymap) -> list[Action]:
    """Return actions with their keys of a keymap, which footer and help show as well."""
    actions = list(actions)
    shown = {action.key.split(",")[0]: keymap[action.id].split(",")[0] for action in actions if action.id in keymap}
    return [
        replace(
            action,
            key=keymap.get(action.id, action.key),
            family=action.family
            and replace(action.family, keys=tuple(shown.get(key, key) for key in action.family.keys)),
        )
        for action in actions
    ]


def changeable(action: Keyed) -> bool:
    """Return whether an action can have another key: not if its key is the number of its class."""
    return not action.key.isdecimal()


def _keys(id: str, keys: str) -> list[str]:
    """Return Textual's names of keys. Raises ConfigError."""
    try:
        names = [binding.key for binding in Binding.make_bindings([Binding(keys, "", "")])]
    except InvalidBinding as error:
        raise ConfigError(
            f'keys.{id} is {keys!r}; it must be one key or several, separated by commas; "comma" names the comma itself'
        ) from error
    for name in names:
        *modifiers, key = name.split("+")
        if not (set(modifiers) <= _MODIFIERS and _is_key(key)):
            raise ConfigError(
                f'keys.{id} has "{name}", which is no key; write keys as p, P, ?, f5, ctrl+o, space, pageup or left'
            )
    return names


def _is_key(name: str) -> bool:
    if len(name) == 1 or name in _NAMED:
        return True
    try:
        unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return False
    return True


def _check_conflicts(keymap: Keymap, actions: Sequence[Keyed]) -> None:
    """Check that each key has one action. Raises ConfigError."""
    owners: dict[str, str] = {}
    for action in sorted(actions, key=lambda action: action.id in keymap):  # those of the keymap last, to name them
        for key in keymap.get(action.id, action.key).split(","):
            owner = owners.setdefault(key, action.id)
            if owner != action.id:
                raise ConfigError(
                    f'keys.{action.id} is "{key}", which is the key of {owner}; choose another key, or give'
                    f" {owner} another one as well"
                )
