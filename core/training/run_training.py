"""One run from end to end: data, trainer and log put together, for whoever hosts it.

JAX is imported when a run begins, not when this module is: the host can be reached before that.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING

from ..config import Config
from ..data import load_dataset
from ..errors import RunError, TrainingError, UsageError, VaeTuiError
from ..history import AlertWatch
from ..protocol import Command, DataReady, Ended, Event, Failed, Progress, RunState, StateChanged, is_stop_waiting
from ..run import RunDirectory, RunLog, last_checkpoint, read_knob_changes

if TYPE_CHECKING:
    from .initialize import Initial
    from .trainer import Trainer

PATIENCE_SECONDS = 1.0
"""How long a preparation may take to end by itself once Stop has come; after that it is given up."""

_PREPARATION = "preparation"


class _StopError(Exception):
    """A Stop command came while the run was being prepared."""


def run_training(
    run: RunDirectory,
    commands: queue.Queue[Command],
    listen: Callable[[Event], None],
    *,
    resume: bool,
    attended: Callable[[], bool] = lambda: False,
    note: str = "",
) -> Ended | Failed:
    """Train a run; record every event in its log and pass it to `listen`.

    A Stop that comes while data are fetched or code is compiled ends the run within PATIENCE_SECONDS; nothing is lost
    then, and nothing saved. What cannot be interrupted goes on (`is_preparing`) until the process ends.

    Args:
        run: The run's directory, held by this process.
        commands: What the trainer is told.
        listen: Called with each event, in one thread at a time.
        resume: Continue from the last checkpoint. Past events are not repeated: they are in the log.
        attended: Whether somebody is there to answer. While that is so after the last step, commands are answered
            until Stop; and a loss that is not finite pauses the run instead of ending it.
        note: What the user should know of the choice of the data set.

    Returns:
        The last event. What goes wrong is not raised: it ends in Failed.
    """

    def train(emit: Callable[[Event], None]) -> Ended:
        trainer = _until_stop(lambda: _prepare(run, commands, emit, resume, attended, note), commands)
        try:
            trainer.run()
            trainer.serve()
        finally:
            ended = trainer.close()
        return ended

    try:
        log = RunLog(run)
    except RunError as error:
        last = failure(error, 0)
    else:
        with contextlib.closing(log):
            last = _record(train, run, log, listen)
    listen(last)
    return last


def is_preparing() -> bool:
    """Whether a preparation is under way in this process, given up or not. Native code may be at work in it, which
    would crash while the interpreter is taken down."""
    return any(thread.name == _PREPARATION for thread in threading.enumerate())


def _record(
    train: Callable[[Callable[[Event], None]], Ended], run: RunDirectory, log: RunLog, listen: Callable[[Event], None]
) -> Ended | Failed:
    """Train, and record every event. Returns the last event, which is recorded, too, but nobody has heard of yet."""
    emit = _Emitter(run.config, [log.record, listen])
    last: Ended | Failed
    try:
        with _event_files(run) as record:
            emit.sinks.insert(1, record)
            try:
                last = train(emit)
            except _StopError:
                emit.shut()
                last = _stopped(run)
        log.record(last)
    except Exception as error:  # the boundary of the engine: whatever it was, the user must be told
        last = failure(error, emit.step)
        with contextlib.suppress(VaeTuiError):  # the log itself may be what failed; `last` says why
            log.record(last)
    return last


class _Emitter:
    """Says events to all who are to know, each followed by the alerts that it gives cause for.

    A run is prepared in another thread than it is trained in. Once a preparation is given up, nobody hears of it.
    """

    def __init__(self, config: Config, sinks: Sequence[Callable[[Event], None]]) -> None:
        self.sinks = list(sinks)
        self.step = 0
        """That of the last event."""
        self._watch = AlertWatch(config)
        self._lock = threading.RLock()
        self._is_shut = False

    def __call__(self, event: Event) -> None:
        with self._lock:
            if self._is_shut:
                raise _StopError
            self.step = event.step
            for sink in self.sinks:
                sink(event)
            for alert in self._watch.see(event):
                self(alert)

    def shut(self) -> None:
        """From now on, whoever says an event is stopped by an exception."""
        with self._lock:
            self._is_shut = True


def _until_stop(prepare: Callable[[], Trainer], commands: queue.Queue[Command]) -> Trainer:
    """Prepare a trainer in a thread of its own, for much of that can be neither interrupted nor waited for.

    Raises:
        _StopError: when Stop has come.
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
            raise _StopError
        wait([outcome], 0.05)
    return outcome.result()


def _stopped(run: RunDirectory) -> Ended:
    """The last event of a run that was stopped before it took a step."""
    checkpoint = last_checkpoint(run.path)
    if checkpoint is None:
        return Ended(step=0, reason="stopped")
    return Ended(step=int(checkpoint.name), reason="stopped", checkpoint=str(checkpoint))


def _prepare(
    run: RunDirectory,
    commands: queue.Queue[Command],
    emit: Callable[[Event], None],
    resume: bool,
    attended: Callable[[], bool],
    note: str,
) -> Trainer:
    """Get the data and make the trainer."""
    emit(StateChanged(step=0, state=RunState.PREPARING))

    def report(label: str, done: int, total: int, unit: str) -> None:
        if is_stop_waiting(commands):
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
    from ..learning.compilation import keep_compiled_code
    from .trainer import Trainer

    keep_compiled_code()
    return Trainer(
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
    from ..run.tensorboard import TensorBoardWriter

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
