"""Draw images with the models of a recorded run, in a separate thread."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ....core.data import is_own, list_datasets, load_dataset
from ....core.errors import DataError, VaeTuiError
from ....core.protocol import Event, Examples, Generate, Generated, Notice, Question, Sample, UseParams, no_images

if TYPE_CHECKING:
    from ....core.data.dataset import Split
    from ....core.inference.saved_run import SavedRun

CLOSE_SECONDS = 1.0
"""How long closing waits for the current work: the device cannot be interrupted, and may be busy for longer."""


class Models:
    """Answer questions with a run's checkpoints, and show what they learned.

    One checkpoint is current: the one at the step that the user looks at. Without readable checkpoints, a notice says
    so once, and then each answer does.

    Args:
        run_path: The run's directory.
        checkpoint: The checkpoint to use while no step is chosen: "best", "latest" or a step.
        post: Called with each event, in the thread of the models.
    """

    def __init__(self, run_path: Path, checkpoint: str, post: Callable[[Event], None]) -> None:
        self._path = run_path
        self._checkpoint = checkpoint
        self._post = post
        self._step: int | None = None
        """The step that the user looks at; None: use `checkpoint`."""
        self._asked: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
        """The queue of questions; None is queued when only the step changes."""
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="models", daemon=True)

    def start(self) -> None:
        """Start the thread, which imports JAX."""
        self._thread.start()

    def look_at(self, step: int | None) -> None:
        """Use the last checkpoint at or before a step, else the first one.

        Without a step, use the chosen checkpoint.
        """
        if step != self._step:
            self._step = step
            self._asked.put(None)

    def ask(self, question: Question) -> None:
        """Queue a question; events bring the answer."""
        self._asked.put(question)

    def close(self) -> None:
        """Post no more events, and wait up to CLOSE_SECONDS for the thread."""
        self._is_closed = True
        self._asked.put(None)
        if self._thread.ident is not None:
            self._thread.join(CLOSE_SECONDS)

    def _work(self) -> None:
        try:
            from ....core.learning.start_jax import start_jax

            start_jax()
            from ....core.inference.saved_run import SavedRun
            from ....core.learning.saved_checkpoints import open_checkpoints

            self._serve(SavedRun(open_checkpoints(self._path), self._checkpoint, self._warn))
        except VaeTuiError as error:
            self._refuse(str(error))
        except Exception as error:  # the boundary of the thread: the user must see every error
            logging.getLogger("vae_tui").exception("the models of %s cannot be shown", self._path)
            self._refuse(f"the models cannot be shown: {type(error).__name__}: {error}".splitlines()[0])

    def _serve(self, saved: SavedRun) -> None:
        """Answer questions, and show the latents and reconstructions of each new current model."""
        saved.stand_on(self._step)
        validation, shown = self._validation(saved), None
        while not self._is_closed:
            if validation is not None and saved.step != shown and not self._is_ahead(saved.step):
                shown = saved.step
                found = saved.show(validation)
                # While they were computed, the replay may have jumped back.
                self._post_all(saved, (e for e in found if isinstance(e, Examples) or not self._is_ahead(e.step)))
                continue  # drawing may have taken a while
            question = self._asked.get()
            saved.stand_on(self._step)
            if question is not None:
                self._post_all(saved, saved.answers.to(question, saved.step))

    def _is_ahead(self, step: int) -> bool:
        """Return whether a step is after the one that the user looks at."""
        return self._step is not None and step > self._step

    def _post_all(self, saved: SavedRun, events: Iterator[Event]) -> None:
        """Post events; if a checkpoint cannot be read, post a notice instead."""
        try:
            for event in events:
                self._emit(event)
        except VaeTuiError as error:
            self._emit(Notice(step=saved.step, level="warning", text=str(error)))

    def _validation(self, saved: SavedRun) -> Split | None:
        """Load the validation images if they are on this machine; nothing is downloaded."""
        data = saved.config.data
        try:
            if not is_own(data.name) and not any(
                status.ready for status in list_datasets(data.dir) if status.name == data.name
            ):
                raise DataError(f"{data.name} is not on this machine (`vae-tui data prepare {data.name}`)")
            return load_dataset(data, lambda label, done, total, unit: None).validation
        except DataError as error:
            text = f"no real images and no latent map: {error}"
            self._emit(Notice(step=saved.step, level="warning", text=text))
            return None

    def _warn(self, text: str) -> None:
        self._emit(Notice(step=0, level="warning", text=text))

    def _refuse(self, problem: str) -> None:
        """Answer every question with a problem."""
        self._emit(Notice(step=0, level="warning", text=f"no samples can be drawn: {problem}"))
        while not self._is_closed:
            match self._asked.get():
                case Generate(ticket=ticket, weights=weights):
                    none = no_images()
                    self._emit(Generated(step=0, ticket=ticket, images=none, weights=weights, problem=problem))
                case Sample() | UseParams():
                    self._emit(Notice(step=0, level="warning", text=problem))

    def _emit(self, event: Event) -> None:
        if not self._is_closed:
            self._post(event)
