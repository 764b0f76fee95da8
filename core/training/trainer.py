"""The training loop: commands in, events out.

The trainer owns the device and runs in one thread. It knows nothing of who sends the commands or reads the
events. Commands take effect between chunks of steps, evaluations and saves, each of which is short.
"""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ..config import Config
from ..data.dataset import Dataset
from ..errors import CheckpointError, TrainingError
from ..learning.checkpoint import CheckpointStore
from ..learning.evaluator import SplitName
from ..learning.train_state import TrainState
from ..protocol import (
    Checkpoint,
    Command,
    Ended,
    Event,
    Generate,
    KnobsChanged,
    Notice,
    Pause,
    Resume,
    Rewind,
    Rewound,
    RunState,
    Sample,
    SetKnobs,
    StateChanged,
    Stop,
    UseParams,
    is_stop_waiting,
)
from .description import describe
from .engine import Engine
from .initialize import Initial, summarize
from .knob_control import KnobControl
from .reporting import Reporter
from .saving import Saver

SERVE_SECONDS = 0.2
"""How often a trainer that is done looks whether anybody is still there."""


class Trainer:
    """Trains one run from its start, or from its last checkpoint, to its end."""

    def __init__(
        self,
        config: Config,
        dataset: Dataset,
        checkpoints: Path,
        commands: queue.Queue[Command],
        emit: Callable[[Event], None],
        *,
        resume: bool = False,
        attended: Callable[[], bool] = lambda: False,
        initial: Initial | None = None,
        knob_changes: Iterable[KnobsChanged] = (),
    ) -> None:
        """Build the model and its state, and compile every function.

        Args:
            config: The run's configuration.
            dataset: Its images.
            checkpoints: The folder of its checkpoints, in the run's directory.
            commands: What the trainer is told.
            emit: Called with each event.
            resume: Continue from the last checkpoint.
            attended: Whether somebody is there to answer, asked when it matters: a loss that is not finite then
                pauses the run instead of ending it, and `serve` goes on.
            initial: Parameters to start a new run from.
            knob_changes: Those of the run's past, by ascending step; what the checkpoint does not know is repeated.

        Raises:
            ConfigError: when the configuration does not fit the data or the initial parameters.
            CheckpointError: when `resume` finds no checkpoint that can be read.
        """
        self.config = config
        self._emit = emit
        self._commands = commands
        self._attended = attended
        self._stop: Stop | None = None
        self._rewind: Rewind | None = None
        self._is_save_due = False  # a save that no pause holds up
        self._state_shown: RunState | None = None
        self._engine = Engine(config, dataset, initial)
        self._plan = self._engine.plan
        if initial is not None and self._engine.report is not None:
            text = summarize(self._engine.report, initial.description)
            emit(Notice(step=0, level="warning" if self._engine.report.skipped else "info", text=text))
        store = CheckpointStore(checkpoints, keep=config.run.keep_checkpoints)
        self._saver = Saver(store, config, dataset.class_names, emit)
        self._reporter = Reporter(self._engine, self._saver, dataset.validation, emit, self._is_stop_waiting)
        if resume:
            if store.latest_step is None:
                raise CheckpointError(f"there is no checkpoint in {checkpoints}; start a new run instead")
            self._engine.restore(store.restore(store.latest_step, self._engine.state))
        self._knobs = KnobControl(self._engine, emit, knob_changes)
        start = time.perf_counter()
        self._engine.compile()  # the caller has said so: importing JAX came first
        emit(describe(self._engine, time.perf_counter() - start))

    @property
    def step(self) -> int:
        """How many steps have been taken."""
        return self._engine.step

    @property
    def state(self) -> TrainState:
        """The training state. The next step donates it: copy what is to be kept."""
        return self._engine.state

    def run(self) -> None:
        """Train until the last step or a Stop command; on either the state is saved."""
        self._reporter.show_examples()
        self._reporter.show_samples()
        is_over = self.step >= self._plan.total_steps
        if self.step > 0:  # a resumed run has latents to show before its next evaluation
            self._reporter.show_latents(lambda: self._between("validation"))
        while self.step < self._plan.total_steps:
            self._obey_commands()
            if self._stop is not None:
                self._leave(self._stop)
                return
            if self._rewind is not None:
                self._go_back(self._rewind)
                continue
            self._enter(RunState.TRAINING)
            self._knobs.repeat()
            if self._train():
                self._after_steps()
        if not is_over and self._engine.has_test_split:
            self._evaluate("test")
        self._finish()

    def serve(self) -> None:
        """After the end of training: go on answering commands until Stop, or until nobody is there to ask."""
        while self._stop is None and self._attended():
            with contextlib.suppress(queue.Empty):
                self._obey(self._commands.get(timeout=SERVE_SECONDS))

    def close(self) -> Ended:
        """Let go of the run. Returns the run's last event, which the caller emits when everything is closed."""
        store = self._saver.store
        latest = store.latest_step
        store.close()
        finished = self.step >= self._plan.total_steps
        return Ended(
            step=self.step,
            reason="finished" if finished else "stopped",
            checkpoint=None if latest is None else str(store.path(latest)),
        )

    # -- the parts of a run

    def _train(self) -> bool:
        """Take a chunk of steps, up to where something is due. Returns whether it was all taken."""
        to_end = self._plan.total_steps - self.step
        to_picture = self.config.run.sample_steps - self.step % self.config.run.sample_steps
        taken = self._engine.train(min(to_end, to_picture, self._knobs.steps_to_change or to_end))
        wrong = self._reporter.tell_steps(taken)
        if wrong and not self._attended():
            raise TrainingError(
                f"the {wrong[0].replace('_', ' ')} is not finite at step {self.step + 1}; "
                "a lower --optim.learning-rate usually helps"
            )
        if wrong:
            self._enter(RunState.PAUSED, "not finite")
        return not wrong

    def _after_steps(self) -> None:
        """What the schedule of the run asks for at this step: a picture, an evaluation, a checkpoint."""
        at_end = self.step == self._plan.total_steps
        if self.step % self.config.run.sample_steps == 0 or at_end:
            self._reporter.show_samples()
        if self._plan.ends_epoch(self.step) or at_end:
            self._evaluate("validation")
        if self._plan.is_checkpoint_due(self.step) or at_end:
            self._save(requested=False)
        self._saver.report()

    def _leave(self, stop: Stop) -> None:
        if stop.checkpoint:
            self._save(requested=False)
        self._saver.report(wait=True)
        self._enter(RunState.STOPPED)

    def _finish(self) -> None:
        self._saver.report(wait=True)
        self._enter(RunState.FINISHED)
        late, self._rewind = self._rewind, None
        if late is not None:
            self._obey(late)

    def _evaluate(self, split: SplitName) -> None:
        self._reporter.evaluate(split, lambda: self._between(split))
        if self._is_save_due:
            self._save(requested=True)

    def _between(self, split: SplitName) -> None:
        """Obey commands between two pieces of an evaluation."""
        self._obey_commands()
        if self._state_shown != RunState.PAUSED:  # paused, it goes on for the sake of a command that waits for its end
            self._enter(RunState.EVALUATING, split)

    def _save(self, *, requested: bool) -> None:
        self._is_save_due = True
        self._saver.save(self.state, requested=requested, meanwhile=self._obey_commands)
        self._is_save_due = False

    def _enter(self, state: RunState, detail: str = "") -> None:
        if state != self._state_shown:
            self._state_shown = state
            self._emit(StateChanged(step=self.step, state=state, detail=detail))

    # -- commands

    def _obey_commands(self) -> None:
        """Do what has been asked for since the last call; while paused, wait for more, unless a save is due."""
        while self._stop is None and self._rewind is None:
            waits = self._state_shown == RunState.PAUSED and not self._is_save_due
            try:
                command = self._commands.get(block=waits, timeout=0.05)
            except queue.Empty:
                self._saver.report()
                if not waits:
                    return
            else:
                self._obey(command)

    def _obey(self, command: Command) -> None:
        match command:
            case Pause():
                if self._state_shown != RunState.FINISHED:
                    self._enter(RunState.PAUSED)
            case Resume():
                if self._state_shown == RunState.PAUSED:
                    self._enter(RunState.TRAINING)
            case Checkpoint() if self._reporter.is_loss_due:
                self._is_save_due = True  # at the end of the evaluation, for the loss belongs into the checkpoint
            case Checkpoint():
                self._save(requested=True)
            case Sample() | UseParams() | Generate():
                self._reporter.answer(command)
            case SetKnobs(learning_rate_scale=rate, beta_scale=beta):
                self._knobs.forget()
                self._knobs.set(rate, beta)
            case Rewind() if self._state_shown == RunState.FINISHED:
                self._warn("training is over; there is nothing to go back for")
            case Rewind():
                self._rewind = command  # at the top of the loop: an evaluation or a save may be under way
            case Stop():
                self._stop = command

    def _is_stop_waiting(self) -> bool:
        """Whether Stop has come, be it behind a Rewind that has to wait, too."""
        return self._stop is not None or is_stop_waiting(self._commands)

    def _warn(self, text: str) -> None:
        self._emit(Notice(step=self.step, level="warning", text=text))

    def _go_back(self, rewind: Rewind) -> None:
        """Take up an earlier checkpoint, with the present knobs, and pause."""
        self._rewind = None
        try:
            restored = self._saver.go_back(self.state, rewind.step)
        except CheckpointError as error:
            self._warn(str(error))
            return
        self._knobs.forget()
        from_step, knobs = self.step, self._engine.knobs
        self._engine.restore(restored)
        self._emit(Rewound(step=self.step, from_step=from_step))
        self._knobs.set(*knobs)
        self._state_shown = None  # it may be paused already, for another reason
        self._enter(RunState.PAUSED)
