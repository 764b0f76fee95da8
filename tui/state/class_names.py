"""Find a class by what the user types: pure functions."""

from __future__ import annotations

from collections.abc import Sequence

LISTED = 4
"""Names of an ambiguous answer, at most."""


def has_other_classes(names: Sequence[str]) -> bool:
    """Return whether there are classes that the keys 0 to 9 do not name."""
    return len(names) > 10 or any(name != str(label) for label, name in enumerate(names))


def find_classes(text: str, names: Sequence[str]) -> list[int]:
    """Return the labels of the classes that a text may mean.

    It means the class of this name; else the one of this number; else those whose names are alike but for the case of
    letters, begin with it, or contain it.

    Args:
        text: A name, a part of one, or a number.
        names: The names of the classes, by label.
    """
    text = text.strip()
    if not text:
        return []
    exact = [label for label, name in enumerate(names) if name == text]
    if exact:
        return exact
    if text.isdecimal() and len(text) < 10 and int(text) < len(names):
        return [int(text)]
    wanted = text.casefold()
    folded = [name.casefold() for name in names]
    for is_meant in (str.__eq__, str.startswith, str.__contains__):
        found = [label for label, name in enumerate(folded) if is_meant(name, wanted)]
        if found:
            return found
    return []


def answer_class(text: str, names: Sequence[str]) -> str:
    """Return what enter does with a text, in a line for the user."""
    found = find_classes(text, names)
    if not text.strip():
        return f"a number from 0 to {len(names) - 1}, or a name"
    if not found:
        return f"There is no such class. The numbers are 0 to {len(names) - 1}."
    if len(found) == 1:
        (label,) = found
        return f"class {label}" if names[label] == str(label) else f"class {label}, {names[label]}"
    listed = ", ".join(names[label] for label in found[:LISTED])
    return f"{len(found)} classes: {listed}{', …' if len(found) > LISTED else ''}"
