"""What viewers say to the trainer: what of it the trainer gets, and who gets the answer."""

from __future__ import annotations

import dataclasses
import itertools
import queue

import numpy as np

from ..errors import WireError
from ..protocol import Command, Generate, Generated, Notice, Stop, is_stop_waiting
from .viewer import MAX_ANSWERS, Viewer
from .wire import Hello, encode

MAX_COMMANDS = 64
"""Commands that may wait for the trainer. Only Stop comes on top of them: the trainer looks for it among them."""

_READONLY = "this viewer may only look: attach without --readonly to change the run"
_BUSY = "the run is busy: it takes nothing more until it has caught up; ask again then"


class Inbox:
    """Hands the commands of viewers to the trainer. It belongs to the server's loop, and never waits.

    Args:
        commands: Where the trainer takes commands from.
    """

    def __init__(self, commands: queue.Queue[Command]) -> None:
        self._commands = commands
        self._tickets = itertools.count()
        self._askers: dict[int, tuple[Viewer, int]] = {}

    def take(self, message: Hello | Command, viewer: Viewer, step: int) -> None:
        """Hand a command to the trainer, or tell the viewer why not, after this step. Raises WireError at a Hello."""
        is_full = self._commands.qsize() >= MAX_COMMANDS
        match message:
            case Hello():
                raise WireError("Hello was said before")
            case Generate() if is_full or viewer.asked >= MAX_ANSWERS:
                viewer.answer(encode(_unanswered(message, step)))
            case Generate():
                viewer.asked += 1
                ticket = next(self._tickets)
                self._askers[ticket] = (viewer, message.ticket)
                self._put(dataclasses.replace(message, ticket=ticket), viewer)
            case _ if viewer.readonly:
                viewer.answer(encode(Notice(step=step, level="warning", text=_READONLY)))
            case Stop():
                if not is_stop_waiting(self._commands):  # one is enough
                    self._put(message, viewer)
            case _ if not is_full:
                self._put(message, viewer)
            case _ if not viewer.is_warned:
                viewer.is_warned = True
                viewer.answer(encode(Notice(step=step, level="warning", text=_BUSY)))

    def answer(self, event: Generated) -> None:
        """Hand digits to the viewer that has asked for them, which knows them by a ticket of its own."""
        if event.ticket in self._askers:  # else it was asked for in the process that trains
            viewer, ticket = self._askers.pop(event.ticket)
            viewer.asked -= 1
            viewer.answer(encode(dataclasses.replace(event, ticket=ticket)))

    def _put(self, command: Command, viewer: Viewer) -> None:
        viewer.is_warned = False
        self._commands.put(command)


def _unanswered(question: Generate, step: int) -> Generated:
    images = np.zeros((0, 28, 28), np.uint8)
    return Generated(step=step, ticket=question.ticket, images=images, weights=question.weights, problem=_BUSY)
