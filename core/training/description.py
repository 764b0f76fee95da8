"""Describe a run to its viewers before the first step."""

from __future__ import annotations

import jax

from ..learning.optimizer import describe_chain, optimizer_bytes, parameter_paths, trainable_mask
from ..learning.schedules import sample_schedule
from ..learning.train_state import parameter_count
from ..protocol import ModelReady
from .engine import Engine


def describe(engine: Engine, compile_seconds: float) -> ModelReady:
    """Make the event that describes a model, its optimizer and its schedule.

    Args:
        engine: The engine, compiled.
        compile_seconds: How long compilation took.
    """
    config, plan, params = engine.config, engine.plan, engine.state.params
    leaves = jax.tree.leaves(params)
    trained = jax.tree.leaves(trainable_mask(params, config.optim.freeze))
    steps, rates = sample_schedule(engine.schedule, plan.total_steps)
    return ModelReady(
        step=engine.step,
        parameter_count=parameter_count(params),
        frozen_count=sum(leaf.size for leaf, is_trained in zip(leaves, trained, strict=True) if not is_trained),
        parameters=tuple(
            f"{path} {'x'.join(map(str, leaf.shape)) or 'scalar'}{'' if is_trained else ' frozen'}"
            for path, leaf, is_trained in zip(parameter_paths(params), leaves, trained, strict=True)
        ),
        device=jax.devices()[0].device_kind,
        devices=engine.mesh.size,
        processes=jax.process_count(),
        steps_per_epoch=plan.steps_per_epoch,
        total_steps=plan.total_steps,
        batch_size=config.train.batch_size,
        compile_seconds=compile_seconds,
        schedule_steps=steps,
        schedule_rates=rates,
        chain=describe_chain(config.optim),
        optimizer_bytes=optimizer_bytes(engine.state.opt_state),
    )
