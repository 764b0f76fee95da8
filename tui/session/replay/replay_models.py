"""The models of a recorded run, in a thread of their own: playing never waits for the device."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ....core.data import list_datasets, load_dataset
from ....core.errors import DataError, VaeTuiError
from ....core.protocol import Event, Generate, Generated, Notice, Sample, UseParams

if TYPE_CHECKING:
    from ....core.data.dataset import Split
    from ....core.inference.saved_run import SavedRun

Question = Sample | UseParams | Generate
"""The commands that are answered here."""

CLOSE_SECONDS = 1.0
"""How long closing waits for what is under way: the device cannot be interrupted, and may be busy for longer."""


class Models:
    """Draws what a run's checkpoints can draw, and shows what they make of the validation images.

    It stands on one checkpoint, the one of the moment that is looked at. A run without checkpoints, or one whose
    checkpoints cannot be read, says so once, and then in each answer.

    Args:
        run_path: The run's directory.
        checkpoint: The checkpoint to stand on while no other moment is looked at: "latest", "best" or a step.
        post: Called with each event, in a thread of its own.
    """

    def __init__(self, run_path: Path, checkpoint: str, post: Callable[[Event], None]) -> None:
        self._path = run_path
        self._checkpoint = checkpoint
        self._post = post
        self._step: int | None = None
        """The step that is looked at; None: the checkpoint that was chosen."""
        self._asked: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
        """What is to be answered; None where only another step is looked at."""
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="models", daemon=True)

    def start(self) -> None:
        """Start the thread; JAX is imported in it."""
        self._thread.start()

    def look_at(self, step: int | None) -> None:
        """Stand on the checkpoint nearest at or before a step, or else on the first one; None: on the chosen one."""
        if step != self._step:
            self._step = step
            self._asked.put(None)

    def ask(self, question: Question) -> None:
        """Have a question answered, by events."""
        self._asked.put(question)

    def close(self) -> None:
        """Say nothing more, and let go of the run, unless that takes too long."""
        self._is_closed = True
        self._asked.put(None)
        if self._thread.ident is not None:
            self._thread.join(CLOSE_SECONDS)

    def _work(self) -> None:
        try:
            from ....core.inference.saved_run import SavedRun
            from ....core.learning.checkpoint import open_checkpoints

            logging.getLogger("absl").setLevel(logging.ERROR)  # Orbax warns that it opens checkpoints for reading only
            with open_checkpoints(self._path) as store:
                self._serve(SavedRun(store, self._checkpoint))
        except VaeTuiError as error:
            self._refuse(str(error))
        except Exception as error:  # the boundary of the thread: whatever it was, the user must be told
            logging.getLogger("vae_tui").exception("the models of %s cannot be shown", self._path)
            self._refuse(f"the models cannot be shown: {type(error).__name__}: {error}".splitlines()[0])

    def _serve(self, saved: SavedRun) -> None:
        """Answer, and show what the model of the moment has learned whenever it is another one."""
        saved.stand_on(self._step)
        validation, shown = self._validation(saved), None
        while not self._is_closed:
            if validation is not None and saved.step != shown:
                shown = saved.step
                self._say(saved, saved.show(validation))
                continue  # it may have taken a while
            question = self._asked.get()
            saved.stand_on(self._step)
            if question is not None:
                self._say(saved, saved.answers.to(question, saved.step))

    def _say(self, saved: SavedRun, events: Iterator[Event]) -> None:
        """Post events; what cannot be made, because a checkpoint cannot be read, is said instead."""
        try:
            for event in events:
                self._tell(event)
        except VaeTuiError as error:
            self._tell(Notice(step=saved.step, level="warning", text=str(error)))

    def _validation(self, saved: SavedRun) -> Split | None:
        """The validation images, if they are there; nothing is fetched for it."""
        data = saved.config.data
        try:
            if not any(status.ready for status in list_datasets(data.dir) if status.name == data.name):
                raise DataError(f"{data.name} is not on this machine (`vae-tui data prepare {data.name}`)")
            return load_dataset(data, lambda label, done, total, unit: None).validation
        except DataError as error:
            text = f"no real digits and no latent map: {error}"
            self._tell(Notice(step=saved.step, level="warning", text=text))
            return None

    def _refuse(self, problem: str) -> None:
        """Answer every question with what is wrong."""
        self._tell(Notice(step=0, level="warning", text=f"no digits can be drawn: {problem}"))
        while not self._is_closed:
            match self._asked.get():
                case Generate(ticket=ticket, weights=weights):
                    images = np.zeros((0, 28, 28), np.uint8)
                    self._tell(Generated(step=0, ticket=ticket, images=images, weights=weights, problem=problem))
                case Sample() | UseParams():
                    self._tell(Notice(step=0, level="warning", text=problem))

    def _tell(self, event: Event) -> None:
        if not self._is_closed:
            self._post(event)
