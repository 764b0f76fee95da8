"""Reporting on a run as it goes: what its steps and evaluations find, pictures, and answers to questions."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable

import numpy as np

from ..data.dataset import Split
from ..inference.answers import Question
from ..inference.best_params import BestParams
from ..inference.display import Display
from ..learning.evaluator import Evaluation, SplitName
from ..learning.train_step import METRICS
from ..protocol import Event, Metrics, NotFinite, Notice
from .engine import ChunkResult, Engine
from .saving import Saver

STOP_PATIENCE_SECONDS = 1.0
"""How long Stop waits for an evaluation to end by itself; after that the evaluation is given up."""


class _GivenUpError(Exception):
    """An evaluation would keep Stop waiting for too long."""


class Reporter:
    """Says what becomes of a model in training, by events. It changes nothing of the model."""

    def __init__(
        self,
        engine: Engine,
        saver: Saver,
        validation: Split,
        emit: Callable[[Event], None],
        is_stop_waiting: Callable[[], bool],
    ) -> None:
        """Nothing is said yet.

        Args:
            engine: The model in training.
            saver: Is told of validation losses; its best checkpoint can be asked for.
            validation: The images of which some are shown.
            emit: Called with each event.
            is_stop_waiting: Whether the run is to stop as soon as may be.
        """
        self._engine = engine
        self._saver = saver
        self._emit = emit
        self._is_stop_waiting = is_stop_waiting
        self._stop_seen: float | None = None
        best = BestParams(saver.store, lambda: saver.report(wait=True))
        self._display = Display(engine.config, engine.model, engine.sampler, engine.params, best)
        self._gallery = self._display.open_gallery(validation)
        self.is_loss_due = False
        """Whether the validation loss of this step is being measured."""

    def show_examples(self) -> None:
        """Show real digits."""
        self._emit(self._gallery.examples(self._engine.step))

    def show_samples(self) -> None:
        """Show a picture of every class."""
        self._emit(self._display.answers.sample(self._engine.step))

    def answer(self, question: Question) -> None:
        """Show what was asked for."""
        for event in self._display.answers.to(question, self._engine.step):
            self._emit(event)

    def tell_steps(self, taken: ChunkResult) -> tuple[str, ...]:
        """Tell the metrics of a chunk's steps. Returns those that are not finite, of the step that was refused."""
        step = self._engine.step
        if len(taken.rows):
            columns = dict(zip(METRICS, taken.rows.T.copy(), strict=True))
            first_step = step - len(taken.rows) + 1
            self._emit(Metrics(step=step, first_step=first_step, seconds=taken.seconds, **columns))  # type: ignore[arg-type]
        if taken.refused is None:
            return ()
        wrong = tuple(
            name for name, value in zip(METRICS, taken.refused.tolist(), strict=True) if not np.isfinite(value)
        )
        self._emit(NotFinite(step=step, metrics=wrong))
        return wrong

    def evaluate(self, split: SplitName, between: Callable[[], None]) -> None:
        """Measure a split and tell what was found; or, where Stop has been waiting, that it was given up.

        Args:
            split: The split.
            between: Called at first, and after each piece of work, so that the caller can answer commands.
        """
        self.is_loss_due = split == "validation"
        found = self._measure(split, between)
        self.is_loss_due = False
        if found is None:
            return
        best = split == "validation" and self._saver.note_loss(self._engine.step, found.loss)
        self._emit(found.to_event(self._engine.step, split, best=best))
        if split == "validation":
            self._show(found)

    def show_latents(self, between: Callable[[], None]) -> None:
        """Show what the model has learned of the validation split; its loss is known already."""
        found = self._measure("validation", between)
        if found is not None:
            self._show(found)

    def _show(self, found: Evaluation) -> None:
        for event in self._display.show(self._gallery, self._engine.step, found.means[self._gallery.chosen]):
            self._emit(event)

    def _measure(self, split: SplitName, between: Callable[[], None]) -> Evaluation | None:
        """Measure a split; None when it was given up, which is said."""

        def between_or_end() -> None:
            between()
            if self._has_stop_waited():
                raise _GivenUpError

        try:
            between_or_end()
            return self._engine.evaluate(split, between_or_end)
        except _GivenUpError:
            self._emit(Notice(step=self._engine.step, level="warning", text=self._given_up(split)))
            return None

    def _has_stop_waited(self) -> bool:
        """Whether Stop has been waiting for STOP_PATIENCE_SECONDS, from the first evaluation on that found it so."""
        if not self._is_stop_waiting():
            return False
        now = time.monotonic()
        self._stop_seen = self._stop_seen or now
        return now - self._stop_seen >= STOP_PATIENCE_SECONDS

    def _given_up(self, split: SplitName) -> str:
        command = f"vae-tui eval {shlex.quote(str(self._saver.store.directory.parent))} --split {split}"
        if split == "test" and self._engine.config.eval.iw_samples:
            command += f" --iw-samples {self._engine.config.eval.iw_samples}"
        return (
            f"to stop, the evaluation of the {split} split at step {self._engine.step:,} was given up; "
            f"`{command}` measures the last checkpoint"
        )
