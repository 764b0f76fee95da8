"""A run's log as something to play: where its lines are, when they were written, and what they tell."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from ....core.errors import RunError
from ....core.protocol import (
    EVENT_TYPES,
    Checkpointed,
    Event,
    Metrics,
    ModelReady,
    Rewound,
    RunState,
    StateChanged,
    type_name,
)
from ....core.run import LogTail, end_of_lines, events_path, is_locked, opened
from ....core.run.lines import lines

E = TypeVar("E", bound=Event)

_HEAD = re.compile(rb'\{"type":"([a-z_]{1,24})","time":([0-9]{1,12}(?:\.[0-9]{1,20})?),"step":([0-9]{1,15})[,}]')
_STATE = re.compile(rb'"state":"([a-z ]+)"')

_MOVES = {type_name(kind).encode() for kind in (Metrics, ModelReady, Rewound)}
"""The lines that tell at which step the run is; others may be told late, or before a resumed run knows its step."""

_STATE_CHANGED = type_name(StateChanged).encode()
_IDLE = {state.value.encode() for state in RunState} - {
    state.value.encode() for state in (RunState.TRAINING, RunState.EVALUATING)
}
_BEGINS = RunState.PREPARING.value.encode()


_CODES = {name.encode(): code for code, name in enumerate(EVENT_TYPES, start=1)}
"""A number for each type of event; 0 is for lines that are damaged or foreign."""


class LogIndex:
    """The log of a run that is over, to be read in parts, in any order.

    Positions are numbers of lines: what lies between the positions i and j are the lines i to j - 1, counted from 0.
    What is damaged is left out, and said in `damage`.

    Args:
        run_path: The run's directory.

    Raises:
        RunError: when there is no log, or it cannot be read at all.
    """

    def __init__(self, run_path: Path) -> None:
        self.is_live = is_locked(run_path)
        """Whether the run was being trained when its log was read: looked at first, for it may end meanwhile."""
        self.damage: list[str] = []
        """What could not be read so far, in a few words each."""
        self._run_path = run_path
        self._ends, steps, own_steps = array("q", [0]), array("q"), array("q")
        codes, idle, times = array("B"), array("B"), array("d")
        step, state = 0, _BEGINS
        for line in self._lines(events_path(run_path)):
            head = _HEAD.match(line)
            kind, time, own_step = (head[1], float(head[2]), int(head[3])) if head else (b"", np.nan, 0)
            is_idle = state in _IDLE
            if kind in _MOVES:
                step = own_step
            elif kind == _STATE_CHANGED and (told := _STATE.search(line)):
                state = told[1]
                is_idle = is_idle or state == _BEGINS  # whatever it did before, that was another life of the run
            self._ends.append(self._ends[-1] + len(line))
            codes.append(_CODES.get(kind, 0))
            own_steps.append(own_step)
            steps.append(step)
            times.append(time)
            idle.append(is_idle)
        self._codes: UInt8[np.ndarray, " n"] = np.array(codes)
        self._own_steps: Int64[np.ndarray, " n"] = np.array(own_steps)
        self.times: Float64[np.ndarray, " n"] = np.array(times)
        """When each line was written, in seconds since 1970; NaN where that is not known."""
        self.steps: Int64[np.ndarray, " n"] = np.array(steps)
        """The step of the run after each line."""
        self.idle: Bool[np.ndarray, " n"] = np.array(idle, bool)
        """Whether nothing was trained in the time before each line."""

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.steps)

    def step_at(self, position: int) -> int:
        """The step of the run at a position."""
        return int(self.steps[position - 1]) if position else 0

    def time_at(self, position: int) -> float:
        """The latest time before a position, in seconds since 1970, at which a line was written; -inf if unknown."""
        return float(np.fmax.reduce(self.times[:position], initial=-np.inf))

    def seek(self, step: int, position: int) -> int:
        """The position of a step, as far as the run has told of it: the last one that does not go beyond it.

        Back from a position it is the latest way on which the run has come there; forward, the next way it takes.
        """
        if step < self.step_at(position):
            at_most = np.flatnonzero(self.steps[:position] <= step)
            return int(at_most[-1]) + 1 if len(at_most) else 0
        beyond = np.flatnonzero(self.steps[position:] > step)
        return position + int(beyond[0]) if len(beyond) else len(self)

    def skip(self, direction: int, position: int) -> int:
        """The position of the next checkpoint (1), or of the one before (-1); where there is none, of the end."""
        step = self.step_at(position)
        known = self._own_steps[self._numbers(Checkpointed, len(self) if direction > 0 else position)]
        if direction > 0:
            later = known[known > step]
            return self.seek(int(later.min()), position) if len(later) else len(self)
        return self.seek(int(known[known < step].max(initial=0)), position)

    def last(self, event_type: type[E], position: int) -> E | None:
        """The last event of a type before a position; None when there is none, or it is damaged."""
        numbers = self._numbers(event_type, position)
        found = next(self.read(int(numbers[-1]), int(numbers[-1]) + 1), None) if len(numbers) else None
        return found if isinstance(found, event_type) else None

    def read(self, start: int, end: int) -> Iterator[Event]:
        """The events between two positions, as `LogTail` has them: metrics of consecutive steps come as one event, and
        of several pictures the last one. Damaged lines are left out; `damage` tells of them."""
        tail = LogTail(self._run_path)
        tail.position = self._ends[start]
        try:
            yield from tail.read(self._ends[end])
        except RunError as error:
            if str(error) not in self.damage:  # what is told again is not damaged once more
                self.damage.append(str(error))

    def _numbers(self, event_type: type[Event], position: int) -> Int64[np.ndarray, " n"]:
        """The lines before a position that tell of events of a type."""
        return np.flatnonzero(self._codes[:position] == _CODES[type_name(event_type).encode()])

    def _lines(self, path: Path) -> Iterator[bytes]:
        """The complete lines of the log, up to one that is too long to be one."""
        if not path.is_file():
            raise RunError(f"{path.parent} has no log ({path.name}): there is nothing to replay")
        with opened(path) as file:
            try:
                yield from lines(file, 0, end_of_lines(file))
            except ValueError as error:
                self.damage.append(f"line {len(self._ends)} of {path} and all after it: {error}")
