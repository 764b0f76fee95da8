"""The settings of a user, with their help and defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ...core.config import RunConfig
from ...core.config.checks import require
from ..process.supervisor import OnHangup
from ..render.announcements import Notify

PictureStyle = Literal["auto", "half-block", "quadrant", "sextant", "braille", "ascii"]


@dataclass(frozen=True)
class DataSettings:
    """The data sets on this machine."""

    dir: str | None = None
    """Folder of the prepared data sets (default: a folder in the user's data directory)."""


@dataclass(frozen=True)
class Settings:
    """What a user prefers. The fields are the keys of the settings file."""

    theme: str | None = None
    """The color theme (default: textual-dark, or ansi-dark with at most 16 colors); ctrl+p lists all of them."""

    picture_style: PictureStyle = "auto"
    """How images are drawn; auto: the most legible style."""

    log_scale: bool = False
    """Begin with a logarithmic axis of the curves."""

    ascii: bool = False
    """Draw with ASCII characters only."""

    mouse: bool = True
    """Handle the mouse; false leaves it to the terminal."""

    low_bandwidth: bool = False
    """Send at most 1.5 KB/s to the terminal, for slow links."""

    pixels: bool = False
    """Draw the studio's image in real pixels (needs vae-tui[pixels])."""

    notify: Notify = "auto"
    """How the end, a failure or an alert is told: auto, bell, or off."""

    on_hangup: OnHangup = "continue"
    """What training does when its terminal is lost: continue, or stop with a checkpoint."""

    data: DataSettings = field(default_factory=DataSettings)

    run: RunConfig = field(default_factory=RunConfig)

    keys: dict[str, str] = field(default_factory=dict)
    """Other keys for actions, such as pause = "p" or pause = "p,space"."""

    def __post_init__(self) -> None:
        require(self.run.dir is None, "run.dir", self.run.dir, "left out, because each run has a directory of its own")


class Entry(NamedTuple):
    """One setting, as it is listed."""

    name: str
    value: object
    help: str


def entries(settings: Settings) -> Iterator[Entry]:
    """Yield the settings with their values; the keys of actions are left out."""
    yield from _section(settings, "")
    yield from _section(settings.data, "data.")
    yield from (entry for entry in _section(settings.run, "run.") if entry.name != "run.dir")


def _section(values: Settings | DataSettings | RunConfig, prefix: str) -> Iterator[Entry]:
    from docstring_parser import parse_from_object  # slow to import, and not needed to start

    helps = {entry.arg_name: entry.description or "" for entry in parse_from_object(type(values)).params}
    for f in dataclasses.fields(values):
        value = getattr(values, f.name)
        if not (dataclasses.is_dataclass(value) or isinstance(value, dict)):
            yield Entry(prefix + f.name, value, " ".join(helps[f.name].split()))
