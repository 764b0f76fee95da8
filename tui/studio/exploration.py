"""An exploration under way: where it is, what it asked for, and what it was shown. The studio's only state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from ...core.protocol import (
    Checkpointed,
    Command,
    Ended,
    Evaluated,
    Event,
    Failed,
    Generated,
    Metrics,
    Rewound,
    Weights,
)
from ..render.picture_cells import margin
from ..state import GenerateRequests
from .frame import Frame, Shot, make_frame
from .studio_state import Point, Studio


@dataclass(frozen=True, eq=False)
class Pin:
    """A digit as it was when it was pinned, and what it was made of."""

    point: Point
    image: UInt8[np.ndarray, "28 28"]
    weights: Weights
    step: int


class Exploration:
    """Asks the trainer for the digits of every state it is brought to, and keeps the last ones that it got."""

    def __init__(self, send: Callable[[Command], None], studio: Studio) -> None:
        self.studio = studio
        self.shot: Shot | None = None
        """The last answer; None before the first one."""
        self.pins: tuple[Pin, ...] = ()
        self.said = ""
        """A line for the user; empty most of the time."""
        self.crop = 4
        """Pixels at the border that next to no digit uses."""
        self._requests = GenerateRequests(send)
        self._frames: dict[int, Frame] = {}
        """What was asked for and not answered yet, by ticket."""
        self._around = (1, 1)
        self._strip = 0
        self._is_stale = False
        self._is_over = False

    @property
    def seconds(self) -> float | None:
        """How long the last answer took."""
        return self._requests.seconds

    def make_room(self, around: tuple[int, int], strip: int) -> None:
        """Show that many rows and columns of the neighbourhood, and digits of a strip, from now on."""
        self._around, self._strip = around, strip
        self.ask()

    def change(self, studio: Studio) -> None:
        """Go to a state, and ask for its digits."""
        self.studio = studio
        self.said = ""
        self.ask()

    def ask(self) -> None:
        """Ask for the digits of the state with the parameters of now."""
        if self._is_over:
            return
        self._is_stale = False
        frame = make_frame(self.studio, *self._around, self._strip)
        ticket = self._requests.ask(frame.codes(), frame.classes(), self.studio.weights, self.studio.anchor.space)
        self._frames[ticket] = frame

    def follow(self) -> None:
        """Ask for the same digits again where the parameters are others now."""
        if self._is_stale and not self._requests.is_waiting:
            self.ask()

    def note(self, event: Event) -> bool:
        """Take in what the trainer says; whether there is something new to see."""
        match event:
            case Generated():
                return self._requests.take(event) and self._answer(event)
            case Metrics() | Evaluated() | Rewound():
                self._is_stale = self._is_stale or self.studio.weights != "best"
            case Checkpointed(best=True):
                self._is_stale = self._is_stale or self.studio.weights == "best"
            case Ended() | Failed():
                self._is_over = True
                self.said = "The run is closed: it draws no more digits."
                return True
        return False

    def pin(self) -> None:
        """Pin the digit that is seen, if there is one."""
        self.said = ""
        if self.shot is not None:
            point, image = self.shot.middle(self.studio)
            pin = Pin(point, image, self.shot.frame.studio.weights, self.shot.step)
            self.pins = (*self.pins, pin)

    def unpin(self) -> None:
        """Remove the last pin."""
        self.said = ""
        self.pins = self.pins[:-1]

    def _answer(self, event: Generated) -> bool:
        frame = self._frames[event.ticket]
        self._frames = {ticket: later for ticket, later in self._frames.items() if ticket > event.ticket}
        if event.problem:
            self.said = event.problem
        else:
            self.shot = Shot(frame, event.images, event.step)
            found = margin(event.images[None])
            if found < self.crop or found > self.crop + 1:  # a pixel less, and the size of the digits would tremble
                self.crop = found
        return True
