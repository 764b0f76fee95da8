"""Commands that were sent and not yet acknowledged. The screen shows them as under way, never as done."""

from __future__ import annotations

from ..core.commands import Checkpoint, Command, Pause, Resume, Sample, Stop, UseParams
from ..core.events import (
    Checkpointed,
    CheckpointStarted,
    Ended,
    Event,
    Failed,
    Notice,
    ParamsSelected,
    RunState,
    Sampled,
    StateChanged,
)


class Pending:
    """What the user asked for and the trainer has not answered yet."""

    def __init__(self) -> None:
        self._commands: dict[type, Command] = {}

    def __contains__(self, command_type: type) -> bool:
        return command_type in self._commands

    def send(self, command: Command) -> None:
        """Take note of a command on its way. A pause and a resume replace each other."""
        if isinstance(command, Pause | Resume):
            self._commands.pop(Pause, None)
            self._commands.pop(Resume, None)
        self._commands[type(command)] = command

    def acknowledge(self, event: Event) -> bool:
        """Cross off the commands that the event answers; whether there were any."""
        answered = [kind for kind, command in self._commands.items() if _answers(event, command)]
        for kind in answered:
            del self._commands[kind]
        return bool(answered)

    @property
    def text(self) -> str:
        """What is under way, in a few words; empty when nothing is."""
        return " · ".join(_describe(command) for command in self._commands.values())


def _answers(event: Event, command: Command) -> bool:
    if isinstance(event, Ended | Failed):
        return True
    over = isinstance(event, StateChanged) and event.state in (RunState.FINISHED, RunState.STOPPED)
    match command:
        case Pause():
            return over or (isinstance(event, StateChanged) and event.state == RunState.PAUSED)
        case Resume():
            return over or (isinstance(event, StateChanged) and event.state == RunState.TRAINING)
        case Checkpoint():
            return isinstance(event, CheckpointStarted | Checkpointed)
        case Sample():
            return isinstance(event, Notice) or (isinstance(event, Sampled) and event.requested)
        case UseParams():
            return isinstance(event, ParamsSelected)
        case Stop():
            return False


def _describe(command: Command) -> str:
    match command:
        case Pause():
            return "pausing"
        case Resume():
            return "resuming"
        case Checkpoint():
            return "starting a checkpoint"
        case Sample():
            return "drawing new digits"
        case UseParams(source=source):
            return f"switching to the {source_name(source)} parameters"
        case Stop():
            return "stopping: writing the final checkpoint"


def source_name(source: str) -> str:
    """The word that users see for a set of parameters."""
    return "EMA" if source == "ema" else source
