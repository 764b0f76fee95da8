"""Commands that were sent and not yet acknowledged. The screen shows them as under way, never as done."""

from __future__ import annotations

from ...core.protocol import (
    Checkpoint,
    Checkpointed,
    CheckpointStarted,
    Command,
    Ended,
    Event,
    Failed,
    Generate,
    Generated,
    KnobsChanged,
    Notice,
    ParamsSelected,
    Pause,
    Resume,
    Rewind,
    Rewound,
    RunState,
    Sample,
    Sampled,
    SetKnobs,
    StateChanged,
    Stop,
    UseParams,
)
from ..state import KNOB_NAMES, OVER, factor, is_set_to, source_name


class Pending:
    """What the user asked for and the trainer has not answered yet.

    Whether an event answers this user or somebody else who asked for the same does not matter: it has come about.
    """

    def __init__(self) -> None:
        self._commands: list[Command] = []

    def __contains__(self, command_type: type) -> bool:
        return any(isinstance(command, command_type) for command in self._commands)

    def send(self, command: Command) -> None:
        """Take note of a command on its way. It replaces an earlier one of its kind; but each change of knobs is
        answered for itself, and a pause and a resume are of one kind."""
        kind = Pause | Resume if isinstance(command, Pause | Resume) else type(command)
        if not isinstance(command, SetKnobs):
            self._commands = [earlier for earlier in self._commands if not isinstance(earlier, kind)]
        self._commands.append(command)

    def acknowledge(self, event: Event) -> bool:
        """Cross off the commands that the event answers; whether there were any."""
        kept: list[Command] = []
        for command in self._commands:
            if not _answers(event, command):
                kept.append(command)
            elif isinstance(command, SetKnobs):  # so have been the changes before it
                kept = [earlier for earlier in kept if not isinstance(earlier, SetKnobs)]
        found = len(kept) < len(self._commands)
        self._commands = kept
        return found

    @property
    def knobs(self) -> SetKnobs:
        """The knobs that are to be changed, and to what in the end."""
        knobs = SetKnobs()
        for command in self._commands:
            if isinstance(command, SetKnobs):
                knobs = _added(knobs, command)
        return knobs

    @property
    def text(self) -> str:
        """What is under way, in a few words; empty when nothing is."""
        knobs = self.knobs
        others = [command for command in self._commands if not isinstance(command, SetKnobs)]
        shown: list[Command] = [*others, *([knobs] if knobs != SetKnobs() else [])]
        return " · ".join(_describe(command) for command in shown)


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
    over = isinstance(event, StateChanged) and event.state in OVER
    match command:
        case Pause():
            return over or (isinstance(event, StateChanged) and event.state == RunState.PAUSED)
        case Resume():
            return isinstance(event, StateChanged) and event.state != RunState.PAUSED
        case Checkpoint():
            return isinstance(event, CheckpointStarted | Checkpointed)
        case Sample():
            return isinstance(event, Notice) or (isinstance(event, Sampled) and event.requested)
        case UseParams():
            return isinstance(event, ParamsSelected)
        case SetKnobs(learning_rate_scale=rate, beta_scale=beta):
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
