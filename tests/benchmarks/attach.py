"""What it costs to come to a long run: its log taken in, and `vae-tui attach` from the command to the curve.

    python tests/benchmarks/attach.py [--steps 1000000] [--rounds 5] [--no-app] [--json FILE]

The log of such a run is written by the run's own writer: 20 steps a line of metrics, an evaluation after each 430
steps, digits after each 250, a checkpoint after each 25,000. `take in` reads it in a process of its own as the app
does, into the history and the view; memory is how much that process grows, at most, over what it has after its
imports. `attach` runs the app in a pseudo-terminal of 120x40, on a run that this process holds, and waits for the
first frame with a curve, and for the one that shows the last step. The first is to come in less than 1.5 s; a short run
is attached to in turn with the long one, to tell the app's own share.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import math
import os
import pty
import queue
import re
import resource
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.history.history import History
from vae_tui.core.protocol.events import (
    Checkpointed,
    CheckpointStarted,
    DataReady,
    Evaluated,
    Event,
    Metrics,
    ModelReady,
    RunState,
    Sampled,
    StateChanged,
)
from vae_tui.core.run.event_log import RunLog
from vae_tui.core.run.log_tail import LogTail
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.state.run_view import RunView

VAE_TUI = Path(sys.executable).parent / "vae-tui"
CHUNK, EPOCH, SAMPLES, CHECKPOINT = 20, 430, 250, 25_000
STEP_SECONDS = 0.004
SHORT = 1000
"""Steps of a short run, for comparison."""

CURVE = re.compile("[\u2801-\u28ff]")
COLUMNS, LINES = 120, 40


def events_of_a_run(steps: int) -> Iterator[Event]:
    """What a run says up to a step, in training still."""
    rng = np.random.default_rng(0)
    start = time.time() - steps * STEP_SECONDS
    rates = np.linspace(1e-3, 1e-5, 500, dtype=np.float32)

    def at(step: int) -> dict[str, Any]:
        return {"step": step, "time": start + step * STEP_SECONDS}

    yield StateChanged(**at(0), state=RunState.PREPARING)
    yield DataReady(
        **at(0),
        name="mnist",
        class_names=tuple("0123456789"),
        train_size=55_000,
        validation_size=5_000,
        test_size=10_000,
    )
    yield StateChanged(**at(0), state=RunState.COMPILING)
    yield ModelReady(
        **at(0),
        parameter_count=700_000,
        device="cpu",
        steps_per_epoch=EPOCH,
        total_steps=2 * steps,
        batch_size=128,
        compile_seconds=3.0,
        schedule_steps=np.linspace(1, 2 * steps, 500).astype(np.int32),
        schedule_rates=rates,
    )
    yield StateChanged(**at(0), state=RunState.TRAINING)
    images = rng.integers(0, 256, (10, 8, 28, 28), dtype=np.uint8)
    done = 0
    while done < steps:
        size = min([every - done % every for every in (CHUNK, EPOCH, SAMPLES)] + [steps - done])
        indices = np.arange(done + 1, done + size + 1)
        trend = 100 + 450 / np.sqrt(indices)
        reconstruction = (0.75 * trend + rng.normal(0, 2, size)).astype(np.float32)
        kl = (0.25 * trend + rng.normal(0, 0.5, size)).astype(np.float32)
        done += size
        yield Metrics(
            **at(done),
            first_step=done - size + 1,
            seconds=size * STEP_SECONDS,
            loss=reconstruction + kl,
            reconstruction=reconstruction,
            kl=kl,
            grad_norm=rng.gamma(5, 2, size).astype(np.float32),
            learning_rate=np.interp(indices, [0, 2 * steps], [1e-3, 1e-5]).astype(np.float32),
        )
        if done % SAMPLES == 0:
            yield Sampled(**at(done), images=images, source="ema", temperature=1.0)
        if done % EPOCH == 0:
            yield StateChanged(**at(done), state=RunState.EVALUATING)
            loss = 100 + 400 / done**0.5
            yield Evaluated(
                **at(done),
                split="validation",
                loss=loss,
                reconstruction=0.75 * loss,
                kl=0.25 * loss,
                best=True,
                active_units=18,
            )
            yield StateChanged(**at(done), state=RunState.TRAINING)
        if done % CHECKPOINT == 0:
            yield CheckpointStarted(**at(done))
            yield Checkpointed(**at(done), path=f"checkpoints/{done}", best=True)


@contextlib.contextmanager
def run_of(steps: int, folder: Path) -> Iterator[RunDirectory]:
    """A run that has come to a step; this process holds it."""
    with RunDirectory.create(Config(run=RunConfig(dir=str(folder / "run")))) as run:
        log = RunLog(run)
        for event in events_of_a_run(steps):
            log.record(event)
        log.close()
        yield run


def take_in(path: Path) -> dict[str, float]:
    """In the process that is measured: read a run's log into a history and a view."""
    from vae_tui.core.run.rundir import read_config

    view, history, tail = RunView(read_config(path)), History(), LogTail(path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, used = time.perf_counter(), time.process_time()
    events = 0
    for event in tail.read():
        history.add(event)
        view.apply(event)
        events += 1
    history.envelope("loss", 1, history.last_step, 200)
    elapsed, used = time.perf_counter() - start, time.process_time() - used
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    kilobyte = 1 if sys.platform == "linux" else 1024
    return {
        "take in, s": elapsed,
        "take in, processor s": used,
        "take in, MiB": grown / kilobyte / 1024,
        "events": events,
    }


def attach(path: Path, last_step: int) -> dict[str, float]:
    """Seconds from the command to the first curve on the screen, and to the last step beside it; memory by then."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(VAE_TUI), "attach", str(path), "--readonly"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
        start_new_session=True,
    )
    os.close(slave)
    shown, found = "", {}
    for name, wanted in (("first curve, s", CURVE), ("all of it, s", re.compile(f"{last_step:,}"))):
        while not wanted.search(shown):
            if not select.select([master], [], [], 30)[0]:
                raise SystemExit(f"the app does not show {wanted.pattern}; it wrote {shown[-2000:]!r}")
            shown += read(master)
        found[name] = time.perf_counter() - start
    found["screen's process, MiB"] = peak_memory(process.pid)
    os.write(master, b"q")
    while process.poll() is None:
        if select.select([master], [], [], 0.1)[0]:
            read(master)
    os.close(master)
    return found


def read(master: int) -> str:
    """What an app has written; nothing once it has ended."""
    try:
        return os.read(master, 1 << 16).decode(errors="replace")
    except OSError:
        return ""


def peak_memory(pid: int) -> float:
    """The most memory that a process or one that it started has had, in MiB; NaN where there is no /proc."""
    try:
        (status,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return math.nan
    return max([int(status) / 1024, *(peak_memory(int(child)) for child in children)])


@contextlib.contextmanager
def live(run: RunDirectory) -> Iterator[None]:
    """A server for viewers of a run, as its trainer has one."""
    from vae_tui.core.live.server import RunServer
    from vae_tui.core.live.sockets import listen

    server = RunServer(listen(run.path), run.path, queue.Queue())
    server.start()
    try:
        yield
    finally:
        server.close()


def measure(path: Path) -> dict[str, float]:
    """`take_in` in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", str(path)], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def main() -> None:
    """Write the run, measure, and print the medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-app", action="store_true", help="only take the log in")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(take_in(options.child)))
        return
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        short = SHORT, Path(folder, "short")
        whole = options.steps, Path(folder, "whole")
        with run_of(*short) as short_run, run_of(*whole) as run, live(short_run), live(run):
            print(f"a log of {run.events_path.stat().st_size / 2**20:.1f} MiB", flush=True)
            for _ in range(options.rounds):
                rounds.append(measure(run.path))
                if not options.no_app:
                    for steps, attached in ((SHORT, short_run), (options.steps, run)):
                        found = attach(attached.path, steps)
                        rounds[-1] |= {f"attach at step {steps:,}: {name}": value for name, value in found.items()}
    for name in rounds[0]:
        print(f"{name:60} {statistics.median(one[name] for one in rounds):9.3f}")
    if options.json:
        options.json.write_text(json.dumps(rounds, indent=1))


if __name__ == "__main__":
    main()
