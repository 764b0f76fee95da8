"""Build the learning-rate schedule of a run from Optax's schedules."""

from __future__ import annotations

import jax
import numpy as np
import optax
from jaxtyping import Float32, Int32

from ..config import OptimConfig


def create_schedule(config: OptimConfig, total_steps: int) -> optax.Schedule:
    """Create the learning-rate schedule, a pure function of the number of finished steps.

    constant: the peak.
    linear: linear from the peak at the first step to `end_factor` of the peak at the last step.
    warmup: a linear warm-up (Goyal et al. 2017, arXiv:1706.02677, section 2.2), then the peak.
    warmup-cosine: the same warm-up, then half a cosine down to `end_factor` of the peak at the end of the run
        (Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, without restarts).
    exponential: peak * end_factor^(step / total_steps).
    one-cycle: half a cosine up to the peak, reached after `pct_start` of the run, then half a cosine down
        (Smith & Topin 2017, arXiv:1708.07120, with cosines in place of its linear slopes).
    piecewise: the peak, multiplied by the next of `scales` at each of `boundaries`.

    Args:
        config: The settings of the optimizer.
        total_steps: The length of the run, 1 step or more.
    """
    peak, end_factor = config.learning_rate, config.end_factor
    warmup_steps = min(config.warmup_steps, total_steps // 2)
    match config.schedule:
        case "constant":
            return optax.constant_schedule(peak)
        case "linear":
            return optax.linear_schedule(peak, peak * end_factor, max(total_steps - 1, 1))
        case "warmup":
            return _warm_up(peak, warmup_steps, optax.constant_schedule(peak))
        case "warmup-cosine":
            cosine = optax.cosine_decay_schedule(peak, total_steps - warmup_steps, alpha=end_factor)
            return _warm_up(peak, warmup_steps, cosine)
        case "exponential":
            return optax.exponential_decay(peak, total_steps, decay_rate=end_factor)
        case "one-cycle":
            return optax.cosine_onecycle_schedule(
                total_steps, peak, config.pct_start, config.div_factor, config.final_div_factor
            )
        case "piecewise":
            # Not piecewise_constant_schedule, because in a short run two boundaries may fall on the same step.
            rates = np.cumprod((peak, *config.scales)).tolist()
            steps = [round(boundary * total_steps) for boundary in config.boundaries]
            return optax.join_schedules([optax.constant_schedule(rate) for rate in rates], steps)


def _warm_up(peak: float, steps: int, then: optax.Schedule) -> optax.Schedule:
    """Prepend a linear warm-up to a schedule.

    Step i of the warm-up has the rate (i + 1) / steps of the peak, so the first step already updates the parameters.
    The caller limits the warm-up to half of the run.
    """
    if steps == 0:
        return then
    rise = optax.linear_schedule(peak / steps, peak, max(steps - 1, 1))
    return optax.join_schedules([rise, then], [steps])


def sample_schedule(
    schedule: optax.Schedule, total_steps: int, points: int = 512
) -> tuple[Int32[np.ndarray, " points"], Float32[np.ndarray, " points"]]:
    """Sample a schedule over a whole run, for plotting.

    Args:
        schedule: The learning rate as a function of the number of finished steps.
        total_steps: The length of the run in steps.
        points: The most points to sample.

    Returns:
        Step numbers, counted from 1, and the learning rate of each of these steps.
    """
    steps = np.unique(np.linspace(1, total_steps, min(points, total_steps)).astype(np.int32))
    return steps, np.asarray(jax.jit(jax.vmap(schedule))(steps - 1), np.float32)
