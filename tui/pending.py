"""Commands that were sent and not yet acknowledged. The screen shows them as under way, never as done."""

from __future__ import annotations

from ..core.commands import Checkpoint, Command, Generate, Pause, Resume, Rewind, Sample, SetKnobs, Stop, UseParams
from ..core.events import (
    Checkpointed,
    CheckpointStarted,
    Ended,
    Event,
    Failed,
    Generated,
    KnobsChanged,
    Notice,
    ParamsSelected,
    Rewound,
    RunState,
    Sampled,
    StateChanged,
)
from .knobs import KNOB_NAMES, factor, is_set_to


class Pending:
    """What the user asked for and the trainer has not answered yet."""

    def __init__(self) -> None:
        self._commands: dict[type, Command] = {}

    def __contains__(self, command_type: type) -> bool:
        return command_type in self._commands

    def send(self, command: Command) -> None:
        """Take note of a command on its way. A pause and a resume replace each other; knobs add up."""
        if isinstance(command, Pause | Resume):
            self._commands.pop(Pause, None)
            self._commands.pop(Resume, None)
        if isinstance(command, SetKnobs):
            command = _added(self.knobs, command)
        self._commands[type(command)] = command

    def acknowledge(self, event: Event) -> bool:
        """Cross off the commands that the event answers; whether there were any."""
        answered = [kind for kind, command in self._commands.items() if _answers(event, command)]
        for kind in answered:
            del self._commands[kind]
        return bool(answered)

    @property
    def knobs(self) -> SetKnobs:
        """The knobs that are to be changed, and to what."""
        command = self._commands.get(SetKnobs)
        return command if isinstance(command, SetKnobs) else SetKnobs()

    @property
    def text(self) -> str:
        """What is under way, in a few words; empty when nothing is."""
        return " · ".join(_describe(command) for command in self._commands.values())


def _added(earlier: SetKnobs, later: SetKnobs) -> SetKnobs:
    """Both commands in one: what the later one leaves as it is holds from the earlier one."""
    rate, beta = later.learning_rate_scale, later.beta_scale
    return SetKnobs(
        earlier.learning_rate_scale if rate is None else rate,
        earlier.beta_scale if beta is None else beta,
    )


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
        case SetKnobs(learning_rate_scale=rate, beta_scale=beta):
            # Several changes in a row are answered one by one; the last answer has what was asked for.
            return over or (
                isinstance(event, KnobsChanged)
                and is_set_to(event.learning_rate_scale, rate)
                and is_set_to(event.beta_scale, beta)
            )
        case Rewind():
            return isinstance(event, Rewound | Notice)
        case Generate(ticket=ticket):
            return isinstance(event, Generated) and event.ticket == ticket
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
        case SetKnobs(learning_rate_scale=rate, beta_scale=beta):
            wanted = ((KNOB_NAMES["learning_rate_scale"], rate), (KNOB_NAMES["beta_scale"], beta))
            return f"setting {', '.join(f'{name} {factor(scale)}' for name, scale in wanted if scale is not None)}"
        case Rewind():
            return "rewinding"
        case Generate():
            return "making digits"
        case Stop():
            return "stopping: writing the final checkpoint"


def source_name(source: str) -> str:
    """The word that users see for a set of parameters."""
    return "EMA" if source == "ema" else source
