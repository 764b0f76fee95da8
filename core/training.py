"""One run from end to end: data, trainer and log put together. The app and the headless mode both call this.

JAX is imported when a run begins, not when this module is: a screen can be up before that.
"""

from __future__ import annotations

import contextlib
import queue
import traceback
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .alerts import AlertWatch
from .commands import Command, Stop
from .data import load_dataset
from .errors import TrainingError, UsageError, VaeTuiError
from .events import DataReady, Ended, Event, Failed, Progress, RunState, StateChanged
from .rundir import RunDirectory
from .runlog import RunLog, read_knob_changes

if TYPE_CHECKING:
    from .initialize import Initial


class _StopError(Exception):
    """A Stop command came while the data were being prepared."""


def run_training(
    run: RunDirectory,
    commands: queue.Queue[Command],
    listen: Callable[[Event], None],
    *,
    resume: bool,
    attended: bool,
    note: str = "",
) -> Ended | Failed:
    """Train a run; record every event in its log and pass it to `listen`.

    Args:
        run: The run's directory, held by this process.
        commands: What the trainer is told.
        listen: Called with each event, in the calling thread.
        resume: Continue from the last checkpoint. Past events are not repeated: they are in the log.
        attended: Somebody is there to answer. After the last step, go on answering commands until Stop; a loss
            that is not finite pauses the run instead of ending it.
        note: What the user should know of the choice of the data set.

    Returns:
        The last event. What goes wrong is not raised: it ends in Failed.
    """
    log = RunLog(run)
    sinks: list[Callable[[Event], None]] = [log.record, listen]
    watch = AlertWatch(run.config)
    step = 0

    def emit(event: Event) -> None:
        nonlocal step
        step = event.step
        for sink in sinks:
            sink(event)
        for alert in watch.see(event):
            emit(alert)

    last: Ended | Failed
    try:
        with _event_files(run) as record:
            sinks.insert(1, record)
            last = _run(run, commands, emit, resume=resume, attended=attended, note=note)
        log.record(last)
    except _StopError:
        last = Ended(step=0, reason="stopped")
        log.record(last)
    except Exception as error:  # the boundary of the engine: whatever it was, the user must be told
        last = failure(error, step)
        with contextlib.suppress(VaeTuiError):  # the log itself may be what failed; `last` says why
            log.record(last)
    finally:
        log.close()
    listen(last)
    return last


def _run(
    run: RunDirectory,
    commands: queue.Queue[Command],
    emit: Callable[[Event], None],
    *,
    resume: bool,
    attended: bool,
    note: str,
) -> Ended:
    emit(StateChanged(step=0, state=RunState.PREPARING))

    def report(label: str, done: int, total: int, unit: str) -> None:
        if any(isinstance(command, Stop) for command in list(commands.queue)):
            raise _StopError
        emit(Progress(step=0, label=label, done=done, total=total, unit=unit))

    dataset = load_dataset(run.config.data, report)
    emit(
        DataReady(
            step=0,
            name=dataset.name,
            class_names=dataset.class_names,
            train_size=len(dataset.train),
            validation_size=len(dataset.validation),
            test_size=len(dataset.test) if dataset.test else 0,
            note=note,
        )
    )
    emit(StateChanged(step=0, state=RunState.COMPILING))
    from .compilation import keep_compiled_code
    from .trainer import Trainer

    keep_compiled_code()
    trainer = Trainer(
        run.config,
        dataset,
        run.checkpoints_path,
        commands,
        emit,
        resume=resume,
        attended=attended,
        initial=_initial(run) if not resume else None,
        knob_changes=read_knob_changes(run.events_path) if resume else (),
    )
    try:
        trainer.run()
        if attended:
            trainer.serve()
    finally:
        ended = trainer.close()
    return ended


def _initial(run: RunDirectory) -> Initial | None:
    """The parameters that a new run starts from, where its configuration names some."""
    if run.config.train.init_from is None:
        return None
    from .initialize import load_parameters

    return load_parameters(run.config.train.init_from)


@contextlib.contextmanager
def _event_files(run: RunDirectory) -> Iterator[Callable[[Event], None]]:
    """Where events are written for TensorBoard, if the run's configuration asks for it; else nowhere."""
    if not run.config.run.tensorboard:
        yield lambda event: None
        return
    from .tensorboard import TensorBoardWriter

    writer = TensorBoardWriter(run.tensorboard_path)
    try:
        yield writer.record
    except BaseException:
        with contextlib.suppress(TrainingError):  # what went wrong first is what is to be told
            writer.close()
        raise
    writer.close()


def failure(error: Exception, step: int) -> Failed:
    """The last event of a run that an error has ended after a step."""
    expected = isinstance(error, VaeTuiError)
    return Failed(
        step=step,
        message=str(error) if expected else f"{type(error).__name__}: {error}".splitlines()[0],
        traceback="".join(traceback.format_exception(error)),
        usage=isinstance(error, UsageError),
    )
