"""The keys of the studio.

The bindings, the key lines and the help are generated from one list, and so are the names for the user's own keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from textual.binding import Binding
from textual.keys import format_key


class StudioAction(NamedTuple):
    """What one key of the studio does."""

    id: str
    """The name of the binding, for keymaps."""
    key: str
    """Textual's names of its keys, separated by commas."""
    call: str
    """The screen's action with its arguments."""


@dataclass(frozen=True)
class StudioKey:
    """A group of related keys."""

    keys: str
    """The keys as shown to users."""
    label: str
    """A word for the key lines; empty for keys that only the help shows."""
    title: str
    tooltip: str
    actions: tuple[StudioAction, ...]

    @property
    def bindings(self) -> Iterator[Binding]:
        """The bindings of the keys."""
        for id, key, call in self.actions:
            yield Binding(key, call, self.title, show=False, tooltip=self.tooltip, id=id)

    def with_keys(self, keymap: Mapping[str, str]) -> StudioKey:
        """Return the group as it is shown with the user's own keys, by the action's id."""
        if keymap.keys().isdisjoint(action.id for action in self.actions):
            return self
        first = [keymap.get(action.id, action.key).split(",")[0] for action in self.actions]
        return replace(self, keys=" ".join(map(format_key, first)))


_WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1)}

FAST = 3
"""Steps per arrow press with shift."""


def _actions(*triples: tuple[str, str, str]) -> tuple[StudioAction, ...]:
    return tuple(StudioAction(f"studio_{name}", key, call) for name, key, call in triples)


STUDIO_KEYS: tuple[StudioKey, ...] = (
    StudioKey(
        "arrows",
        "walk",
        "Walk the plane",
        "One step, or three with shift",
        _actions(
            *((way, way, f"change('walk', ({east}, {north}))") for way, (east, north) in _WAYS.items()),
            *(
                (f"fast_{way}", f"shift+{way}", f"change('walk', ({FAST * east}, {FAST * north}))")
                for way, (east, north) in _WAYS.items()
            ),
        ),
    ),
    StudioKey(
        "0-9",
        "class",
        "Choose a class",
        "Keep the noise",
        _actions(*((f"class_{label}", str(label), f"choose({label})") for label in range(10))),
    ),
    StudioKey(
        "s S",
        "new",
        "New noise",
        "Draw with the next or previous seed",
        _actions(("reseed", "s", "change('reseed', (1,))"), ("reseed_back", "S", "change('reseed', (-1,))")),
    ),
    StudioKey(
        "+ -",
        "temp",
        "Temperature up, down",
        "More varied or more typical images",
        _actions(("heat", "plus,equals_sign", "heat(1)"), ("cool", "minus", "heat(-1)")),
    ),
    StudioKey(
        "p",
        "plane",
        "Another plane",
        "Other directions through the same image",
        _actions(("plane", "p", "change('turn')")),
    ),
    StudioKey(
        "t",
        "strip",
        "Traverse a dimension",
        "Show or hide a strip along one dimension",
        _actions(("traverse", "t", "change('toggle_traverse')")),
    ),
    StudioKey(
        "a b",
        "ends",
        "Mark A, B",
        "A strip from one image or class to another",
        _actions(("mark_a", "a", "change('mark', (0,))"), ("mark_b", "b", "change('mark', (1,))")),
    ),
    StudioKey("enter", "pin", "Pin the image", "Keep it as it is now, to compare", _actions(("pin", "enter", "pin"))),
    StudioKey(
        "e",
        "weights",
        "EMA, raw or best",
        "Averaged, current, or the best checkpoint's",
        _actions(("weights", "e", "change('next_weights')")),
    ),
    StudioKey("w", "PNG", "Write a PNG", "Image, strip and pins, into RUN/studio/", _actions(("write", "w", "write"))),
    StudioKey(
        ", .",
        "dimension",
        "Dimension down, up",
        "Choose the one the strip traverses",
        _actions(
            ("dimension_down", "comma", "change('choose_dimension', (-1,))"),
            ("dimension_up", "full_stop", "change('choose_dimension', (1,))"),
        ),
    ),
    StudioKey(
        "< >",
        "along",
        "Along the strip",
        "Go to the previous or next image of the strip",
        _actions(("along_back", "less_than_sign", "along(-1)"), ("along", "greater_than_sign", "along(1)")),
    ),
    StudioKey("x", "unpin", "Remove the last pin", "Keep the others", _actions(("unpin", "x", "unpin"))),
    StudioKey(
        "z Z",
        "zoom",
        "Finer, coarser steps",
        "Half or twice as long",
        _actions(("finer", "z", "change('zoom', (-1,))"), ("coarser", "Z", "change('zoom', (1,))")),
    ),
    StudioKey(
        "[ ]",
        "",
        "Previous, next class",
        "For data sets with more than ten; also ( )",
        _actions(
            ("previous_class", "left_square_bracket,left_parenthesis", "change('next_class', (-1,))"),
            ("next_class", "right_square_bracket,right_parenthesis", "change('next_class', (1,))"),
        ),
    ),
    StudioKey(
        "'", "", "Choose any class", "By its number or its name", _actions(("any_class", "apostrophe", "choose_any"))
    ),
    StudioKey(
        "home",
        "",
        "Middle of the plane",
        "Where both coordinates are 0",
        _actions(("middle", "home", "change('go_to_middle')")),
    ),
    StudioKey("?", "help", "Help", "Show every key", _actions(("help", "question_mark", "help"))),
    StudioKey(
        "esc",
        "close",
        "Close",
        "The studio keeps pins and strip; also g and q",
        _actions(("close", "escape,g,q", "close")),
    ),
)
"""In the order of the key lines, which always show the last two."""

STUDIO_ACTIONS: list[StudioAction] = [action for key in STUDIO_KEYS for action in key.actions]
BINDINGS: list[Binding] = [binding for key in STUDIO_KEYS for binding in key.bindings]


def studio_keys(keymap: Mapping[str, str]) -> tuple[StudioKey, ...]:
    """Return the keys of the studio as they are shown with the user's own keys, by the action's id."""
    return tuple(key.with_keys(keymap) for key in STUDIO_KEYS)


def key_lines(keys: Iterable[StudioKey], width: int, lines: int) -> list[list[StudioKey]]:
    """Return the keys that fit in some lines, two cells apart.

    Args:
        keys: The keys of the studio.
        width: Cells of a line.
        lines: Number of lines, at least 1.
    """
    *others, help_key, close = [key for key in keys if key.label]
    found: list[list[StudioKey]] = [[] for _ in range(lines)]
    last = [help_key, close]
    line = 0
    for key in others:
        while line < lines and _length([*found[line], key, *(last if line == lines - 1 else [])]) > width:
            line += 1
        if line == lines:
            break
        found[line].append(key)
    found[-1] += last
    return [line for line in found if line]


def entry(key: StudioKey) -> str:
    """Format a key for the key lines."""
    return f"{key.keys} {key.label}"


def _length(keys: list[StudioKey]) -> int:
    return sum(len(entry(key)) + 2 for key in keys) - 2
