"""Define sessions, which connect the app to a run, and roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ...core.protocol import Command, Event


@dataclass(frozen=True)
class Role:
    """The capabilities of a screen."""

    name: str
    """The name of the role in the user interface; empty for the screen that started the run."""
    steers: bool
    """Whether the screen may send commands that change the run."""
    draws: bool
    """Whether the screen may request other images in the panels, and choose their parameters."""
    outlives: bool
    """Whether the run continues when the user leaves the screen."""
    owns: bool
    """Whether the screen started the run: leaving stops the run, and suspending the app pauses it."""
    limits: str = ""
    """The message for a user who tries to do more."""


OWNER = Role("", steers=True, draws=True, outlives=True, owns=True)
VIEWER = Role("attached", steers=True, draws=True, outlives=True, owns=False)
READER = Role(
    "read-only",
    steers=False,
    draws=False,
    outlives=True,
    owns=False,
    limits="This screen is read-only. To change the run, attach without --readonly or serve with --control.",
)
RECORDING = Role(
    "replay",
    steers=False,
    draws=True,
    outlives=False,
    owns=False,
    limits="This is a replay: nothing is trained here.",
)
"""The role of a replay: nothing is trained, and requested images are drawn for this screen alone."""


@dataclass(frozen=True)
class Detached:
    """The app's return value when the user leaves it and the run continues."""


@dataclass(frozen=True)
class HungUp:
    """The app's return value when its terminal is gone."""


class Session(Protocol):
    """The app's connection to one run, wherever the run is computed."""

    @property
    def role(self) -> Role:
        """The capabilities of the app."""
        ...

    @property
    def viewers(self) -> int:
        """The number of screens that show the run, including this one."""
        ...

    @property
    def is_responding(self) -> bool:
        """Whether the process that trains the run shows signs of life; also true where there is no such process."""
        ...

    def start(self, post: Callable[[Event], None]) -> None:
        """Start posting events.

        Args:
            post: Called with each event, from any thread: first the run's past, last Ended or Failed.
        """
        ...

    def send(self, command: Command) -> None:
        """Pass a command on and return at once; events report its effect."""
        ...

    def join(self, timeout: float | None) -> bool:
        """Wait for the session to end. Return whether it has.

        It waits up to `timeout` seconds (None: no limit).
        """
        ...
