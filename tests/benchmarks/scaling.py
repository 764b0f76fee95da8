"""How training scales: steps a second and bytes summed on more devices and processes, beside a model of the cost.

    python tests/benchmarks/scaling.py [--rounds 3] [--steps 150] [--batch-size 96] [--json FILE]

Every side is a process of its own, or two; they take turns. On one machine the devices are virtual and share its cores,
so that n of them take at least n times as long for n times the work. The model of a step on n devices is

    n * compute(batch of one device) + sum(n) + order / steps in a chunk

with `compute` from one device at that batch, `sum` from summing the gradients' arrays and nothing else on the same
devices, and `order` from a message through the coordination service. Where every device has its own cores, n is 1 in
front of the first term. An accelerator's row is the side with one device.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

CHUNK_SECONDS = 0.06
"""The duration of a chunk in the engine, after which process 0 sends an order."""


class Side(NamedTuple):
    """One way to train."""

    devices: int
    processes: int
    batch_size: int

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"{self.devices} device{'s' * (self.devices > 1)}, {self.processes} process{'es' * (self.processes > 1)}"


def sides_of(batch_size: int) -> list[Side]:
    """The sides at a fixed batch, and at a fixed batch for each device."""
    shapes = [(1, 1), (2, 1), (4, 1), (2, 2)]
    fixed = [Side(*shape, batch_size) for shape in shapes]
    grown = [Side(devices, processes, batch_size * devices) for devices, processes in shapes[1:]]
    smaller = [Side(1, 1, batch_size // devices) for devices in (2, 4)]  # what one device does of a fixed batch
    return [*fixed, *grown, *smaller]


def measure(side: Side, steps: int) -> dict[str, float]:
    """Run a side in processes of its own; what process 0 prints."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    local = side.devices // side.processes
    environment = os.environ | {"XLA_FLAGS": f"--xla_force_host_platform_device_count={local}", "JAX_PLATFORMS": "cpu"}
    if side.devices == 1:
        environment = dict(os.environ)
    command = [sys.executable, __file__, "--side", *map(str, side), "--steps", str(steps), "--port", str(port)]
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
    from vae_tui.core.training.cluster.membership import join_cluster

    if side.processes > 1:
        join_cluster(ClusterAddress(f"127.0.0.1:{options.port}", side.processes, options.index))
    import jax.numpy as jnp
    import numpy as np
    from jax import lax
    from vae_tui.core.config import Config, DataConfig, TrainConfig
    from vae_tui.core.data import load_dataset
    from vae_tui.core.learning.mesh import divided, place_parts, replicated
    from vae_tui.core.training.engine import Engine

    config = Config(data=DataConfig("mnist5k"), train=TrainConfig(steps=10**6, batch_size=side.batch_size))
    engine = Engine(config, load_dataset(config.data, lambda *_: None))
    engine.take(2)
    text = engine._train_chunk.lower(  # type: ignore[attr-defined]
        engine.state, engine._train_split, engine._order, np.int32(1)
    )
    summed = summed_bytes(text.compile().as_text())
    most = engine.plan.steps_per_epoch
    start = time.perf_counter()
    for done in range(0, options.steps, 5):
        engine.take(min(5, options.steps - done, engine.plan.steps_to_epoch_end(engine.step), most))
    step = (time.perf_counter() - start) / (options.steps)

    # The same sums of gradients, and nothing else: each device adds to what all of them had.
    shapes = [leaf.shape for leaf in jax.tree.leaves(engine.state.params)]
    parts = [place_parts(np.zeros((side.devices, *shape), np.float32), engine.mesh) for shape in shapes]

    @jax.jit
    def add_up(parts: list[Any], times: Any) -> list[Any]:
        def body(_: Any, parts: list[Any]) -> list[Any]:
            sums = [lax.with_sharding_constraint(part.sum(axis=0), replicated(engine.mesh)) for part in parts]
            return [
                lax.with_sharding_constraint(part + total[None], divided(engine.mesh))
                for part, total in zip(parts, sums, strict=True)
            ]

        return lax.fori_loop(0, times, body, parts)

    jax.block_until_ready(add_up(parts, np.int32(1)))
    start = time.perf_counter()
    jax.block_until_ready(add_up(parts, np.int32(50)))
    sums = (time.perf_counter() - start) / 50

    order = 0.0
    if side.processes > 1:
        from vae_tui.core.training.cluster.channel import Channel
        from vae_tui.core.training.cluster.orders import Train

        channel, count = Channel(), 200
        start = time.perf_counter()
        for _ in range(count):
            if options.index == 0:
                channel.send(Train(1))
            else:
                channel.receive()
        order = (time.perf_counter() - start) / count
        jnp.zeros(()).block_until_ready()
    print(json.dumps({"step": step, "sum": sums, "order": order, "bytes": summed}))


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
    compute = side.devices * found[Side(1, 1, side.batch_size // side.devices)]["step"]
    return compute + found[side]["sum"] + found[side]["order"] * min(1.0, found[side]["step"] / CHUNK_SECONDS)


def main() -> None:
    """Measure all sides in turn, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch-size", type=int, default=96)
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
            rounds[side].append(measure(side, options.steps))
    found = {
        side: {name: statistics.median(one[name] for one in all_of_them) for name in all_of_them[0]}
        for side, all_of_them in rounds.items()
    }
    print("side                     batch   ms/step  images/s   summed   sum ms  order ms  model ms  model/measured")
    for side in sides:
        one = found[side]
        if side.devices == 1:
            expected, ratio = "", ""
        else:
            expected, ratio = f"{1000 * predict(side, found):.2f}", f"{predict(side, found) / one['step']:.2f}"
        print(
            f"{side.name:<24} {side.batch_size:>5} {1000 * one['step']:>9.2f} {side.batch_size / one['step']:>9.0f}"
            f" {one['bytes'] / 1e6:>5.1f} MB {1000 * one['sum']:>8.2f} {1000 * one['order']:>9.2f}"
            f" {expected:>9} {ratio:>15}"
        )
    if options.json:
        options.json.write_text(json.dumps([{**side._asdict(), "rounds": rounds[side]} for side in sides]))


if __name__ == "__main__":
    main()
