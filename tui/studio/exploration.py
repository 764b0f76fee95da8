"""The mutable state of the studio: place, pending requests, and images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

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
)
from ..render.picture_cells import margin
from ..state import GenerateRequests
from .frame import Frame, Shot, make_frame
from .studio_state import Pin, Studio


class Exploration:
    """Request the images of each state from the trainer, and store the newest answer."""

    def __init__(self, send: Callable[[Command], None], studio: Studio) -> None:
        self.studio = studio
        self.shot: Shot | None = None
        """The newest answer; None before the first one."""
        self.message = ""
        """A message to the user; usually empty."""
        self.crop = 4
        """Pixels at the border that are almost always empty."""
        self._requests = GenerateRequests(send)
        self._frames: dict[int, Frame] = {}
        """The unanswered requests, by ticket."""
        self._around = (1, 1)
        self._strip = 0
        self._is_stale = False
        self._is_over = False

    @property
    def seconds(self) -> float | None:
        """The time from the last answered request to its answer, in seconds."""
        return self._requests.seconds

    def make_room(self, around: tuple[int, int], strip: int) -> None:
        """Set how many images to request, and request them.

        Args:
            around: Rows and columns of the neighborhood.
            strip: Images of a strip.
        """
        self._around, self._strip = around, strip
        self.ask()

    def change(self, studio: Studio) -> None:
        """Go to a state, and request its images."""
        self.studio = studio
        self.message = ""
        self.ask()

    def ask(self) -> None:
        """Request the images of the current state, drawn with the trainer's current parameters."""
        if self._is_over:
            return
        self._is_stale = False
        frame = make_frame(self.studio, *self._around, self._strip)
        ticket = self._requests.ask(frame.codes(), frame.classes(), self.studio.weights, self.studio.anchor.space)
        self._frames[ticket] = frame

    def follow(self) -> None:
        """Request the images again if the parameters changed and no request is pending."""
        if self._is_stale and not self._requests.is_waiting:
            self.ask()

    def handle_event(self, event: Event) -> bool:
        """Handle an event from the trainer; return whether the screen must be painted."""
        match event:
            case Generated():
                return self._requests.handle_answer(event) and self._answer(event)
            case Rewound():
                self._is_stale = True
                if self.shot is not None and self.shot.step > event.step:
                    self.shot = None
                    return True
            case Metrics() | Evaluated():
                self._is_stale = self._is_stale or self.studio.weights != "best"
            case Checkpointed(best=True):
                self._is_stale = self._is_stale or self.studio.weights == "best"
            case Ended() | Failed():
                self._is_over = True
                self.message = "The run has ended, so the studio draws no more images. esc closes it."
                return True
        return False

    def pin(self) -> None:
        """Pin the image that is shown, if any."""
        self.message = ""
        if self.shot is not None:
            point, image = self.shot.middle(self.studio)
            pin = Pin(point, image, self.shot.frame.studio.weights, self.shot.step)
            self.studio = replace(self.studio, pins=(*self.studio.pins, pin))

    def unpin(self) -> None:
        """Remove the last pin."""
        self.message = ""
        self.studio = replace(self.studio, pins=self.studio.pins[:-1])

    def _answer(self, event: Generated) -> bool:
        frame = self._frames[event.ticket]
        self._frames = {ticket: later for ticket, later in self._frames.items() if ticket > event.ticket}
        if event.problem:
            self.message = event.problem
        else:
            self.shot = Shot(frame, event.images, event.step)
            found = margin(event.images[None])
            if found < self.crop or found > self.crop + 1:  # one pixel of hysteresis, or the images' size would flicker
                self.crop = found
        return True
