"""Report on a training run: metrics, evaluations, samples and answers to the user's questions."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from ..config import ParamsSource, SplitName
from ..data.dataset import Split
from ..errors import CheckpointError
from ..inference.best_params import BestParams, Result, read_result
from ..inference.display import Display
from ..learning.evaluator import Evaluation
from ..learning.mesh import local_mesh
from ..learning.train_state import Params
from ..protocol import METRICS, Event, Metrics, NotFinite, Notice, Question
from ..text import count, shell_path
from .engine import ChunkResult, Engine
from .saving import Saver

STOP_PATIENCE_SECONDS = 1.0
"""How long Stop waits for an evaluation to complete; after that the evaluation is canceled."""


class _GivenUpError(Exception):
    """An evaluation was canceled because Stop has waited too long."""


class Reporter:
    """Emit events about a model in training, without changing the model."""

    def __init__(
        self,
        engine: Engine,
        saver: Saver,
        validation: Split,
        emit: Callable[[Event], None],
        is_stop_waiting: Callable[[], bool],
    ) -> None:
        """Set up the pictures; no event is emitted yet.

        Args:
            engine: The engine with the model in training.
            saver: Receives validation losses, and provides the best checkpoint.
            validation: The validation split, some of whose images are shown.
            emit: Called with each event.
            is_stop_waiting: Returns whether a Stop command is waiting.
        """
        self._engine = engine
        self._saver = saver
        self._emit = emit
        self._is_stop_waiting = is_stop_waiting
        self._stop_seen: float | None = None
        self._mesh = local_mesh(engine.mesh)
        self._best = BestParams(saver.store, self._mesh, lambda: saver.report(wait=True))
        self._result: Result | None = None
        self._display = Display(engine.config, engine.model, self._mesh, engine.sampler, self._params, self._best)
        self._gallery = self._display.open_gallery(validation)
        self.is_loss_due = False
        """Whether the validation loss of the current step is being measured."""
        self.evaluations_since_best = 0
        """Evaluations since the one with the lowest loss, in this session."""

    def show_examples(self) -> None:
        """Emit real images of the validation split."""
        self._emit(self._gallery.examples(self._engine.step))

    def show_samples(self) -> None:
        """Emit samples of every class."""
        self._emit(self._display.answers.sample(self._step))

    def answer(self, question: Question) -> None:
        """Emit the answer to a question."""
        for event in self._display.answers.to(question, self._step):
            self._emit(event)

    def emit_metrics(self, taken: ChunkResult) -> tuple[str, ...]:
        """Emit a chunk's metrics. Return those not finite in a refused step."""
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

    def validate(self, on_batch: Callable[[], None]) -> None:
        """Evaluate the validation split and emit the result; a waiting Stop cancels the evaluation.

        Args:
            on_batch: Called first, and after each batch, so that the caller can handle commands.
        """
        self.is_loss_due = True
        found = self._measure("validation", self._current(), on_batch)
        self.is_loss_due = False
        if found is not None:
            best = self._saver.record_loss(self._engine.step, found.loss)
            self.evaluations_since_best = 0 if best else self.evaluations_since_best + 1
            self._emit(found.to_event(self._engine.step, "validation", best=best))
            self._show(found)

    def test(self, on_batch: Callable[[], None]) -> None:
        """Evaluate the parameters that are the run's result on the test split.

        `on_batch` and a waiting Stop act as in `validate`. Call `adopt_result` before.
        """
        found = self._measure("test", self._current(), on_batch)
        if found is not None:
            params_step = self._result.step if self._result is not None else None
            self._emit(found.to_event(self._engine.step, "test", params_step=params_step))

    def adopt_result(self) -> None:
        """Show the parameters with the lowest validation loss from now on, in place of those of the last step.

        Where no other step is better, or no checkpoint can be read, the last step is the result.
        """
        self._saver.report(wait=True)  # what is being written may be the best one
        store = self._saver.store
        if store.best_step in (None, self._engine.step):
            return
        try:
            self._result = read_result(store, self._mesh, self._warn)
        except CheckpointError as error:
            self._warn(f"{error}; the parameters of step {count(self._engine.step)} are shown instead")

    def show_result(self, on_batch: Callable[[], None]) -> None:
        """Emit the pictures of the run's result, if those of other parameters were shown last.

        `on_batch` and a waiting Stop act as in `validate`.
        """
        if self._result is None or self._is_stop_waiting():
            return
        loss = self._saver.store.read_loss(self._result.step)
        measured = f" (validation loss {loss:.2f})" if loss is not None else ""
        best = f"best checkpoint, step {count(self._result.step)}{measured}"
        text = f"{best}: the samples and the latent map now show it"
        self._emit(Notice(step=self._engine.step, level="info", text=text))
        self.show_samples()
        self.show_latents(on_batch)

    def show_latents(self, on_batch: Callable[[], None]) -> None:
        """Emit the latent map and reconstructions; the log has the validation loss already."""
        found = self._measure("validation", self._current(), on_batch)
        if found is not None:
            self._show(found)

    def _show(self, found: Evaluation) -> None:
        for event in self._display.show(self._gallery, self._step, found.means[self._gallery.chosen]):
            self._emit(event)

    @property
    def _step(self) -> int:
        """The step of the parameters that are shown."""
        return self._engine.step if self._result is None else self._result.step

    def _params(self, source: ParamsSource) -> Params:
        """Return the parameters that are shown: the result, once it is adopted, or else the current ones."""
        return self._engine.params(source) if self._result is None else self._result.params(source)

    def _current(self) -> Params:
        return self._params(self._engine.config.eval.params)

    def _warn(self, text: str) -> None:
        self._emit(Notice(step=self._engine.step, level="warning", text=text))

    def _measure(self, split: SplitName, params: Params, on_batch: Callable[[], None]) -> Evaluation | None:
        """Evaluate a split; when Stop cancels the evaluation, emit a notice and return None."""

        def on_batch_or_end() -> None:
            on_batch()
            if self._has_stop_waited():
                raise _GivenUpError

        try:
            on_batch_or_end()
            checkpoint = None if self._result is None else self._result.step
            return self._engine.evaluate(split, params, on_batch_or_end, checkpoint=checkpoint)
        except _GivenUpError:
            self._emit(Notice(step=self._engine.step, level="warning", text=self._given_up(split)))
            return None

    def _has_stop_waited(self) -> bool:
        """Return whether Stop has been waiting for STOP_PATIENCE_SECONDS since an evaluation first noticed it."""
        if not self._is_stop_waiting():
            return False
        now = time.monotonic()
        self._stop_seen = self._stop_seen or now
        return now - self._stop_seen >= STOP_PATIENCE_SECONDS

    def _given_up(self, split: SplitName) -> str:
        command = f"vae-tui eval {shell_path(self._saver.store.directory.parent)} --split {split}"
        if split == "test" and self._engine.config.eval.iw_samples:
            command += f" --iw-samples {self._engine.config.eval.iw_samples}"
        return (
            f"the evaluation of the {split} split at step {count(self._engine.step)} was canceled to stop the run; "
            f"`{command}` evaluates the last checkpoint"
        )
