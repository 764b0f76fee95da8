"""The training loop: commands in, events out.

The trainer owns the device and runs in one thread. It does not know who sends commands or handles events. Commands
take effect between chunks of steps, batches of an evaluation, and saves, all of which are short.
"""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Config, SplitName
from ..data.dataset import Dataset
from ..errors import CheckpointError, DiskFullError, TrainingError
from ..learning.checkpoint import CheckpointStore
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
from ..text import count
from .cluster.orders import Delete, Order, Save
from .description import describe
from .engine import Engine
from .initialize import Initial, summarize
from .knob_control import KnobControl
from .reporting import Reporter
from .room import Room
from .saving import Saver

if TYPE_CHECKING:
    from .cluster.lead import Lead

SERVE_SECONDS = 0.2
"""Time between two polls of `attended` by a trainer that has finished."""


class Trainer:
    """Train one run from its start, or from its last checkpoint, to its end."""

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
        log_shortage: Callable[[], str] = lambda: "",
        initial: Initial | None = None,
        knob_changes: Iterable[KnobsChanged] = (),
        tested_step: int | None = None,
        lead: Lead | None = None,
    ) -> None:
        """Build the model and its train_state, and compile every function.

        Args:
            config: The run's configuration.
            dataset: The images.
            checkpoints: The folder of checkpoints, in the run's directory.
            commands: The queue of commands.
            emit: Called with each event.
            resume: Continue from the last checkpoint.
            attended: Returns whether a screen shows the run. If so, a loss that is not finite or a full disk pauses the
                run instead of ending it, and `serve` continues.
            log_shortage: Returns a sentence about the room that the event log lacks, or "".
            initial: Parameters to start a new run from.
            knob_changes: The changes in the run's log, by ascending step; those after the checkpoint are repeated.
            tested_step: The step of the run's evaluation on the test split, if its log has one.
            lead: Passes orders to the other processes of a cluster; None: there are none.

        Raises:
            ConfigError: when the configuration does not fit the data or the initial parameters.
            CheckpointError: when `resume` finds no checkpoint, or none that can be read.
        """
        self.config = config
        self._emit = emit
        self._commands = commands
        self._attended = attended
        self._stop: Stop | None = None
        self._rewind: Rewind | None = None
        self._is_save_due = False  # a save to complete before a pause blocks the loop
        self._is_save_requested = False
        self._state_shown: RunState | None = None
        self._detail_shown = ""
        self._awaits_room = False
        self._lead = lead
        self._tested_step = tested_step
        tell = _do_nothing if lead is None else lead.tell
        self._engine = Engine(config, dataset, initial, tell)
        self._plan = self._engine.plan
        if initial is not None and self._engine.report is not None:
            text = summarize(self._engine.report, initial.description)
            emit(Notice(step=0, level="warning" if self._engine.report.skipped else "info", text=text))
        problems: list[str] = []
        store = CheckpointStore(
            checkpoints,
            config.run.keep_checkpoints,
            problems.append,
            before_save=lambda loss: tell(Save(loss)),
            before_delete=lambda step: tell(Delete(step)),
        )
        self._saver = Saver(store, config, dataset.class_names, emit)
        self._room = Room(self._saver, log_shortage)
        self._reporter = Reporter(self._engine, self._saver, dataset.validation, emit, self._is_stop_waiting)
        if resume:
            self._engine.restore(self._saver.restore_newest(self._engine.state, problems.append))
        for problem in problems:
            self._warn(problem)
        self._knobs = KnobControl(self._engine, emit, knob_changes)
        start = time.perf_counter()
        self._engine.compile()  # the caller has announced it: the state COMPILING includes importing JAX
        emit(describe(self._engine, time.perf_counter() - start))

    @property
    def step(self) -> int:
        """The number of finished steps."""
        return self._engine.step

    @property
    def state(self) -> TrainState:
        """The train_state. The next step donates its buffers: copy what you need later."""
        return self._engine.state

    def run(self) -> None:
        """Train until the last step or a Stop command, and save the state then."""
        self._reporter.show_examples()
        self._reporter.show_samples()
        is_tested = self._is_over and self._tested_step == self.step
        if self.step > 0:  # show the latents of a resumed run before its next evaluation
            self._reporter.show_latents(lambda: self._on_batch("validation"))
        while not self._is_over:
            self._handle_commands()
            if self._stop is not None:
                self._leave(self._stop)
                return
            if self._rewind is not None:
                self._go_back(self._rewind)
                continue
            if self._lacks_room():
                continue
            self._enter(RunState.TRAINING)
            self._knobs.repeat()
            if self._train():
                self._after_steps()
        self._reporter.adopt_result()
        if self._engine.has_test_split and not is_tested:
            self._evaluate(self._reporter.test, "test")
        self._reporter.show_result(lambda: self._on_batch("validation"))
        self._finish()

    def serve(self) -> None:
        """Handle commands after the last step, while a screen is shown.

        Stop ends it as well.
        """
        while self._stop is None and self._attended():
            if self._lead is not None:
                self._lead.check()
            with contextlib.suppress(queue.Empty):
                self._handle_command(self._commands.get(timeout=SERVE_SECONDS))

    def close(self) -> Ended:
        """Close the checkpoints. Return the final event.

        The caller emits it once everything is closed.
        """
        store = self._saver.store
        store.close()
        latest = store.latest_step
        return Ended(
            step=self.step,
            reason="finished" if self._is_over else "stopped",
            checkpoint=None if latest is None else str(store.path(latest)),
        )

    # -- the parts of a run

    @property
    def _is_over(self) -> bool:
        """Whether all steps are taken, or the validation loss has not become better for too long."""
        patience = self.config.train.patience
        waited = patience is not None and self._reporter.evaluations_since_best >= patience
        return self.step >= self._plan.total_steps or waited

    def _train(self) -> bool:
        """Take a chunk of steps. Return whether all its steps were finite."""
        to_end = self._plan.total_steps - self.step
        to_picture = self.config.run.sample_steps - self.step % self.config.run.sample_steps
        taken = self._engine.train(min(to_end, to_picture, self._knobs.steps_to_change or to_end))
        wrong = self._reporter.emit_metrics(taken)
        if wrong and not self._attended():
            raise TrainingError(
                f"the {wrong[0].replace('_', ' ')} is not finite at step {count(self.step + 1)}; start a new run with a"
                " lower --optim.learning-rate, or resume this one with the screen, where comma lowers it"
            )
        if wrong:
            self._enter(RunState.PAUSED, "not finite")
        return not wrong

    def _after_steps(self) -> None:
        """Do what is scheduled at this step: samples, an evaluation, a checkpoint."""
        at_end = self.step == self._plan.total_steps
        if self.step % self.config.run.sample_steps == 0 or at_end:
            self._reporter.show_samples()
        if self._plan.ends_epoch(self.step) or at_end:
            self._evaluate(self._reporter.validate, "validation")
        if self._is_over and not at_end:
            waited = self._reporter.evaluations_since_best
            text = f"no better validation loss in {count(waited)} evaluation{'s' * (waited > 1)}: training ends"
            self._emit(Notice(step=self.step, level="info", text=text))
        if self._plan.is_checkpoint_due(self.step) or self._is_over:
            self._save(requested=False)
        self._saver.report()

    def _leave(self, stop: Stop) -> None:
        if stop.checkpoint:
            self._save(requested=False)
            self._complete_save()
        self._saver.report(wait=True)
        self._enter(RunState.STOPPED)

    def _finish(self) -> None:
        self._complete_save()
        self._enter(RunState.FINISHED)
        self._refuse_rewind()

    def _evaluate(self, evaluate: Callable[[Callable[[], None]], None], split: SplitName) -> None:
        evaluate(lambda: self._on_batch(split))
        if self._is_save_due:
            self._save(requested=True)

    def _on_batch(self, split: SplitName) -> None:
        """Handle commands between two batches of an evaluation."""
        self._handle_commands()
        if self._state_shown != RunState.PAUSED:  # while paused, it continues if a save waits for its end
            self._enter(RunState.EVALUATING, split)

    def _save(self, *, requested: bool) -> None:
        """Save the state once an earlier checkpoint is complete; one save answers all requests until then."""
        self._is_save_due, self._is_save_requested = True, requested
        self._saver.await_turn(self.step, self._handle_commands)
        self._saver.save(self.state, requested=self._is_save_requested)
        self._is_save_due = self._is_save_requested = False

    def _complete_save(self) -> None:
        """Complete the last checkpoint; on a full disk, wait until there is room for it."""
        while self._saver.store.is_saving or self._lacks_room():
            if self._awaits_room:
                self._handle_commands()
                self._refuse_rewind()
            self._saver.report(wait=True)

    def _lacks_room(self) -> bool:
        """Save the checkpoint that was missed, if any; pause while the disk is full. Return whether it is."""
        if self._saver.missed:
            self._save(requested=False)
        shortage = self._room.shortage
        if shortage and (self._stop is not None or not self._attended()):
            raise DiskFullError(f"{shortage}; free some space, then resume the run")
        if shortage and not self._awaits_room:
            self._emit(Notice(step=self.step, level="error", text=f"{shortage}; free some space, then press space"))
            self._enter(RunState.PAUSED, "disk full")
            self._awaits_room = True
        return bool(shortage)

    def _enter(self, state: RunState, detail: str = "") -> None:
        self._awaits_room = False
        if (state, detail) != (self._state_shown, self._detail_shown):
            self._state_shown, self._detail_shown = state, detail
            self._emit(StateChanged(step=self.step, state=state, detail=detail))

    # -- commands

    def _handle_commands(self) -> None:
        """Handle the queued commands; while paused, wait for more, unless a save is due."""
        while self._stop is None and self._rewind is None:
            if self._lead is not None:
                self._lead.check()
            waits = self._state_shown == RunState.PAUSED and not self._is_save_due
            try:
                command = self._commands.get(block=waits, timeout=0.05)
            except queue.Empty:
                self._saver.report()
                if self._awaits_room and (self._room.is_back() or not self._attended()):
                    self._enter(RunState.TRAINING)
                if not waits:
                    return
            else:
                self._handle_command(command)

    def _handle_command(self, command: Command) -> None:
        match command:
            case Pause():
                if self._state_shown not in (RunState.FINISHED, RunState.PAUSED):
                    self._enter(RunState.PAUSED)
            case Resume():
                if self._state_shown == RunState.PAUSED:
                    self._enter(RunState.TRAINING)
            case Checkpoint() if self._is_save_due or self._reporter.is_loss_due:
                # After the evaluation, because its loss belongs in the checkpoint, or with the save that waits.
                self._is_save_due = self._is_save_requested = True
            case Checkpoint():
                self._save(requested=True)
            case Sample() | UseParams() | Generate():
                self._reporter.answer(command)
            case SetKnobs(learning_rate_scale=rate, beta_scale=beta):
                self._knobs.forget()
                self._knobs.set(rate, beta)
            case Rewind() if self._state_shown == RunState.FINISHED:
                self._rewind = command
                self._refuse_rewind()
            case Rewind():
                self._rewind = command  # handled at the top of the loop: an evaluation or a save may be running
            case Stop():
                self._stop = command

    def _is_stop_waiting(self) -> bool:
        """Return whether a Stop command has arrived, even behind a pending Rewind."""
        return self._stop is not None or is_stop_waiting(self._commands)

    def _refuse_rewind(self) -> None:
        """Refuse a Rewind that came after the last step."""
        if self._rewind is not None:
            self._rewind = None
            self._warn("training has finished; the run can no longer go back to a checkpoint")

    def _warn(self, text: str) -> None:
        self._emit(Notice(step=self.step, level="warning", text=text))

    def _go_back(self, rewind: Rewind) -> None:
        """Restore an earlier checkpoint, with the current knobs, and pause."""
        self._rewind = None
        try:
            restored = self._saver.go_back(self.state, rewind.step, self._warn)
        except CheckpointError as error:
            self._warn(str(error))
            return
        self._knobs.forget()
        self._reporter.evaluations_since_best = 0
        from_step, knobs = self.step, self._engine.knobs
        self._engine.restore(restored)
        self._emit(Rewound(step=self.step, from_step=from_step))
        self._knobs.set(*knobs)
        self._reporter.show_samples()
        self._enter(RunState.EVALUATING, "validation")
        self._reporter.show_latents(lambda: None)  # commands wait: they are for the paused run
        self._state_shown = None  # emit PAUSED even if the run is paused already, for another reason
        self._enter(RunState.PAUSED)


def _do_nothing(order: Order) -> None:
    """Keep an order to this process, which is alone."""
