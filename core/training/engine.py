"""Hold a run's train_state on the devices, and its compiled functions.

The engine knows neither commands nor events; the trainer calls it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Int

from ..config import Config, ParamsSource, SplitName
from ..data.dataset import Dataset
from ..errors import ConfigError
from ..inference.sampler import Sampler
from ..learning.batches import epoch_order, to_device
from ..learning.compilation import precompile
from ..learning.evaluator import Evaluation, Evaluator
from ..learning.mesh import check_batch_size, create_mesh, local_mesh, spread, take_local
from ..learning.objective import create_beta_schedule
from ..learning.optimizer import create_optimizer
from ..learning.processes import wait_for_all
from ..learning.rngs import split_seed
from ..learning.schedules import create_schedule
from ..learning.train_chunk import MAX_CHUNK, create_train_chunk
from ..learning.train_state import Params, TrainState, create_knobs, create_params, create_train_state
from ..learning.train_step import create_train_step
from ..model import MEAN_IMAGE, ConditionalVAE
from .cluster.orders import Cancel, Compile, Evaluate, GoOn, Order, Restore, SetKnobs, Train
from .initialize import Initial, Report, merge_parameters
from .plan import create_plan

CHUNK_SECONDS = 0.06
"""Target duration of a chunk: it bounds the latency of commands, at a dispatch cost of under one percent."""


class ChunkResult(NamedTuple):
    """The metrics of a chunk of steps; the columns are the fields of `StepMetrics`."""

    rows: Float32[np.ndarray, "steps metrics"]
    """One row for each step that was taken."""
    refused: Float32[np.ndarray, " metrics"] | None
    """The metrics of the next step, which was not taken because one of them is not finite; else None."""
    seconds: float
    """Duration of the chunk."""


class Engine:
    """Train and evaluate a model on a mesh of devices."""

    def __init__(
        self,
        config: Config,
        dataset: Dataset,
        initial: Initial | None = None,
        tell: Callable[[Order], None] = lambda order: None,
    ) -> None:
        """Build the model and its train_state, and place the data on the devices.

        Args:
            config: The run's configuration.
            dataset: The images.
            initial: Parameters to start from; None: random ones.
            tell: Called with each order before it is carried out here; process 0 of a cluster passes it on.

        Raises:
            ConfigError: when the configuration does not fit the data, the devices or the initial parameters.
        """
        self.config = config
        self._tell = tell
        if config.model.likelihood == "binarized" and len(dataset.image_shape) == 3:
            raise ConfigError(
                f"model.likelihood is binarized, which is for gray images, but those of {dataset.name} are in color; "
                "choose bernoulli, logistic or gaussian"
            )
        self.plan = create_plan(config, len(dataset.train))
        self.mesh = create_mesh(config.train.devices)
        check_batch_size(config.train.batch_size, self.mesh)
        self.model = ConditionalVAE(config.model, len(dataset.class_names), dataset.image_shape)
        self.schedule = create_schedule(config.optim, self.plan.total_steps)
        rngs = split_seed(config.train.seed)
        params_rng, state_rng = jax.random.split(rngs.state)
        params = create_params(self.model, params_rng) | {MEAN_IMAGE: jnp.asarray(dataset.train.mean_image())}
        self.report: Report | None = None
        """Which initial parameters were loaded; None when there are none."""
        if initial is not None:
            params, self.report = merge_parameters(params, initial.params)
        tx = create_optimizer(config.optim, self.schedule, self.plan.total_steps, params, rngs.gradient_noise)
        self.state = create_train_state(self.model, params, tx, state_rng, self.mesh, ema_decay=config.train.ema_decay)
        self.step = 0
        self.sampler = Sampler(self.model, local_mesh(self.mesh), rngs.samples, config.run)
        self._evaluator = Evaluator(self.model, self.mesh)
        beta_schedule = create_beta_schedule(config.objective, self.plan.total_steps)
        train_step = create_train_step(
            config,
            self.schedule,
            beta_schedule,
            augment_strength=config.data.augment_strength(len(dataset.train), dataset.image_shape),
        )
        self._train_chunk = create_train_chunk(train_step, config.train.batch_size, self.mesh)
        self._chunk_steps = 1
        place_split = partial(to_device, mesh=self.mesh, shard=config.data.shard)
        self._train_split = place_split(dataset.train)
        self._splits = {"validation": place_split(dataset.validation)}
        if dataset.test is not None:
            self._splits["test"] = place_split(dataset.test)
        self._order_rng = rngs.order
        self._order_epoch = -1

    @property
    def has_test_split(self) -> bool:
        """Whether the data set has a test split."""
        return "test" in self._splits

    def compile(self) -> None:
        """Compile every function by calling it; no step is taken."""
        self._tell(Compile())
        if jax.process_count() > 1:
            self._precompile()
        self._take(0)
        params = self._averaged_or_raw(self.config.eval.params)
        for name, split in self._splits.items():
            self._evaluator.compile(params, split, iw_samples=self._iw_samples(name))
        self.sampler.sample(self.params("ema"), self.step)

    def _precompile(self) -> None:
        """Compile in every process what they compute together, before any of them calls it."""
        params = self._averaged_or_raw(self.config.eval.params)
        precompile(self._train_chunk, self.state, self._train_split, self._next_order(), np.int32(0))
        for name, split in self._splits.items():
            self._evaluator.precompile(params, split, iw_samples=self._iw_samples(name))
        wait_for_all()

    def train(self, most: int) -> ChunkResult:
        """Take a chunk of at most `most` steps, within the epoch, in about CHUNK_SECONDS."""
        steps = min(self._chunk_steps, most, self.plan.steps_to_epoch_end(self.step))
        start = time.perf_counter()
        self._tell(Train(steps))
        taken, refused = self.take(steps)
        seconds = time.perf_counter() - start
        # At most double at a time: one fast chunk must not make the next one long.
        tried = len(taken) + (refused is not None)
        self._chunk_steps = min(max(1, round(tried * CHUNK_SECONDS / seconds)), 2 * self._chunk_steps, MAX_CHUNK)
        return ChunkResult(taken, refused, seconds)

    def take(self, steps: int) -> tuple[Float32[np.ndarray, "taken metrics"], Float32[np.ndarray, " metrics"] | None]:
        """Take steps within the epoch. Return their metrics, and those of the step that was refused, if any."""
        rows = self._take(steps)
        taken = int(np.isfinite(rows).all(axis=1).sum())  # the chunk ends with the first step that is not finite
        self.step += taken
        return rows[:taken], rows[taken] if taken < len(rows) else None

    def evaluate(
        self, split: SplitName, params: Params, on_batch: Callable[[], None], *, checkpoint: int | None = None
    ) -> Evaluation:
        """Evaluate parameters on a split.

        Args:
            split: The name of the split.
            params: This process's copies, from `params` or from a checkpoint.
            on_batch: Called after each batch; an exception from it cancels the evaluation.
            checkpoint: The step of the checkpoint that has these parameters; None: they are the current ones.
        """
        self._tell(Evaluate(split, checkpoint))
        if checkpoint is not None:
            wait_for_all()  # every process has read it

        def go_on() -> None:
            try:
                on_batch()
            except BaseException:
                self._tell(Cancel())
                raise
            self._tell(GoOn())

        return self._evaluator.measure(
            spread(params, self.mesh), self._splits[split], iw_samples=self._iw_samples(split), on_batch=go_on
        )

    def params(self, source: ParamsSource) -> Params:
        """Return the averaged ("ema") or the raw parameters, as this process's copies.

        The next step donates their buffers.
        """
        return take_local(self._averaged_or_raw(source), self.mesh)

    def _averaged_or_raw(self, source: ParamsSource) -> Params:
        return self.state.ema_params if source == "ema" else self.state.params

    def restore(self, state: TrainState) -> None:
        """Continue from a saved state."""
        self._tell(Restore(int(state.step)))
        wait_for_all()  # every process has read it
        self.state, self.step = state, int(state.step)

    @property
    def knobs(self) -> tuple[float, float]:
        """The scales of the learning rate and of beta."""
        rate, beta = jax.device_get(self.state.knobs)
        return float(rate), float(beta)

    def set_knobs(self, learning_rate_scale: float, beta_scale: float) -> None:
        """Change the scales from the next step on."""
        self._tell(SetKnobs(learning_rate_scale, beta_scale))
        self.state = self.state.replace(knobs=create_knobs(self.mesh, learning_rate_scale, beta_scale))

    def _iw_samples(self, split: str) -> int:
        """Return the latents per image of a split's importance-weighted bound; 0 for none."""
        return self.config.eval.iw_samples if split == "test" else 0

    def _take(self, steps: int) -> Float32[np.ndarray, "tried metrics"]:
        self.state, *chunk = self._train_chunk(self.state, self._train_split, self._next_order(), np.int32(steps))
        rows, tried = jax.device_get(chunk)
        return rows[: int(tried)]

    def _next_order(self) -> Int[Array, " images"]:
        """Return the order of the images in the epoch of the next step."""
        epoch = self.plan.epoch(self.step)
        if epoch != self._order_epoch:
            size = self._train_split.labels.shape[0]
            self._order, self._order_epoch = epoch_order(self._order_rng, epoch, size), epoch
        return self._order
