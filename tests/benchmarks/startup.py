"""Where the time from the command to the first training step goes: imports, tracing, compiling or reading the cache.

    python tests/benchmarks/startup.py [--rounds 3] [--data mnist5k] [--config FILE] [--damage] [--json FILE]

Three sides take turns, each in a process of its own: no compilation cache, a cache that is empty, and that cache when
it is full. Each imports the libraries, then makes a run of one step through `vae_tui.core.training.run_training`. Times
are medians in milliseconds of wall clock. The programs are those that XLA compiles; their rows are by the name of the
jitted function, small ones under one name. With --damage the entries of a full cache are cut in half first.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

STAGES = {
    "/jax/core/compile/jaxpr_trace_duration": "trace",
    "/jax/core/compile/jaxpr_to_mlir_module_duration": "lower",
    "/jax/core/compile/backend_compile_duration": "compile",
}
SMALL_MS = 100.0
"""Programs below this, in all rounds, are added up."""


def run_child(folder: Path) -> dict[str, Any]:
    """In the process that is measured: import, then train for one step."""
    marks = [("start", time.perf_counter())]

    def mark(name: str) -> None:
        marks.append((name, time.perf_counter()))

    import numpy  # noqa: F401

    mark("import numpy")
    import jax

    mark("import jax")
    import flax.training.train_state  # noqa: F401

    mark("import flax")
    import optax  # noqa: F401

    mark("import optax")
    import orbax.checkpoint  # noqa: F401

    mark("import orbax")
    import vae_tui.core.training.trainer  # noqa: F401
    from vae_tui.core.config import load_config
    from vae_tui.core.protocol.events import Event
    from vae_tui.core.run.rundir import RunDirectory
    from vae_tui.core.training.launch import Launch
    from vae_tui.core.training.run_training import run_training

    mark("import vae_tui")
    programs: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    counts: dict[str, int] = defaultdict(int)

    def on_duration(event: str, duration_secs: float, **kwargs: str | int) -> None:
        if event in STAGES:
            name = str(kwargs.get("fun_name", "?")).removeprefix("jit(").removesuffix(")")
            programs[name][STAGES[event]] += 1000 * duration_secs

    def on_event(event: str, **kwargs: str | int) -> None:
        counts[event.rpartition("/")[2]] += 1

    jax.monitoring.register_event_duration_secs_listener(on_duration)
    jax.monitoring.register_event_listener(on_event)
    jax.devices()
    mark("devices")

    def listen(event: Event) -> None:
        name = {"DataReady": "data", "ModelReady": "build and compile", "Metrics": "first step"}.get(
            type(event).__name__
        )
        if name:
            mark(name)

    run = RunDirectory.create(load_config(folder / "settings.json"))
    mark("run directory")
    try:
        last = run_training(run, queue.Queue(), listen, Launch(is_resumed=False))
    finally:
        run.close()
    mark("evaluations, checkpoint, end")
    if type(last).__name__ != "Ended":
        raise SystemExit(str(last))
    laps = {name: 1000 * (end - start) for (_, start), (name, end) in itertools.pairwise(marks)}
    return {"laps": laps, "programs": programs, "counts": counts}


def start_child(config: dict[str, Any], cache: Path | None) -> dict[str, Any]:
    """Measure one start, with a cache or without."""
    environment = dict(os.environ)
    if cache is None:
        environment["JAX_ENABLE_COMPILATION_CACHE"] = "false"
    else:
        environment |= {
            "JAX_COMPILATION_CACHE_DIR": str(cache),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES": "none",
        }
    with tempfile.TemporaryDirectory() as folder:
        fixed = {"run": {"dir": str(Path(folder, "run"))}, "train": {"steps": 1}}
        merged = {group: config.get(group, {}) | fixed.get(group, {}) for group in config | fixed}
        Path(folder, "settings.json").write_text(json.dumps(merged))
        command = [sys.executable, __file__, "--child", folder]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    warnings = sum("persistent compilation cache" in line for line in done.stderr.splitlines())
    return json.loads(done.stdout.splitlines()[-1]) | {"warnings": warnings}


def damage(cache: Path) -> None:
    """Cut every entry in half, as a full disk or a killed process would."""
    for file in cache.glob("*-cache"):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def print_table(found: dict[str, list[dict[str, Any]]]) -> None:
    """Laps first, then programs."""

    def row(label: str, value: Any) -> None:
        cells = (statistics.median(value(one) for one in rounds) for rounds in found.values())
        print(f"{label:44}" + "".join(f"{cell:14,.0f}" for cell in cells))

    print(f"{'milliseconds':44}" + "".join(f"{side:>14}" for side in found))
    laps = list(next(iter(found.values()))[0]["laps"])
    for lap in laps:
        row(lap, lambda one, lap=lap: one["laps"].get(lap, 0.0))
    first = [lap for lap in laps if not lap.startswith("import") and not lap.startswith("evaluations")]
    row("from JAX imported to the first step done", lambda one: sum(one["laps"].get(lap, 0.0) for lap in first))
    everything = [one["programs"] for rounds in found.values() for one in rounds]
    names = {name for programs in everything for name in programs}
    size = {name: max(sum(programs.get(name, {}).values()) for programs in everything) for name in names}
    large = sorted((name for name in names if size[name] >= SMALL_MS), key=lambda name: -size[name])
    small = [name for name in names if size[name] < SMALL_MS]
    for name in large:
        row(f"  {name}: trace and lower", lambda one, name=name: _stages(one, [name], ("trace", "lower")))
        row(f"  {name}: compile or read", lambda one, name=name: _stages(one, [name], ("compile",)))
    row(f"  {len(small)} small ones", lambda one: _stages(one, small, tuple(STAGES.values())))
    row("programs found in the cache", lambda one: one["counts"].get("cache_hits", 0))
    row("programs not found in it", lambda one: one["counts"].get("cache_misses", 0))
    row("warnings of damaged entries", lambda one: one["warnings"])


def _stages(one: dict[str, Any], names: list[str], stages: tuple[str, ...]) -> float:
    return sum(one["programs"].get(name, {}).get(stage, 0.0) for name in names for stage in stages)


def main() -> None:
    """Measure in turn, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", default="mnist5k")
    parser.add_argument("--config", type=Path, help="a JSON file as in a run's config.json, in whole or in part")
    parser.add_argument("--damage", action="store_true", help="also start from a cache whose entries are cut in half")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(run_child(options.child)))
        return
    config = json.loads(options.config.read_text()) if options.config else {}
    config["data"] = config.get("data", {}) | {"name": options.data}
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            cache = Path(folder)
            found["no cache"].append(start_child(config, None))
            found["empty cache"].append(start_child(config, cache))
            found["full cache"].append(start_child(config, cache))
            if options.damage:
                damage(cache)
                found["damaged"].append(start_child(config, cache))
    print_table(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
