"""Train one run from end to end: put data, trainer and event log together.

JAX is imported when a run starts, not with this module, so that the host process can serve viewers earlier.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING

from ..data import load_dataset
from ..errors import RunError, TrainingError, UsageError, VaeTuiError
from ..protocol import (
    Command,
    DataReady,
    Ended,
    Event,
    Failed,
    Notice,
    Progress,
    RunState,
    StateChanged,
    Stop,
    is_stop_waiting,
)
from ..run import RunDirectory, RunLog, last_checkpoint, read_knob_changes, read_tested_step
from .cluster.crew import Crew
from .emitter import Emitter, StopError
from .end_command import EndCommand
from .launch import Launch

if TYPE_CHECKING:
    from .initialize import Initial
    from .trainer import Trainer

PATIENCE_SECONDS = 1.0
"""How long preparation may take to end by itself after a Stop command; after that it is abandoned."""

_PREPARATION = "preparation"


def run_training(
    run: RunDirectory,
    commands: queue.Queue[Command],
    listen: Callable[[Event], None],
    launch: Launch,
    *,
    attended: Callable[[], bool] = lambda: False,
    limits: Sequence[str] = (),
) -> Ended | Failed:
    """Train a run, write every event to its log, and pass it to `listen`.

    A Stop that arrives while data are fetched or code is compiled ends the run within PATIENCE_SECONDS; no progress is
    lost, and no checkpoint is saved. Work that cannot be interrupted continues (`is_preparing`) until the process ends.

    Args:
        run: The run's directory, held by this process.
        commands: The queue of commands for the trainer.
        listen: Called with each event, in one thread at a time.
        launch: How the run is started. Past events of a resumed run are not repeated: they are in the log.
        attended: Returns whether a screen shows the run. If so, the trainer handles commands until Stop after the last
            step, and a loss that is not finite or a full disk pauses the run instead of ending it.
        limits: Sentences about what the run goes without, such as a socket; they become warnings.

    Returns:
        The final event. Errors are not raised: they become `Failed`.
    """

    def train(log: RunLog, emit: Emitter) -> Ended:
        def prepare() -> Trainer:
            return _prepare(run, log, commands, emit, launch, attended, crew)

        trainer = _until_stop(prepare, commands)
        for limit in limits:
            emit(Notice(step=trainer.step, level="warning", text=limit))
        try:
            trainer.run()
            trainer.serve()
        except Exception as error:
            cause = crew.explain(error)
            if crew.is_whole:  # otherwise a save would wait for the process that is gone
                trainer.close()
            raise cause from None if cause is error else error
        return trainer.close()

    crew = Crew(launch.cluster)
    try:
        log = RunLog(run)
    except RunError as error:
        last = failure(error, 0)
    else:
        with contextlib.closing(log):
            last = _record(train, run, log, listen, launch.on_end, crew.explain)
    crew.end(last.message if isinstance(last, Failed) else "")
    listen(last)
    return last


def is_preparing() -> bool:
    """Return whether a preparation is running in this process, abandoned or not.

    It may be in native code, which would crash while the interpreter shuts down.
    """
    return any(thread.name == _PREPARATION for thread in threading.enumerate())


def _record(
    train: Callable[[RunLog, Emitter], Ended],
    run: RunDirectory,
    log: RunLog,
    listen: Callable[[Event], None],
    on_end: Sequence[str],
    explain: Callable[[Exception], Exception],
) -> Ended | Failed:
    """Train, and log every event. Return the final event.

    It is logged but not passed to `listen` yet.
    """
    emit = Emitter(run, [log.record, listen])
    command = EndCommand(on_end, run.path, emit.warn)
    emit.sinks.append(command.handle_event)
    last: Ended | Failed
    try:
        with _event_files(run) as record:
            emit.sinks.insert(1, record)
            try:
                with contextlib.closing(command):  # its failure is an event, and no event follows the last one
                    last = train(log, emit)
            except StopError:
                emit.shut()
                last = _stopped(run)
        log.record(last)
    except Exception as error:  # the boundary of the engine: the user must see every error
        last = failure(explain(error), emit.step)
        with contextlib.suppress(VaeTuiError):  # the log itself may be what failed; `last` says why
            log.record(last)
    command.handle_event(last)
    command.close()
    return last


def _until_stop(prepare: Callable[[], Trainer], commands: queue.Queue[Command]) -> Trainer:
    """Prepare a trainer in a thread; most of it cannot be interrupted.

    Raises:
        StopError: when a Stop command arrives before the trainer is ready.
    """
    outcome: Future[Trainer] = Future()

    def work() -> None:
        try:
            outcome.set_result(prepare())
        except BaseException as error:
            outcome.set_exception(error)  # raised again where the result is taken

    threading.Thread(target=work, name=_PREPARATION, daemon=True).start()
    while not outcome.done():
        if is_stop_waiting(commands):
            if wait([outcome], PATIENCE_SECONDS).done:
                break
            raise StopError
        wait([outcome], 0.05)
    return outcome.result()


def _stopped(run: RunDirectory) -> Ended:
    """Make the final event of a run that was stopped during its preparation."""
    checkpoint = last_checkpoint(run.path)
    if checkpoint is None:
        return Ended(step=0, reason="stopped")
    return Ended(step=int(checkpoint.name), reason="stopped", checkpoint=str(checkpoint))


def _prepare(
    run: RunDirectory,
    log: RunLog,
    commands: queue.Queue[Command],
    emit: Emitter,
    launch: Launch,
    attended: Callable[[], bool],
    crew: Crew,
) -> Trainer:
    """Load the data and create the trainer."""
    emit(StateChanged(step=0, state=RunState.PREPARING))

    def report(label: str, done: int, total: int, unit: str) -> None:
        if is_stop_waiting(commands):
            raise StopError
        emit(Progress(step=0, label=label, done=done, total=total, unit=unit))

    def show_wait(label: str, done: int, total: int, unit: str) -> None:
        with contextlib.suppress(StopError):  # the run has been stopped, and this preparation abandoned
            emit(Progress(step=0, label=label, done=done, total=total, unit=unit))

    def ask_to_stop(why: str) -> None:
        if not is_stop_waiting(commands):
            commands.put(Stop())
            with contextlib.suppress(StopError):  # the run has ended meanwhile
                emit(Notice(step=emit.step, level="warning", text=why))

    def record_failure(why: str) -> None:
        with contextlib.suppress(StopError):  # the run has been stopped, and this preparation abandoned
            emit(failure(TrainingError(why), emit.step))

    crew.join(
        run,
        is_resumed=launch.is_resumed,
        on_wait=show_wait,
        ask_to_stop=ask_to_stop,
        record_failure=record_failure,
    )
    dataset = load_dataset(run.config.data, report)
    emit(
        DataReady(
            step=0,
            name=dataset.name,
            class_names=dataset.class_names,
            train_size=len(dataset.train),
            validation_size=len(dataset.validation),
            test_size=len(dataset.test) if dataset.test else 0,
            note="; ".join(filter(None, (launch.note, dataset.note))),
            image_shape=dataset.image_shape,
        )
    )
    emit(StateChanged(step=0, state=RunState.COMPILING))
    if crew.lead is None:  # otherwise JAX has started already, to join the others
        from ..learning.start_jax import start_jax

        start_jax()
    from .trainer import Trainer

    return Trainer(
        run.config,
        dataset,
        run.checkpoints_path,
        commands,
        emit,
        resume=launch.is_resumed,
        attended=attended,
        log_shortage=lambda: log.shortage,
        initial=_initial(run) if not launch.is_resumed else None,
        knob_changes=read_knob_changes(run.events_path) if launch.is_resumed else (),
        tested_step=read_tested_step(run.events_path) if launch.is_resumed else None,
        lead=crew.lead,
    )


def _initial(run: RunDirectory) -> Initial | None:
    """Load the parameters that a new run starts from, if any."""
    if run.config.train.init_from is None:
        return None
    from .initialize import load_parameters

    return load_parameters(run.config.train.init_from)


@contextlib.contextmanager
def _event_files(run: RunDirectory) -> Iterator[Callable[[Event], None]]:
    """Open a sink for TensorBoard event files, if they are enabled."""
    if not run.config.run.tensorboard:
        yield lambda event: None
        return
    from ..run.tensorboard import TensorBoardWriter

    writer = TensorBoardWriter(run.tensorboard_path)
    try:
        yield writer.record
    except BaseException:
        with contextlib.suppress(TrainingError):  # the first error is the one to report
            writer.close()
        raise
    writer.close()


def failure(error: Exception, step: int) -> Failed:
    """Make the final event of a run that an error ended after a step."""
    expected = isinstance(error, VaeTuiError)
    return Failed(
        step=step,
        message=str(error) if expected else f"{type(error).__name__}: {error}".splitlines()[0],
        traceback="".join(traceback.format_exception(error)),
        usage=isinstance(error, UsageError),
    )
