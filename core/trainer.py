"""The training loop: commands in, events out.

The trainer owns the device and runs in one thread. It knows nothing of who sends the commands or reads the
events. Commands take effect between chunks of steps, evaluations and saves, each of which is short.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import jax
import numpy as np
from jaxtyping import Array, Float32, Int

from .checkpoint import CheckpointStore
from .commands import Checkpoint, Command, Pause, Resume, Sample, Stop, UseParams
from .config import Config
from .data.dataset import Dataset
from .errors import CheckpointError, TrainingError
from .events import (
    Checkpointed,
    CheckpointStarted,
    Ended,
    Evaluated,
    Event,
    Metrics,
    ModelReady,
    Notice,
    ParamsSelected,
    RunState,
    StateChanged,
)
from .model import ConditionalVAE
from .optim import create_beta_schedule, create_optimizer, create_schedule, sample_schedule
from .plan import create_plan
from .sampler import Sampler
from .state import create_train_state, parameter_count
from .steps import (
    MAX_CHUNK,
    METRICS,
    create_eval_step,
    create_train_chunk,
    create_train_step,
    epoch_order,
    evaluate,
    split_seed,
    to_device,
)

CHUNK_SECONDS = 0.06
"""Time a chunk of steps should take: the latency of a command, at a dispatch cost of under one percent."""


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
    ) -> None:
        """Build the model and its state.

        Raises:
            ConfigError: when the configuration does not fit the data.
            CheckpointError: when `resume` finds no checkpoint that can be read.
        """
        self.config = config
        self.plan = create_plan(config, len(dataset.train))
        self._class_names = dataset.class_names
        self._commands = commands
        self._emit = emit
        self._stop: Stop | None = None
        self._state_shown: RunState | None = None
        self._chunk_steps = 1

        rngs = split_seed(config.train.seed)
        self._order_rng, self._eval_rng = rngs.order, rngs.evaluation
        self._schedule = create_schedule(config.optim, self.plan.total_steps)
        model = ConditionalVAE(config.model, len(dataset.class_names))
        tx = create_optimizer(config.optim, self._schedule)
        self.state = create_train_state(config, model.classes, tx, rngs.state)

        self._train_split = to_device(dataset.train)
        self._splits = {"validation": to_device(dataset.validation)}
        if dataset.test is not None:
            self._splits["test"] = to_device(dataset.test)
        train_step = create_train_step(config, self._schedule, create_beta_schedule(config.train))
        self._train_chunk = create_train_chunk(train_step, config.train.batch_size)
        self._eval_step = create_eval_step(model)
        self._sampler = Sampler(
            model,
            rngs.samples,
            samples_per_class=config.run.samples_per_class,
            temperature=config.run.temperature,
        )

        self._store = CheckpointStore(checkpoints, keep=config.run.keep_checkpoints)
        if resume:
            if self._store.latest_step is None:
                raise CheckpointError(f"there is no checkpoint in {checkpoints}; start a new run instead")
            self.state = self._store.restore(self._store.latest_step, self.state)
        self.step = int(self.state.step)
        self._order = self._epoch_order()
        self._validation_loss: tuple[int, float] | None = None  # the step it was measured at, and the loss
        self._best_loss = self._store.best_loss

    def run(self) -> None:
        """Train until the last step or a Stop command; on either the state is saved."""
        self._compile()
        self._sample()
        if self.step >= self.plan.total_steps:
            self._enter(RunState.FINISHED)
            return
        while self.step < self.plan.total_steps:
            self._enter(RunState.TRAINING)
            self._obey_commands()
            if self._stop is not None:
                break
            self._train()
            self._after_steps()
        else:
            self._finish()
            return
        self._leave(self._stop)

    def serve(self) -> None:
        """After the end of training: go on answering commands until Stop."""
        while self._stop is None:
            self._obey(self._commands.get())

    def close(self) -> Ended:
        """Let go of the run. Returns the run's last event, which the caller emits when everything is closed."""
        latest = self._store.latest_step
        self._store.close()
        finished = self.step >= self.plan.total_steps
        return Ended(
            step=self.step,
            reason="finished" if finished else "stopped",
            checkpoint=None if latest is None else str(self._store.path(latest)),
        )

    # -- the parts of a run

    def _compile(self) -> None:
        """Compile every function by calling it; no step is taken. The caller has said so: importing JAX came first."""
        start = time.perf_counter()
        self.state, _ = self._train_chunk(self.state, self._train_split, self._order, np.int32(0))
        self._eval_step(self.state.ema_params, self._splits["validation"], self._eval_rng, np.int32(0))
        self._sampler.sample(self.state)
        jax.block_until_ready(self.state)
        steps, rates = sample_schedule(self._schedule, self.plan.total_steps)
        self._emit(
            ModelReady(
                step=self.step,
                parameter_count=parameter_count(self.state.params),
                device=jax.devices()[0].device_kind,
                steps_per_epoch=self.plan.steps_per_epoch,
                total_steps=self.plan.total_steps,
                batch_size=self.config.train.batch_size,
                compile_seconds=time.perf_counter() - start,
                schedule_steps=steps,
                schedule_rates=rates,
            )
        )

    def _train(self) -> None:
        """Take one chunk of steps: up to the next boundary, and about CHUNK_SECONDS long."""
        boundary = min(
            self.plan.total_steps - self.step,
            self.plan.steps_to_epoch_end(self.step),
            self.config.run.sample_steps - self.step % self.config.run.sample_steps,
        )
        steps = min(self._chunk_steps, boundary)
        start = time.perf_counter()
        self.state, buffer = self._train_chunk(self.state, self._train_split, self._order, np.int32(steps))
        rows = np.asarray(jax.device_get(buffer))[:steps]
        seconds = time.perf_counter() - start
        self.step += steps
        self._emit(
            Metrics(
                step=self.step,
                first_step=self.step - steps + 1,
                seconds=seconds,
                **dict(zip(METRICS, rows.T.copy(), strict=True)),  # type: ignore[arg-type]
            )
        )
        self._require_finite(rows)
        # At most double at a time: one fast chunk must not make the next one long.
        paced = round(steps * CHUNK_SECONDS / seconds)
        self._chunk_steps = min(max(1, paced), 2 * self._chunk_steps, MAX_CHUNK)

    def _require_finite(self, rows: Float32[np.ndarray, "steps metrics"]) -> None:
        if np.isfinite(rows).all():
            return
        first = int(np.argmin(np.isfinite(rows).all(axis=1)))
        raise TrainingError(
            f"the loss or the gradient is not finite at step {self.step - len(rows) + 1 + first}; "
            "a lower --optim.learning-rate usually helps"
        )

    def _after_steps(self) -> None:
        """What the schedule of the run asks for at this step: a picture, an evaluation, a checkpoint."""
        at_end = self.step == self.plan.total_steps
        if self.step % self.config.run.sample_steps == 0 or at_end:
            self._sample()
        if self.plan.ends_epoch(self.step) or at_end:
            self._evaluate("validation")
        if self.plan.ends_epoch(self.step):
            self._order = self._epoch_order()
        if self.plan.is_checkpoint_due(self.step) or at_end:
            self._save(requested=False)
        self._report_save()

    def _leave(self, stop: Stop) -> None:
        if stop.checkpoint:
            self._save(requested=False)
        self._report_save(wait=True)
        self._enter(RunState.STOPPED)

    def _finish(self) -> None:
        if "test" in self._splits:
            self._evaluate("test")
        self._report_save(wait=True)
        self._enter(RunState.FINISHED)

    def _evaluate(self, split: Literal["validation", "test"]) -> None:
        def between() -> None:
            self._obey_commands()
            self._enter(RunState.EVALUATING, split)  # again, if it was paused

        self._enter(RunState.EVALUATING, split)
        reconstruction, kl = evaluate(
            self._eval_step, self.state.ema_params, self._splits[split], self._eval_rng, between
        )
        loss = reconstruction + kl
        best = split == "validation" and (self._best_loss is None or loss < self._best_loss)
        if split == "validation":
            self._validation_loss = (self.step, loss)
            self._best_loss = loss if best else self._best_loss
        self._emit(Evaluated(step=self.step, split=split, loss=loss, reconstruction=reconstruction, kl=kl, best=best))

    def _epoch_order(self) -> Int[Array, " n"]:
        return epoch_order(self._order_rng, self.plan.epoch(self.step), self._train_split.labels.shape[0])

    def _sample(self, *, requested: bool = False, label: int | None = None) -> None:
        self._emit(self._sampler.sample(self.state, requested=requested, label=label))

    def _save(self, *, requested: bool) -> None:
        """Begin to write a checkpoint, unless this step has one. While an earlier one is written, answer commands."""
        while self._store.is_saving and self.step not in self._store:
            self._report_save()
            self._obey_commands()
            time.sleep(0.002)
        if self.step in self._store:
            if requested and self._store.is_saving:
                self._emit(CheckpointStarted(step=self.step, requested=True))
            elif requested:
                self._emit(Checkpointed(step=self.step, path=str(self._store.path(self.step))))
            return
        self._store.save(self.state, self.config, self._class_names, self._loss_at(self.step))
        self._emit(CheckpointStarted(step=self.step, requested=requested))

    def _report_save(self, *, wait: bool = False) -> None:
        """Say that a checkpoint is complete, once it is."""
        step = self._store.take_completed(wait=wait)
        if step is None:
            return
        path = str(self._store.path(step))
        self._emit(Checkpointed(step=step, path=path, loss=self._loss_at(step), best=self._store.best_step == step))

    def _loss_at(self, step: int) -> float | None:
        """The validation loss at this very step, if it was measured."""
        if self._validation_loss is not None and self._validation_loss[0] == step:
            return self._validation_loss[1]
        return None

    def _enter(self, state: RunState, detail: str = "") -> None:
        if state != self._state_shown:
            self._state_shown = state
            self._emit(StateChanged(step=self.step, state=state, detail=detail))

    # -- commands

    def _obey_commands(self) -> None:
        """Do what has been asked for since the last call; while paused, wait for more."""
        while self._stop is None:
            try:
                command = self._commands.get(block=self._state_shown == RunState.PAUSED, timeout=0.05)
            except queue.Empty:
                self._report_save()
                if self._state_shown != RunState.PAUSED:
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
            case Checkpoint():
                self._save(requested=True)
            case Sample(label=label):
                if label is not None and label >= len(self._class_names):
                    self._emit(Notice(step=self.step, level="warning", text=f"this data set has no class {label}"))
                else:
                    self._sampler.renew(label)
                    self._sample(requested=True, label=label)
            case UseParams(source=source):
                self._sampler.source = source
                self._emit(ParamsSelected(step=self.step, source=source))
                self._sample(requested=True)
            case Stop():
                self._stop = command
