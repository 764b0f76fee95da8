"""The keys of the studio.

The bindings, the key lines and the help are generated from one list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True)
class StudioKey:
    """A group of related keys."""

    keys: str
    """The keys as shown to users."""
    label: str
    """A word for the key lines; empty for keys that only the help shows."""
    title: str
    tooltip: str
    actions: tuple[tuple[str, str], ...]
    """Pairs of Textual's key name and the screen's action."""

    @property
    def bindings(self) -> Iterator[Binding]:
        """The bindings of the keys."""
        for key, action in self.actions:
            yield Binding(key, action, self.title, show=False, tooltip=self.tooltip)


_WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1)}

FAST = 3
"""Steps per arrow press with shift."""

STUDIO_KEYS: tuple[StudioKey, ...] = (
    StudioKey(
        "arrows",
        "walk",
        "Walk the plane",
        "One step, or three with shift",
        (
            *((key, f"change('walk', ({east}, {north}))") for key, (east, north) in _WAYS.items()),
            *(
                (f"shift+{key}", f"change('walk', ({FAST * east}, {FAST * north}))")
                for key, (east, north) in _WAYS.items()
            ),
        ),
    ),
    StudioKey(
        "0-9",
        "class",
        "Choose a class",
        "Keep the noise",
        tuple((str(label), f"choose({label})") for label in range(10)),
    ),
    StudioKey(
        "s S",
        "new",
        "New noise",
        "Draw with the next or previous seed",
        (("s", "change('reseed', (1,))"), ("S", "change('reseed', (-1,))")),
    ),
    StudioKey(
        "+ -",
        "temp",
        "Temperature up, down",
        "More varied or more typical images",
        (("plus,equals_sign", "heat(1)"), ("minus", "heat(-1)")),
    ),
    StudioKey("p", "plane", "Another plane", "Other directions through the same image", (("p", "change('turn')"),)),
    StudioKey(
        "t",
        "strip",
        "Traverse a dimension",
        "Show or hide a strip along one dimension",
        (("t", "change('toggle_traverse')"),),
    ),
    StudioKey(
        "a b",
        "ends",
        "Mark A, B",
        "A strip from one image or class to another",
        (("a", "change('mark', (0,))"), ("b", "change('mark', (1,))")),
    ),
    StudioKey("enter", "pin", "Pin the image", "Keep it as it is now, to compare", (("enter", "pin"),)),
    StudioKey(
        "e",
        "weights",
        "EMA, raw or best",
        "Averaged, current, or the best checkpoint's",
        (("e", "change('next_weights')"),),
    ),
    StudioKey("w", "PNG", "Write a PNG", "Image, strip and pins, into RUN/studio/", (("w", "write"),)),
    StudioKey(
        ", .",
        "dimension",
        "Dimension down, up",
        "Choose the one the strip traverses",
        (("comma", "change('choose_dimension', (-1,))"), ("full_stop", "change('choose_dimension', (1,))")),
    ),
    StudioKey(
        "< >",
        "along",
        "Along the strip",
        "Go to the previous or next image of the strip",
        (("less_than_sign", "along(-1)"), ("greater_than_sign", "along(1)")),
    ),
    StudioKey("x", "unpin", "Remove the last pin", "Keep the others", (("x", "unpin"),)),
    StudioKey(
        "z Z",
        "zoom",
        "Finer, coarser steps",
        "Half or twice as long",
        (("z", "change('zoom', (-1,))"), ("Z", "change('zoom', (1,))")),
    ),
    StudioKey(
        "[ ]",
        "",
        "Previous, next class",
        "For data sets with more than ten; also ( )",
        (
            ("left_square_bracket,left_parenthesis", "change('next_class', (-1,))"),
            ("right_square_bracket,right_parenthesis", "change('next_class', (1,))"),
        ),
    ),
    StudioKey("'", "", "Choose any class", "By its number or its name", (("apostrophe", "choose_any"),)),
    StudioKey("home", "", "Middle of the plane", "Where both coordinates are 0", (("home", "change('go_to_middle')"),)),
    StudioKey("?", "help", "Help", "Show every key", (("question_mark", "help"),)),
    StudioKey("esc", "close", "Close", "The studio keeps pins and strip; also g and q", (("escape,g,q", "close"),)),
)
"""In the order of the key lines, which always show the last two."""

BINDINGS: list[Binding] = [binding for key in STUDIO_KEYS for binding in key.bindings]


def key_lines(width: int, lines: int) -> list[list[StudioKey]]:
    """Return the keys that fit in some lines, two cells apart.

    Args:
        width: Cells of a line.
        lines: Number of lines, at least 1.
    """
    *others, help_key, close = [key for key in STUDIO_KEYS if key.label]
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
