"""Pass viewers' commands to the trainer, and its answers back."""

from __future__ import annotations

import dataclasses
import itertools
import queue

from ..errors import WireError
from ..protocol import Command, Generate, Generated, Notice, Stop, is_stop_waiting, no_images
from .viewer import MAX_ANSWERS, Viewer
from .wire import Hello, encode

MAX_COMMANDS = 64
"""Commands that may wait for the trainer. Stop is queued even beyond them: the trainer searches the queue for it."""

_READONLY = "this viewer is read-only; attach without --readonly to change the run"
_BUSY = "the run is busy and accepts no more commands now; try again in a moment"


class Inbox:
    """Queue the commands of viewers for the trainer.

    It runs in the server's event loop, and never waits.

    Args:
        commands: The trainer's queue of commands.
    """

    def __init__(self, commands: queue.Queue[Command]) -> None:
        self._commands = commands
        self._tickets = itertools.count(-1, -1)  # those of this process's app are positive
        self._askers: dict[int, tuple[Viewer, int]] = {}

    def handle_message(self, message: Hello | Command, viewer: Viewer, step: int) -> None:
        """Queue a viewer's command, or answer why not.

        Args:
            message: What the viewer sent.
            viewer: The viewer.
            step: The run's current step, for the viewer's answer.

        Raises:
            WireError: when the message is a second Hello.
        """
        is_full = self._commands.qsize() >= MAX_COMMANDS
        match message:
            case Hello():
                raise WireError("Hello was sent twice")
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
        """Send images to the viewer that requested them, under the viewer's own ticket."""
        if event.ticket in self._askers:  # else the app of this process requested them
            viewer, ticket = self._askers.pop(event.ticket)
            viewer.asked -= 1
            viewer.answer(encode(dataclasses.replace(event, ticket=ticket)))

    def _put(self, command: Command, viewer: Viewer) -> None:
        viewer.is_warned = False
        self._commands.put(command)


def _unanswered(question: Generate, step: int) -> Generated:
    return Generated(step=step, ticket=question.ticket, images=no_images(), weights=question.weights, problem=_BUSY)
