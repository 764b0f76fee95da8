"""Choose runs by what a user types: words, and conditions on fields, all of which must hold."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from ..errors import UsageError
from .fields import Field, field_named
from .library_run import LibraryRun

Filter = Callable[[LibraryRun], bool]

_CONDITION = re.compile(r"([A-Za-z][\w.-]*)(<=|>=|!=|<|>|=|:)(.*)")
_NUMBER = re.compile(r"([-+]?(?:\d[\d_,]*\.?\d*|\.\d+)(?:e[-+]?\d+)?)([a-z]*)", re.IGNORECASE)

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def parse_filter(text: str) -> tuple[Filter, str]:
    """Parse a filter into a function that tells whether a run fits, and a message about what is wrong with it.

    A word is looked for in a run's name, tags and note. `data:mnist` looks for a part of a field, `=` and `!=` compare
    all of it, `<`, `<=`, `>` and `>=` compare numbers, such as `lr>1e-3`, `loss<90`, `size>100MB`, `age<2d`.

    Args:
        text: Words and conditions between spaces; an empty text fits every run.

    Returns:
        The function, which leaves out conditions that are wrong or not complete, and the first problem, or an empty
        text.
    """
    terms: list[Filter] = []
    problems = []
    for word in text.split():
        try:
            terms.append(_term(word))
        except UsageError as error:
            problems.append(str(error))
    return lambda run: all(term(run) for term in terms), problems[0] if problems else ""


def _term(word: str) -> Filter:
    """Parse a word or a condition. Raises UsageError."""
    match = _CONDITION.fullmatch(word)
    if match is None:
        wanted = word.casefold()
        return lambda run: any(wanted in text.casefold() for text in (run.name, *run.summary.tags, run.summary.note))
    name, sign, value = match.groups()
    field = field_named(name)
    if not value:
        raise UsageError(f"{word} is not complete: a value is missing after {sign}")
    if sign in _ORDERS:
        return _ordered(field, _ORDERS[sign], _parse_number(word, value, field))
    if sign == ":":
        wanted = value.casefold()
        return lambda run: any(wanted in text for text in _texts(field.value(run)))
    return lambda run: _is_equal(field, run, value) == (sign == "=")


def _ordered(field: Field, compare: Callable[[Any, Any], bool], limit: float) -> Filter:
    def fits(run: LibraryRun) -> bool:
        found = field.value(run)
        return isinstance(found, int | float) and not isinstance(found, bool) and compare(found, limit)

    return fits


def _is_equal(field: Field, run: LibraryRun, value: str) -> bool:
    found = field.value(run)
    number = _number(value, field)
    if number is not None and isinstance(found, int | float) and not isinstance(found, bool):
        return found == number
    return value.casefold() in _texts(found)


def _texts(value: Any) -> list[str]:
    """Return a value as the texts by which a user may know it: the parts of a list, and the whole."""
    match value:
        case None:
            return ["none"]
        case list() | tuple():
            parts = [text for item in value for text in _texts(item)]
            return [*parts, ",".join(parts)]
        case float():
            return [f"{value:g}"]
    return [str(value).casefold()]


def _parse_number(word: str, value: str, field: Field) -> float:
    number = _number(value, field)
    if number is None:
        units = f", perhaps with {', '.join(field.units)}" if field.units else ""
        raise UsageError(f"{word}: {value} is not a number{units}")
    return number


def _number(value: str, field: Field) -> float | None:
    """Return a number with its unit applied, or None if the text is none."""
    match = _NUMBER.fullmatch(value)
    if match is None:
        return None
    digits, unit = match[1].replace("_", "").replace(",", ""), match[2].lower()
    if unit and unit not in field.units:
        return None
    return float(digits) * (field.units[unit] if unit else 1.0)
