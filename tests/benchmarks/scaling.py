"""How training scales: steps a second and bytes summed on more devices and processes, beside a model of the cost.

    python tests/benchmarks/scaling.py [--rounds 3] [--batch-size 128] [--json FILE]

Every side is a process of its own, or two; they take turns, and of the times of a step the least counts, as the one
that other work has disturbed least. On one machine the devices are virtual and share its cores, so that the shares of
a batch are computed one after the other. The model of a step on n devices with a batch of B images is

    fixed(n) + n (one(B / n) - one(FEW))

`fixed` is a step with FEW images for each device. Every device repeats most of it: it reads the weights, updates them,
and sums gradients with the others; the table has the sum alone beside it. `one` is a step of one device, measured with
three batches and linear between them: more images are not computed at the same speed each. Where each device has its
own cores, the second term is not multiplied by n. In the engine process 0 sends an order for each chunk of 60 ms, too.
An accelerator's row is the side with one device.

The second table is computed, not measured: the batch at which the sums take a tenth of a step on hardware of which the
figures are published.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FEW = 8
"""Images for each device in a step that measures what every device repeats."""

REPEATS = 30
"""Steps of which the fastest counts, in each round."""

PAUSE_SECONDS = 0.02
"""Time before each of them, in which other work runs that would interrupt it."""


class Side(NamedTuple):
    """One way to train."""

    devices: int
    processes: int
    batch_size: int

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"{self.devices} device{'s' * (self.devices > 1)}, {self.processes} process{'es' * (self.processes > 1)}"


SHAPES = ((1, 1), (2, 1), (4, 1), (2, 2))
"""Devices and processes."""


def sides_of(batch_size: int) -> list[Side]:
    """The sides with few images, at a fixed batch, and at a fixed batch for each device."""
    few = [Side(*shape, FEW * shape[0]) for shape in SHAPES]
    fixed = [Side(*shape, batch_size) for shape in SHAPES]
    grown = [Side(devices, processes, batch_size * devices) for devices, processes in SHAPES[1:]]
    return [*few, *fixed, *grown, Side(1, 1, 4 * batch_size)]


def measure(side: Side) -> dict[str, float]:
    """Run a side in processes of its own; what process 0 prints."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    local = side.devices // side.processes
    environment = os.environ | {"XLA_FLAGS": f"--xla_force_host_platform_device_count={local}", "JAX_PLATFORMS": "cpu"}
    if side.devices == 1:
        environment = dict(os.environ)
    command = [sys.executable, __file__, "--side", *map(str, side), "--port", str(port)]
    running = [
        subprocess.Popen([*command, "--index", str(i)], env=environment, stdout=subprocess.PIPE, text=True)
        for i in range(side.processes)
    ]
    outputs = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise SystemExit(f"{side.name} failed")
    return json.loads(outputs[0].splitlines()[-1])


def run_side(options: argparse.Namespace) -> None:
    """Train as one process of a side, and print what was measured."""
    side = Side(*options.side)
    import jax
    from vae_tui.core.training.cluster import ClusterAddress
    from vae_tui.core.training.cluster.channel import Channel
    from vae_tui.core.training.cluster.membership import join_cluster
    from vae_tui.core.training.cluster.orders import Cancel

    if side.processes > 1:
        join_cluster(ClusterAddress(f"127.0.0.1:{options.port}", side.processes, options.index))
    from jax import lax
    from jax.sharding import PartitionSpec
    from vae_tui.core.config import Config, DataConfig, TrainConfig
    from vae_tui.core.data import load_dataset
    from vae_tui.core.learning.mesh import AXIS, place_parts
    from vae_tui.core.training.engine import Engine

    config = Config(data=DataConfig("mnist5k"), train=TrainConfig(steps=10**6, batch_size=side.batch_size))
    engine = Engine(config, load_dataset(config.data, lambda *_: None))
    engine.take(1)
    lowered = engine._train_chunk.lower(  # type: ignore[attr-defined]
        engine.state, engine._train_split, engine._order, np.int32(1)
    )

    # The same sums of gradients, and nothing else: each device adds to what all of them had.
    shapes = [leaf.shape for leaf in jax.tree.leaves(engine.state.params)]
    parts = [place_parts(np.zeros((side.devices, *shape), np.float32), engine.mesh) for shape in shapes]
    data = PartitionSpec(AXIS)

    @jax.jit
    def add_up(parts: list[Any], times: Any) -> list[Any]:
        add = jax.shard_map(
            lambda parts: [part + lax.psum(part, AXIS) for part in parts],
            mesh=engine.mesh,
            in_specs=data,
            out_specs=data,
        )
        return lax.fori_loop(0, times, lambda _, parts: add(parts), parts)

    def sums() -> None:
        jax.block_until_ready(add_up(parts, np.int32(1)))

    times: dict[str, list[float]] = {"step": [], "sum": []}
    sums()
    for _ in range(REPEATS):
        for name, work in (("step", lambda: engine.take(1)), ("sum", sums)):
            time.sleep(PAUSE_SECONDS)
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)

    order, channel = 0.0, None
    if side.processes > 1:
        channel, count = Channel(), 200
        if options.index > 0:
            channel.beat()
        start = time.perf_counter()
        for _ in range(count):
            if options.index == 0:
                channel.send(Cancel())  # not Train, which must be carried out before the next one
            else:
                channel.receive()
        order = (time.perf_counter() - start) / count
    found = {name: min(values) for name, values in times.items()} | {"order": order}
    sizes = {"bytes": summed_bytes(lowered.compile().as_text()), "flops": lowered.cost_analysis()["flops"]}
    print(json.dumps(found | sizes), flush=True)
    if channel is not None:
        (channel.leave if options.index else channel.wait_until_alone)()


def summed_bytes(program: str) -> int:
    """Bytes that a compiled program's all-reduces sum in one pass over them."""
    sizes = {"f32": 4, "s32": 4, "u8": 1, "pred": 1}
    total = 0
    for line in program.splitlines():
        if found := re.search(r"= (.*?) all-reduce(?:-start)?\(", line):
            for kind, shape in re.findall(r"(f32|s32|u8|pred)\[([\d,]*)\]", found[1]):
                count = 1
                for side in filter(None, shape.split(",")):
                    count *= int(side)
                total += sizes[kind] * count
    return total


def predict(side: Side, found: dict[Side, dict[str, float]]) -> float:
    """Seconds of a step according to the model."""
    batches = sorted(side.batch_size for side in found if side.devices == 1)
    one = partial(np.interp, xp=batches, fp=[found[Side(1, 1, batch)]["step"] for batch in batches])
    fixed = found[side._replace(batch_size=FEW * side.devices)]["step"]
    return fixed + side.devices * float(one(side.batch_size / side.devices) - one(FEW))


def flops_of_image(found: dict[Side, dict[str, float]]) -> float:
    """Operations for one more image."""
    first, *_, last = sorted((side for side in found if side.devices == 1), key=lambda side: side.batch_size)
    return (found[last]["flops"] - found[first]["flops"]) / (last.batch_size - first.batch_size)


class Network(NamedTuple):
    """The devices of a cluster and what connects them."""

    name: str
    devices: int
    latency: float
    """Seconds of a sum of few bytes."""
    bandwidth: float
    """Bytes a second, as nccl-tests define the bus bandwidth of an all-reduce."""

    def sum_seconds(self, size: float) -> float:
        """Seconds of a sum of `size` bytes on every device."""
        return self.latency + 2 * (self.devices - 1) / self.devices * size / self.bandwidth


NETWORKS = (
    # From NCCL's figures for 8 H20: 19 us for 64 kB and 81 us for 8 MiB (kvcache-ai/Mooncake, pull request 3484).
    Network("8 GPUs, NVLink", 8, 19e-6, 235e9),
    # 46 GB/s for an adapter of 400 Gb/s (NVIDIA/nccl-tests, issue 290); a tree of 6 levels, 10 us each, up and down.
    Network("64 hosts, 400 Gb/s", 64, 120e-6, 46e9),
)

FLOPS = 100e12
"""Operations a second that a GPU is assumed to sustain: a fifth of what an H100 has for TF32 without sparsity."""

EFFICIENCY = 0.9


def print_computed(size: float, flops: float) -> None:
    """Print the batches at which more devices are used well.

    Args:
        size: Bytes that each device sums.
        flops: Operations for one image.
    """
    print(f"\ncomputed for {size / 1e6:.1f} MB of gradients, {flops / 1e6:.1f} million operations an image")
    print(f"devices               sum ms  ms/step at {EFFICIENCY:.0%}  images a device at {FLOPS / 1e12:.0f} TFLOP/s")
    for network in NETWORKS:
        added = network.sum_seconds(size)
        step = added / (1 - EFFICIENCY)
        images = (step - added) * FLOPS / flops
        print(f"{network.name:<20} {1000 * added:>7.2f} {1000 * step:>15.2f} {images:>31,.0f}")


def main() -> None:
    """Measure all sides in turn, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--side", type=int, nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--index", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        run_side(options)
        return
    sides = sides_of(options.batch_size)
    rounds: dict[Side, list[dict[str, float]]] = {side: [] for side in sides}
    for _ in range(options.rounds):
        for side in sides:
            rounds[side].append(measure(side))
    found = {
        side: {name: min(one[name] for one in all_of_them) for name in all_of_them[0]}
        for side, all_of_them in rounds.items()
    }
    print("side                     batch   ms/step  images/s   summed   sum ms  order ms  model ms  model/measured")
    for side in sides:
        one, expected = found[side], predict(side, found)
        print(
            f"{side.name:<24} {side.batch_size:>5} {1000 * one['step']:>9.2f} {side.batch_size / one['step']:>9.0f}"
            f" {one['bytes'] / 1e6:>5.1f} MB {1000 * one['sum']:>8.2f} {1000 * one['order']:>9.2f}"
            f" {1000 * expected:>9.2f} {expected / one['step']:>15.2f}"
        )
    print_computed(found[Side(2, 1, options.batch_size)]["bytes"], flops_of_image(found))
    if options.json:
        options.json.write_text(json.dumps([{**side._asdict(), "rounds": rounds[side]} for side in sides]))


if __name__ == "__main__":
    main()
