"""What the app costs: training speed against headless, its thread's time, bytes to the terminal, keys to the screen.

    python tests/benchmarks/app_cost.py [--rounds 5] [--seconds 60] [--data mnist] [--presses 60] [--json FILE]

In each round the same run is trained headless, in the app, and in the app with --low-bandwidth, for as many seconds
each, counted from its first steps. The app is in a pseudo-terminal of 120x40, which is read as fast as it writes.
Then keys are pressed in another run, each a while after the screen was last painted, so that the first bytes that come
back are the answer. Linux only: the time of a thread is read from /proc.
"""

import argparse
import contextlib
import fcntl
import json
import os
import pty
import select
import signal
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

VAE_TUI = Path(sys.executable).parent / "vae-tui"
STEPS = 10_000_000
"""Steps of each run: more than it takes before it is stopped."""

SETTLE_SECONDS = 5
"""Time after the first steps that is not counted."""

QUIET_SECONDS = 0.1
ANSWER_SECONDS = 2.0

PANEL_KEYS = {"right": "\x1b[C", "left": "\x1b[D", "m": "m", "+": "+", "-": "-", "l": "l"}
STUDIO_KEYS = {"right": "\x1b[C", "down": "\x1b[B", "left": "\x1b[D", "up": "\x1b[A"}

GOALS = {
    "app / headless": "at least 0.98",
    "UI thread, % of a core": "at most 3",
    "KB/s to the terminal": "at most 8",
    "KB/s, --low-bandwidth": "at most 1.5",
    "key to screen, median ms": "at most 50",
    "key to screen, 95 % ms": "at most 100",
    "studio key, median ms": "at most 100",
    "studio key, 95 % ms": "at most 100",
}


class App:
    """The app in a pseudo-terminal."""

    def __init__(self, arguments: list[str], columns: int = 120, lines: int = 40) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.process = subprocess.Popen(
            [str(VAE_TUI), *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)

    def read(self, seconds: float) -> int:
        """Read what the app writes for some time; returns how many bytes."""
        deadline = time.monotonic() + seconds
        size = 0
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                size += len(os.read(self.master, 1 << 16))
        return size

    def read_block(self, seconds: float) -> bytes:
        """Read what the app has written, or writes first; nothing after some time without."""
        return os.read(self.master, 1 << 16) if select.select([self.master], [], [], seconds)[0] else b""

    def wait_for_output(self, seconds: float) -> float | None:
        """Wait for bytes, and take them; returns the seconds until they came, or None."""
        start = time.perf_counter()
        if not select.select([self.master], [], [], seconds)[0]:
            return None
        waited = time.perf_counter() - start
        os.read(self.master, 1 << 16)
        return waited

    def wait_for_quiet(self) -> None:
        """Wait until the screen has just been painted, and nothing came for a while."""
        self.wait_for_output(ANSWER_SECONDS)
        while self.wait_for_output(QUIET_SECONDS) is not None:
            pass

    def press(self, key: str) -> None:
        """Press a key."""
        os.write(self.master, key.encode())

    def thread_seconds(self) -> float:
        """Processor time of the main thread of the app's process, on which the screen is drawn."""
        pid = self.screen_pid
        fields = Path(f"/proc/{pid}/task/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def screen_pid(self) -> int:
        """The process that shows the app: the supervisor's child which is the same program."""
        watching = self.process.pid
        command = Path(f"/proc/{watching}/cmdline").read_bytes()
        children = Path(f"/proc/{watching}/task/{watching}/children").read_text().split()
        return next(int(pid) for pid in children if Path(f"/proc/{pid}/cmdline").read_bytes() == command)

    def stop(self, keys: str = "qy") -> None:
        """Leave as a user does, and wait for the end."""
        self.press(keys)
        while self.process.poll() is None:
            try:
                self.read(0.2)
            except OSError:  # the terminal is gone with the process
                break
        self.process.wait()
        os.close(self.master)


def metrics(run: Path) -> list[dict[str, Any]]:
    """The metrics events of a run so far."""
    file = run / "events.jsonl"
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return [json.loads(line) for line in lines if '"type":"metrics"' in line]


def steps_per_second(run: Path, start: float, seconds: float) -> float:
    """Steps a second of wall-clock in a window of time, evaluations, checkpoints and pictures counted in."""
    inside = [event for event in metrics(run) if start <= event["time"] <= start + seconds]
    return (inside[-1]["step"] - inside[0]["step"]) / (inside[-1]["time"] - inside[0]["time"])


def is_training(run: Path, process: subprocess.Popen[bytes]) -> bool:
    """Whether a run has taken its first steps; ends everything when its process has ended before."""
    if process.poll() is not None:
        sys.exit(f"vae-tui ended with code {process.returncode} before it trained")
    file = run / "events.jsonl"
    return file.exists() and '"type":"metrics"' in file.read_text()


def train_headless(arguments: list[str], run: Path, seconds: float) -> float:
    """Steps a second without the app."""
    process = subprocess.Popen(
        [str(VAE_TUI), "train", "--headless", "--run.dir", str(run), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not is_training(run, process):
        time.sleep(0.1)
    time.sleep(SETTLE_SECONDS)
    start = time.time()
    time.sleep(seconds)
    process.send_signal(signal.SIGTERM)
    process.wait()
    return steps_per_second(run, start, seconds)


@contextlib.contextmanager
def training_app(arguments: list[str], run: Path) -> Iterator[App]:
    """The app with a run that has been training for some seconds."""
    app = App(["train", "--run.dir", str(run), *arguments])
    while not is_training(run, app.process):
        with contextlib.suppress(OSError):  # nobody writes any more: the process is ending
            app.read(0.1)
    app.read(SETTLE_SECONDS)
    try:
        yield app
    finally:
        app.stop()


def train_in_app(arguments: list[str], run: Path, seconds: float) -> tuple[float, float, float]:
    """Steps a second, percent of a core that the main thread takes, and kilobytes a second to the terminal."""
    with training_app(arguments, run) as app:
        start, used = time.time(), app.thread_seconds()
        size = app.read(seconds)
        elapsed, used = time.time() - start, app.thread_seconds() - used
    return steps_per_second(run, start, seconds), 100 * used / elapsed, size / elapsed / 1000


def latencies(app: App, keys: dict[str, str], presses: int) -> list[dict[str, Any]]:
    """For each press the key and the milliseconds to the first bytes of the answer (None: there was none)."""
    found = []
    for i in range(presses):
        name = list(keys)[i % len(keys)]
        app.wait_for_quiet()
        app.press(keys[name])
        waited = app.wait_for_output(ANSWER_SECONDS)
        found.append({"key": name, "ms": None if waited is None else 1000 * waited})
    return found


def key_latencies(arguments: list[str], run: Path, presses: int) -> dict[str, list[dict[str, Any]]]:
    """The latencies of keys of the panels, and of the arrows in the sampling studio."""
    with training_app(arguments, run) as app:
        panels = latencies(app, PANEL_KEYS, presses)
        app.press("\x1b")
        app.read(1)
        app.press("g")
        app.read(3)
        studio = latencies(app, STUDIO_KEYS, presses)
        app.press("\x1b")
        app.read(1)
    return {"key to screen": panels, "studio key": studio}


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--presses", type=int, default=60)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--data-dir")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    data = ["--data.name", options.data, *(["--data.dir", options.data_dir] if options.data_dir else [])]
    arguments = [*data, "--train.steps", str(STEPS)]

    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(options.rounds):
            headless = train_headless(arguments, Path(folder, f"headless-{i}"), options.seconds)
            app, share, rate = train_in_app(arguments, Path(folder, f"app-{i}"), options.seconds)
            spare = train_in_app([*arguments, "--low-bandwidth"], Path(folder, f"low-{i}"), options.seconds)
            rounds.append(
                {
                    "headless, steps/s": headless,
                    "app, steps/s": app,
                    "app / headless": app / headless,
                    "UI thread, % of a core": share,
                    "KB/s to the terminal": rate,
                    "KB/s, --low-bandwidth": spare[2],
                }
            )
            print(
                f"round {i + 1}: " + ", ".join(f"{name} {value:.3g}" for name, value in rounds[-1].items()), flush=True
            )
        keys = key_latencies(arguments, Path(folder, "keys"), options.presses)

    table = {name: statistics.median(row[name] for row in rounds) for name in rounds[0]}
    for name, presses in keys.items():
        answered = [press["ms"] for press in presses if press["ms"] is not None]
        if len(answered) < len(presses):
            print(f"{name}: {len(presses) - len(answered)} of {len(presses)} without an answer")
        if len(answered) > 1:
            table[f"{name}, median ms"] = statistics.median(answered)
            table[f"{name}, 95 % ms"] = statistics.quantiles(answered, n=20, method="inclusive")[-1]
    for name, value in table.items():
        print(f"{name:26} {value:9.3g}   {GOALS.get(name, '')}")
    if options.json:
        options.json.write_text(json.dumps({"table": table, "rounds": rounds, "keys": keys}, indent=1))


if __name__ == "__main__":
    main()
