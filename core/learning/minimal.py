"""The whole training loop in one place, from the parts that the app also uses.

What `core/training/` adds is around this loop: many steps in one dispatch, commands, events, checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterator

import jax
import jax.numpy as jnp

from ..config import Config
from ..data.dataset import Dataset
from ..model import MEAN_IMAGE, ConditionalVAE
from .batches import epoch_order, gather, to_device
from .mesh import create_mesh
from .objective import create_beta_schedule
from .optimizer import create_optimizer
from .rngs import split_seed
from .schedules import create_schedule
from .train_state import TrainState, create_params, create_train_state
from .train_step import StepMetrics, create_train_step


def train(config: Config, dataset: Dataset, epochs: int) -> Iterator[tuple[TrainState, StepMetrics]]:
    """Train a model, and yield the state and the metrics after each step.

    Args:
        config: The configuration; its seed determines the parameters, the order of the images and all noise.
        dataset: The images.
        epochs: Passes over the training split.
    """
    batch_size = config.train.batch_size
    steps_per_epoch = len(dataset.train) // batch_size
    total_steps = epochs * steps_per_epoch

    mesh = create_mesh(devices=1)
    model = ConditionalVAE(config.model, len(dataset.class_names), dataset.image_shape)
    rngs = split_seed(config.train.seed)
    params_rng, state_rng = jax.random.split(rngs.state)
    params = create_params(model, params_rng) | {MEAN_IMAGE: jnp.asarray(dataset.train.mean_image())}

    schedule = create_schedule(config.optim, total_steps)
    tx = create_optimizer(config.optim, schedule, total_steps, params, rngs.gradient_noise)
    state = create_train_state(model, params, tx, state_rng, mesh, ema_decay=config.train.ema_decay)
    beta_schedule = create_beta_schedule(config.objective, total_steps)
    augment_strength = config.data.augment_strength(len(dataset.train), dataset.image_shape)
    train_step = jax.jit(create_train_step(config, schedule, beta_schedule, augment_strength=augment_strength))

    train_split = to_device(dataset.train, mesh)
    for epoch in range(epochs):
        order = epoch_order(rngs.order, epoch, len(dataset.train))
        for indices in order[: steps_per_epoch * batch_size].reshape(steps_per_epoch, batch_size):
            state, metrics = train_step(state, gather(train_split, indices))
            yield state, metrics
