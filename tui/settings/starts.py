"""What earlier starts took on this machine, and what to tell the user while a run starts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ...core.config import Config, fill
from ...core.errors import ConfigError

KINDS = 20
"""Kinds of runs to remember, the newest ones."""

TIPS = (
    "tab moves the focus; ? then explains the focused panel and its terms.",
    "d detaches: training goes on in the background, and `vae-tui attach` comes back to it.",
    "The arrow keys move a step cursor through the curves; the images show what was drawn then.",
    "Learning rate and beta can be changed while training goes on, with , . and < >.",
    "g opens the sampling studio: walk through the latent space with the arrow keys.",
    "ctrl+p lists every action by name, and the themes.",
    "`vae-tui compare RUN RUN` shows runs side by side.",
    "`vae-tui settings` shows what can be set once and for all: theme, keys, folders.",
)
"""One for each start, in turn."""


@dataclass(frozen=True)
class Starts:
    """How many runs were started here, and how long the first step of each kind of run took last."""

    count: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def recalled(cls, values: object) -> Starts:
        """Return what is remembered; nothing if it is missing or damaged."""
        try:
            return cls() if values is None else fill(cls(), values)
        except ConfigError:
            return cls()

    def after(self, config: Config, seconds: float) -> Starts:
        """Return the starts with one more."""
        earlier = {kind: value for kind, value in self.seconds.items() if kind != _kind(config)}
        newest = [*earlier.items(), (_kind(config), round(seconds, 1))][-KINDS:]
        return replace(self, count=self.count + 1, seconds=dict(newest))

    def guide(self, config: Config) -> tuple[str, ...]:
        """Return sentences to show while a run starts: how long that takes here, if it is known, and a tip."""
        seconds = self.seconds.get(_kind(config))
        usual = () if seconds is None else (f"Last time, the first step came after {_rounded(seconds)}.",)
        return (*usual, f"Tip: {TIPS[self.count % len(TIPS)]}")


def _kind(config: Config) -> str:
    """Return what the duration of a start depends on most."""
    return f"{config.data.title} {config.model.arch}"


def _rounded(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"
