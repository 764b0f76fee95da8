"""The signs of the compared runs: stable by their order, and distinct without color."""

from __future__ import annotations

from ...core.comparison import Doubt

LETTERS = "ABCDEFGH"
"""The letter of each run."""

_POINTS = "●■▲◆○□△◇"
"""The sign of each run's validation values."""

DIFFERENT, PARTLY_DIFFERENT = "≠!", "≈~"
"""Marks of a run whose losses do not compare with those of the first run, in Unicode and ASCII: all losses, or only
those of the training."""


def point_sign(index: int, *, unicode: bool) -> str:
    """Return the sign of a run's validation values.

    In ASCII it is the run's letter; the run's curve has small letters there.
    """
    return _POINTS[index] if unicode else LETTERS[index]


def doubt_sign(doubts: list[Doubt], *, unicode: bool) -> str:
    """Return the mark of a run, or an empty text if its losses compare with those of the first run."""
    if not doubts:
        return ""
    signs = DIFFERENT if any(doubt.extent == "all" for doubt in doubts) else PARTLY_DIFFERENT
    return signs[0 if unicode else 1]


def sign_legend(unicode: bool) -> list[tuple[str, str, str]]:
    """Return each sign of a comparison with its title and meaning."""
    different, partly = (signs[0 if unicode else 1] for signs in (DIFFERENT, PARTLY_DIFFERENT))
    curve = "The smoothed metric of run A" if unicode else "The smoothed metric of run A, a line of a"
    return [
        ("A", "Run A", curve),
        (point_sign(0, unicode=unicode), "Validation value", "Of run A; every run has its own sign"),
        (different, "Other losses", "Data set or likelihood differ from run A: losses do not compare"),
        (partly, "Other training losses", "Beta, free bits or turned knobs; validation losses do compare"),
    ]
