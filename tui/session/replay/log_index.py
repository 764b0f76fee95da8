"""Index the lines of a run's log for replay."""

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
    Sampled,
    StateChanged,
    type_name,
)
from ....core.run import LogTail, end_of_lines, events_path, is_locked, opened
from ....core.run.lines import lines

E = TypeVar("E", bound=Event)

_HEAD = re.compile(rb'\{"type":"([a-z_]{1,24})","time":([0-9]{1,12}(?:\.[0-9]{1,20})?),"step":([0-9]{1,15})[,}]')
_STATE = re.compile(rb'"state":"([a-z ]+)"')

_MOVES = {type_name(kind).encode() for kind in (Metrics, ModelReady, Rewound)}
"""The lines that set the step of the run; others may be late, or precede the step of a resumed run."""

_STATE_CHANGED = type_name(StateChanged).encode()
_IDLE = {state.value.encode() for state in RunState} - {
    state.value.encode() for state in (RunState.TRAINING, RunState.EVALUATING)
}
_BEGINS = RunState.PREPARING.value.encode()


_CODES = {name.encode(): code for code, name in enumerate(EVENT_TYPES, start=1)}
"""A number for each type of event; 0 stands for damaged lines and unknown types."""


class LogIndex:
    """Index a run's log, so that its parts can be read in any order.

    A position is a number of lines: between the positions i and j are the lines i to j - 1, counted from 0. Damaged
    lines are skipped, and reported in `damage`.

    Args:
        run_path: The run's directory.

    Raises:
        RunError: when there is no log, or the log cannot be read at all.
    """

    def __init__(self, run_path: Path) -> None:
        self.is_live = is_locked(run_path)
        """Whether the run was being trained when its log was read; checked first, because the run may end."""
        self.damage: list[str] = []
        """The problems of the log so far, in a few words each."""
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
            elif kind == _STATE_CHANGED and (found := _STATE.search(line)):
                state = found[1]
                is_idle = is_idle or state == _BEGINS  # whatever came before belongs to an earlier session of the run
            self._ends.append(self._ends[-1] + len(line))
            codes.append(_CODES.get(kind, 0))
            own_steps.append(own_step)
            steps.append(step)
            times.append(time)
            idle.append(is_idle)
        self._codes: UInt8[np.ndarray, " n"] = np.array(codes)
        self._own_steps: Int64[np.ndarray, " n"] = np.array(own_steps)
        self.times: Float64[np.ndarray, " n"] = np.array(times)
        """When each line was written, in seconds since 1970; NaN where the time is unknown."""
        self.steps: Int64[np.ndarray, " n"] = np.array(steps)
        """The step of the run after each line."""
        self.idle: Bool[np.ndarray, " n"] = np.array(idle, bool)
        """Whether nothing was trained in the time before each line."""

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.steps)

    def step_at(self, position: int) -> int:
        """Return the step of the run at a position."""
        return int(self.steps[position - 1]) if position else 0

    def time_at(self, position: int) -> float:
        """Return the latest time before a position; -inf if unknown.

        Times are in seconds since 1970.
        """
        return float(np.fmax.reduce(self.times[:position], initial=-np.inf))

    def seek(self, step: int, position: int) -> int:
        """Return the last position at which the run is not beyond a step.

        A run that went back passes a step several times. Backward from `position` the latest pass counts, forward the
        next one.
        """
        if step < self.step_at(position):
            at_most = np.flatnonzero(self.steps[:position] <= step)
            return int(at_most[-1]) + 1 if len(at_most) else 0
        beyond = np.flatnonzero(self.steps[position:] > step)
        return position + int(beyond[0]) if len(beyond) else len(self)

    def skip(self, direction: int, position: int) -> int:
        """Return the next (1) or previous (-1) checkpoint's position.

        Where there is no such checkpoint, that is the end or the start.
        """
        step = self.step_at(position)
        known = self._own_steps[self._numbers(Checkpointed, len(self) if direction > 0 else position)]
        if direction > 0:
            later = known[known > step]
            return self.seek(int(later.min()), position) if len(later) else len(self)
        return self.seek(int(known[known < step].max(initial=0)), position)

    def last(self, event_type: type[E], position: int) -> E | None:
        """Return the last readable event of a type before a position, or None."""
        numbers = self._numbers(event_type, position)
        found = next(self.read(int(numbers[-1]), int(numbers[-1]) + 1), None) if len(numbers) else None
        return found if isinstance(found, event_type) else None

    def last_sampled(self, position: int) -> Sampled | None:
        """Return the last readable samples before a position that no later rewind or resumption has discarded."""
        lowest = np.minimum.accumulate(self.steps[:position][::-1])[::-1]  # the lowest step from each line on
        numbers = self._numbers(Sampled, position)
        for number in numbers[self._own_steps[numbers] <= lowest[numbers]][::-1].tolist():
            found = next(self.read(number, number + 1), None)
            if isinstance(found, Sampled):
                return found
        return None

    def read(self, start: int, end: int) -> Iterator[Event]:
        """Yield the events between two positions, as `LogTail` does.

        Metrics of consecutive steps are merged into one event, and of several `Sampled` events the last one is yielded.
        Damaged lines are skipped, and reported in `damage`.
        """
        tail = LogTail(self._run_path)
        tail.position = self._ends[start]
        try:
            yield from tail.read(self._ends[end])
        except RunError as error:
            if str(error) not in self.damage:  # report damage once, even if the part is read again
                self.damage.append(str(error))

    def _numbers(self, event_type: type[Event], position: int) -> Int64[np.ndarray, " n"]:
        """Return the line numbers of a type before a position."""
        return np.flatnonzero(self._codes[:position] == _CODES[type_name(event_type).encode()])

    def _lines(self, path: Path) -> Iterator[bytes]:
        """Yield the complete lines of the log, up to one that is too long."""
        if not path.is_file():
            raise RunError(f"{path.parent} has no log ({path.name}): there is nothing to replay")
        with opened(path) as file:
            try:
                yield from lines(file, 0, end_of_lines(file))
            except ValueError as error:
                self.damage.append(f"line {len(self._ends)} of {path} and all after it: {error}")
