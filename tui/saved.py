"""A session for a run that is not being trained: its past, and its model to explore."""

from __future__ import annotations

import contextlib
import logging
import shlex
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.commands import Command, Generate, Sample, Stop, UseParams
from ..core.data import list_datasets, load_dataset
from ..core.errors import DataError
from ..core.events import Ended, Event, Failed, Metrics, ModelReady, Notice, Rewound, RunState, StateChanged
from ..core.pictures import PictureArchive
from ..core.rundir import events_path
from ..core.runlog import read_events
from ..core.training import failure
from .session import ThreadSession

if TYPE_CHECKING:
    from ..core.inference import SavedRun

_ENDS = (RunState.FINISHED, RunState.STOPPED)


class SavedSession(ThreadSession):
    """Says again what a run has said, then shows what its model has learned and draws what it is asked for.

    The run is only read. Nothing is trained: a command that would is answered by a warning.
    """

    def __init__(self, run_path: Path, *, checkpoint: str = "latest") -> None:
        """Prepare; nothing is read yet.

        Args:
            run_path: The run's directory.
            checkpoint: "latest", "best" (lowest validation loss) or a step.
        """
        super().__init__("saved run")
        self._path = run_path
        self._checkpoint = checkpoint
        self._step = 0
        """The last step that the run has told of."""
        self._ended = Ended(step=0, reason="stopped")

    def _work(self, post: Callable[[Event], None]) -> None:
        try:
            with contextlib.closing(self._events()) as events:
                for event in events:
                    post(event)
                    if any(isinstance(command, Stop) for command in list(self._commands.queue)):
                        break
            last: Ended | Failed = self._ended
        except Exception as error:  # the boundary of the thread: whatever it was, the user must be told
            last = failure(error, self._step)
        post(last)

    def _events(self) -> Generator[Event, None, None]:
        """Everything there is to say, until a Stop comes."""
        yield from self._past()
        from ..core.checkpoint import open_checkpoints
        from ..core.inference import SavedRun

        logging.getLogger("absl").setLevel(logging.ERROR)  # Orbax warns that it opens checkpoints for reading only
        with open_checkpoints(self._path) as store:
            saved = SavedRun(store, self._checkpoint)
            self._ended = Ended(step=saved.step, reason="stopped", checkpoint=str(saved.path))
            yield from self._validation(saved)
            while not isinstance(command := self._commands.get(), Stop):
                yield from self._answers(saved, command)

    def _past(self) -> Iterator[Event]:
        """What the log tells, the last picture, and that it is over."""
        state = None
        for event in read_events(events_path(self._path)):
            match event:
                case Ended() | Failed():
                    continue  # of the session that trained it; this one goes on
                case Metrics() | ModelReady() | Rewound():
                    self._step = event.step
                case StateChanged():
                    state = event.state
            yield event
        picture = PictureArchive(self._path / "samples").at(self._step)
        if picture is not None:
            yield picture
        if state not in _ENDS:  # it was killed, or has failed
            yield StateChanged(step=self._step, state=RunState.STOPPED)

    def _validation(self, saved: SavedRun) -> Iterator[Event]:
        """What the model makes of the validation images, if they are there; nothing is fetched for it."""
        data = saved.config.data
        try:
            if not any(status.ready for status in list_datasets(data.dir) if status.name == data.name):
                raise DataError(f"{data.name} is not on this machine (`vae-tui data prepare {data.name}`)")
            dataset = load_dataset(data, lambda label, done, total, unit: None)
        except DataError as error:
            text = f"no real digits and no latent map: {error}"
            yield Notice(step=saved.step, level="warning", text=text)
        else:
            yield from saved.show(dataset.validation)

    def _answers(self, saved: SavedRun, command: Command) -> Iterator[Event]:
        if isinstance(command, Sample | UseParams | Generate):
            yield from saved.answers.to(command, saved.step)
        else:
            resume = f"vae-tui train --resume {shlex.quote(str(self._path))}"
            text = f"this run is not being trained; {resume} goes on with it"
            yield Notice(step=saved.step, level="warning", text=text)
