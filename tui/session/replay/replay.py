"""Play a log: post the due events, and restore the state after a jump."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ....core.protocol import (
    OVER,
    Command,
    Ended,
    Event,
    Failed,
    Generate,
    KnobsChanged,
    Metrics,
    ModelReady,
    Notice,
    Pause,
    Resume,
    Rewind,
    Rewound,
    RunState,
    Sample,
    StateChanged,
    UseParams,
)
from ....core.text import shell_path
from .clock import Player, fitting_speed, play_times
from .log_index import LogIndex
from .replay_commands import LookAt, ReplayCommand, Skip, TurnSpeed
from .replay_events import Jumped, Restated
from .replay_models import Models

_START = StateChanged(step=0, time=0.0, state=RunState.PREPARING)
_AS_SCHEDULED = KnobsChanged(step=0, time=0.0, learning_rate_scale=1.0, beta_scale=1.0)


class Replay:
    """Post a log's events as if they happened now.

    Throughout, `now` is the time of any monotonic clock, in seconds.

    Args:
        index: The log.
        run_path: The run's directory.
        models: Follow the replay's step, and answer questions.
        post: Called with each event.
    """

    def __init__(self, index: LogIndex, run_path: Path, models: Models, post: Callable[[Event], None]) -> None:
        self.step = 0
        """The step of the run at the current position."""
        self._index = index
        self._path = run_path
        self._models = models
        self._post = post
        self._player = Player(play_times(index.times, index.idle))
        self._state = _START
        """The last state of the run that was posted."""
        self._posted_state: StateChanged | None = None
        """The last state of the replay that was posted, if it still holds."""
        self._cursor: int | None = None
        """The step that the user looks at instead of the current one."""
        self._damage = 0
        """How many problems of the log have been reported."""

    @property
    def position(self) -> int:
        """The number of lines that have been played."""
        return self._player.position

    def begin(self, speed: float | None, now: float) -> None:
        """Play at a multiple of the run's speed; None: all at once."""
        self._player.speed = fitting_speed(self._player.seconds) if speed is None else speed
        if speed is None:
            self._play_to(len(self._index), now)
        else:
            self._player.play(now)
            self.advance(now)

    def wait(self, now: float) -> float | None:
        """Return the seconds until the next due line; None if there is none."""
        return self._player.wait(now)

    def advance(self, now: float) -> None:
        """Play the lines that are due."""
        self._play_to(self._player.due(now), now)

    def handle_command(self, command: Command | ReplayCommand, now: float) -> None:
        """Handle a command.

        Pause and Resume control the playing; at the end, Resume starts over. Rewind goes to any step, also forward;
        without a step, to the one that the user looks at, or else to the previous checkpoint.
        """
        match command:
            case Pause():
                self._player.pause(now)
                self._posted_state = None  # post the state as an answer, even if there is nothing to pause
            case Resume():
                self._posted_state = None
                if self._player.is_at_end:
                    self._jump(0, now)
                self._player.play(now)
            case TurnSpeed(direction=direction):
                self._player.turn(direction, now)
            case Skip(direction=direction):
                self._jump(self._index.skip(direction, self.position), now)
            case Rewind(step=step):
                self._rewind(step, now)
            case LookAt(step=step):
                self._cursor = step
            case Sample() | UseParams() | Generate():
                self._models.ask(command)
            case _:
                resume = f"vae-tui train --resume {shell_path(self._path)}"
                text = f"this run is not being trained; {resume} continues it"
                self._post(Notice(step=self.step, level="warning", text=text))
        self._post_state()

    # -- playing

    def _play_to(self, end: int, now: float) -> None:
        """Post the events of the lines up to a position."""
        for event in self._index.read(self.position, end):
            self._post_recorded(event)
        self._player.position = end
        if self._player.is_at_end:
            self._player.pause(now)
        self._post_state()

    def _post_recorded(self, event: Event) -> None:
        """Post one event. The end of a training process does not end the replay."""
        match event:
            case Ended():
                return
            case Failed(step=step, time=time, message=message):
                self._post(Notice(step=step, time=time, level="error", text=message))
                event = StateChanged(step=step, time=time, state=RunState.FAILED)
        match event:
            case Metrics() | ModelReady() | Rewound():
                self.step = event.step
            case StateChanged():
                self._state, self._posted_state = event, None
        self._post(event)

    def _post_state(self) -> None:
        """Post the state if it has changed, and update the models' step."""
        state, detail = self._state.state, self._state.detail
        speed = f"x{self._player.speed:g}"
        if self._player.is_at_end:
            if self._index.is_live:  # the studio may be opened on it, too
                state, detail = RunState.PAUSED, "the run goes on"
            elif state not in OVER:  # it was killed
                state, detail = RunState.STOPPED, "interrupted"
            more = f"space plays it {speed}"
        else:
            playing = self._player.is_playing
            usual = state in (RunState.TRAINING, RunState.EVALUATING)
            detail = f"run {state}" if playing and not usual else ""
            state = RunState.TRAINING if playing else RunState.PAUSED
            more = f"replay {speed}"
        detail = f"{detail}, {more}" if detail else more
        posted = self._posted_state
        if posted is None or (posted.state, posted.detail) != (state, detail):
            self._posted_state = StateChanged(step=self.step, state=state, detail=detail)
            self._restate(self._posted_state)
        present = None if self._player.is_at_end else self.step
        self._models.look_at(present if self._cursor is None else self._cursor)
        self._report_damage()

    def _report_damage(self) -> None:
        """Report the newly skipped lines: the first problem and their number."""
        found = self._index.damage[self._damage :]
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            self._post(Notice(step=self.step, level="warning", text=f"left out: {found[0]}{more}"))
            self._damage = len(self._index.damage)

    # -- jumping

    def _rewind(self, step: int | None, now: float) -> None:
        """Go to a step, else the user's, else the previous checkpoint."""
        wanted = self._cursor if step is None else step
        here = self.position
        self._jump(self._index.skip(-1, here) if wanted is None else self._index.seek(wanted, here), now)

    def _jump(self, position: int, now: float) -> None:
        """Go to another position: play lines at once, or undo them."""
        here, before = self.position, self.step
        if position >= here:
            self._post(Jumped(step=before, from_step=before))
            self._play_to(position, now)
        else:
            self._state = self._index.last(StateChanged, position) or _START
            self.step = self._index.step_at(position)
            self._posted_state = None
            undone = self._index.time_at(position), self._index.time_at(here)
            self._post(Jumped(step=self.step, from_step=before, undone=undone))
            self._restore(position, here)
        self._player.go_to(position, now)

    def _restore(self, position: int, here: int) -> None:
        """Post what held at a position and is not repeated later."""
        index = self._index
        model, later = index.last(ModelReady, position), index.last(ModelReady, here)
        if model is not None and later is not None and model.time != later.time:  # the run was resumed in between
            self._restate(replace(model, step=self.step))
        knobs = index.last(KnobsChanged, position)
        self._restate(replace(knobs or _AS_SCHEDULED, step=self.step))
        picture = index.last_sampled(position)
        if picture is not None:
            self._post(replace(picture, requested=False))

    def _restate(self, event: StateChanged | KnobsChanged | ModelReady) -> None:
        self._post(Restated(step=self.step, event=event))
