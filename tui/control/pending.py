"""Track commands that are sent but not yet acknowledged."""

from __future__ import annotations

from ...core.protocol import (
    OVER,
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
from ..state import KNOB_NAMES, factor, is_set_to, source_name


class Pending:
    """The commands that the trainer has not acknowledged yet.

    An event acknowledges a command even if it answers another user's equal command: the outcome is the same.
    """

    def __init__(self) -> None:
        self._commands: list[Command] = []

    def __contains__(self, command_type: type) -> bool:
        return any(isinstance(command, command_type) for command in self._commands)

    def send(self, command: Command) -> None:
        """Add a command that was sent. It replaces an earlier one of its kind.

        A pause and a resume are of one kind. Changes of knobs are all stored, because each has its own answer.
        """
        kind = Pause | Resume if isinstance(command, Pause | Resume) else type(command)
        if not isinstance(command, SetKnobs):
            self._commands = [earlier for earlier in self._commands if not isinstance(earlier, kind)]
        self._commands.append(command)

    def acknowledge(self, event: Event) -> bool:
        """Remove the commands that an event acknowledges. Return whether there were any."""
        kept: list[Command] = []
        for command in self._commands:
            if not _answers(event, command):
                kept.append(command)
            elif isinstance(command, SetKnobs):  # an answered change of knobs answers the earlier ones, too
                kept = [earlier for earlier in kept if not isinstance(earlier, SetKnobs)]
        found = len(kept) < len(self._commands)
        self._commands = kept
        return found

    def is_pausing(self, state: RunState) -> bool:
        """Return whether a run in `state` is paused, or will be once the pending commands are acknowledged."""
        return Pause in self or (state == RunState.PAUSED and Resume not in self)

    @property
    def knobs(self) -> SetKnobs:
        """All pending changes of knobs as one command."""
        knobs = SetKnobs()
        for command in self._commands:
            if isinstance(command, SetKnobs):
                knobs = _added(knobs, command)
        return knobs

    @property
    def text(self) -> str:
        """A short text about the pending commands; empty when there are none."""
        knobs = self.knobs
        others = [command for command in self._commands if not isinstance(command, SetKnobs)]
        shown: list[Command] = [*others, *([knobs] if knobs != SetKnobs() else [])]
        return " · ".join(_describe(command) for command in shown)


def _added(earlier: SetKnobs, later: SetKnobs) -> SetKnobs:
    """Return one command with the effect of both."""
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
            return "drawing new samples"
        case UseParams(source=source):
            return f"switching to the {source_name(source)} parameters"
        case SetKnobs(learning_rate_scale=rate, beta_scale=beta):
            wanted = ((KNOB_NAMES["learning_rate_scale"], rate), (KNOB_NAMES["beta_scale"], beta))
            return f"setting {', '.join(f'{name} {factor(scale)}' for name, scale in wanted if scale is not None)}"
        case Rewind():
            return "rewinding"
        case Generate():
            return "making images"
        case Stop():
            return "stopping: writing the final checkpoint"
