"""What the app costs: training speed against headless, bytes to the terminal, time from key to effect.

    python tests/benchmarks/app_cost.py [--rounds 3] [--steps 4000] [--data mnist5k] [--json FILE]

Runs headless and app in turn, the app in a pseudo-terminal of 120x40 that is read as fast as it writes.
"""

import argparse
import fcntl
import json
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import Any

VAE_TUI = Path(sys.executable).parent / "vae-tui"


class App:
    """The app in a pseudo-terminal."""

    def __init__(self, arguments: list[str], columns: int = 120, lines: int = 40) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.process = subprocess.Popen(
            [str(VAE_TUI), *arguments], stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.chunks: list[tuple[float, bytes]] = []

    def read(self, seconds: float) -> None:
        """Read what the app writes for some time."""
        deadline = time.time() + seconds
        while (left := deadline - time.time()) > 0:
            if select.select([self.master], [], [], left)[0]:
                self.chunks.append((time.time(), os.read(self.master, 1 << 16)))

    def press(self, key: str) -> float:
        """Press a key; returns the time."""
        os.write(self.master, key.encode())
        return time.time()


def read_events(run: Path) -> list[dict[str, Any]]:
    """The complete records of a run so far."""
    file = run / "events.jsonl"
    return [json.loads(line) for line in file.read_text().split("\n")[:-1]] if file.exists() else []


def is_finished(run: Path) -> bool:
    """Whether training has ended. Reads the end of the log only: measuring must not cost what is measured."""
    file = run / "events.jsonl"
    return file.exists() and b'"state":"finished"' in file.read_bytes()[-10_000:]


def steps_per_second(run: Path) -> float:
    """Steps a second of wall-clock, evaluations, checkpoints and pictures counted in, first second left out."""
    metrics = [event for event in read_events(run) if event["type"] == "metrics"]
    start = next(event for event in metrics if event["time"] > metrics[0]["time"] + 1)
    return (metrics[-1]["step"] - start["step"]) / (metrics[-1]["time"] - start["time"])


def train_headless(arguments: list[str], run: Path) -> float:
    """Steps a second without the app."""
    command = [str(VAE_TUI), "train", "--headless", "--run.dir", str(run), *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return steps_per_second(run)


def train_in_app(arguments: list[str], run: Path) -> tuple[float, float]:
    """Steps a second, and kilobytes a second to the terminal while training."""
    app = App(["train", "--run.dir", str(run), *arguments])
    while not is_finished(run):
        app.read(0.5)
    metrics = [event for event in read_events(run) if event["type"] == "metrics"]
    start, end = metrics[0]["time"], metrics[-1]["time"]
    size = sum(len(data) for at, data in app.chunks if start <= at <= end)
    app.press("q")
    while app.process.poll() is None:
        try:
            app.read(0.2)
        except OSError:  # the terminal is gone with the process
            break
    app.process.wait()
    return steps_per_second(run), size / (end - start) / 1000


def key_latencies(arguments: list[str], run: Path, presses: int) -> dict[str, list[float]]:
    """Milliseconds from a key to the event that acknowledges it, and to the next bytes on the terminal after that."""
    app = App(["train", "--run.dir", str(run), *arguments])
    while not any(event["type"] == "metrics" for event in read_events(run)):
        app.read(0.2)
    wanted = {" ": "state_changed", "c": "checkpoint_started", "s": "sampled"}
    found: dict[str, list[float]] = {"pause": [], "checkpoint": [], "sample": [], "screen": []}
    for i in range(presses):
        for (key, event_type), name in zip(wanted.items(), ("pause", "checkpoint", "sample"), strict=True):
            app.read(0.3 + 0.037 * (i % 11))
            pressed = app.press(key)
            app.read(0.4)
            acknowledged = [
                event["time"]
                for event in read_events(run)
                if event["type"] == event_type
                and event["time"] > pressed
                and (event.get("state", "paused") == "paused")
                and event.get("requested", True)
            ]
            if acknowledged:
                found[name].append(1000 * (acknowledged[0] - pressed))
                shown = [at for at, _ in app.chunks if at > acknowledged[0]]
                found["screen"].append(1000 * (shown[0] - pressed))
            if key == " ":
                app.press(" ")
    app.press("q")
    while app.process.poll() is None:
        try:
            app.read(0.2)
        except OSError:
            break
    app.process.wait()
    return found


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--presses", type=int, default=10)
    parser.add_argument("--data", default="mnist5k")
    parser.add_argument("--data-dir")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    data = ["--data.name", options.data, *(["--data.dir", options.data_dir] if options.data_dir else [])]
    arguments = [*data, "--train.steps", str(options.steps)]

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(options.rounds):
            headless = train_headless(arguments, Path(folder, f"headless-{i}"))
            app, rate = train_in_app(arguments, Path(folder, f"app-{i}"))
            rows.append({"headless": headless, "app": app, "ratio": app / headless, "kB/s": rate})
            print(f"round {i + 1}: " + ", ".join(f"{name} {value:.3g}" for name, value in rows[-1].items()), flush=True)
        keys = key_latencies([*data, "--train.steps", "1000000"], Path(folder, "keys"), options.presses)
    for name in rows[0]:
        print(f"{name:12} median {statistics.median(row[name] for row in rows):.3g}")
    for name, values in keys.items():
        ordered = sorted(values)
        print(f"{name:12} median {statistics.median(ordered):.0f} ms, largest {ordered[-1]:.0f} ms, n {len(ordered)}")
    if options.json:
        options.json.write_text(json.dumps({"rounds": rows, "keys": keys}, indent=1))


if __name__ == "__main__":
    main()
