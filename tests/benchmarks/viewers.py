"""What viewers cost: training speed with some of them attached against none, in one run, alternated.

    python tests/benchmarks/viewers.py [--viewers 5] [--rounds 5] [--seconds 30] [--data mnist] [--json FILE]

The run is trained in the background. In each round it is left alone for so many seconds, then the viewers attach, each
in a pseudo-terminal of 120x40 that is read as fast as it is written to, and are watched as long. What attaching itself
costs is not counted: they have some seconds to settle, as a viewer stays for minutes.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from app_cost import SETTLE_SECONDS, STEPS, VAE_TUI, App, metrics, steps_per_second

ATTACH_SECONDS = 10


def watch(run: Path, viewers: int, seconds: float) -> float:
    """Steps a second while viewers are attached."""
    apps = [App(["attach", str(run)]) for _ in range(viewers)]
    readers = [threading.Thread(target=app.read, args=(ATTACH_SECONDS + seconds + 1,)) for app in apps]
    for reader in readers:
        reader.start()
    time.sleep(ATTACH_SECONDS)
    start = time.time()
    time.sleep(seconds)
    for reader in readers:
        reader.join()
    for app in apps:
        app.stop("d")
    return steps_per_second(run, start, seconds)


def leave_alone(run: Path, seconds: float) -> float:
    """Steps a second without a viewer."""
    time.sleep(SETTLE_SECONDS)
    start = time.time()
    time.sleep(seconds)
    return steps_per_second(run, start, seconds)


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--viewers", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        arguments = ["--run.dir", str(run), "--data.name", options.data, "--train.steps", str(STEPS)]
        subprocess.run([str(VAE_TUI), "train", "--detach", *arguments], check=True, stdout=subprocess.DEVNULL)
        try:
            while not metrics(run):
                time.sleep(0.2)
            for i in range(options.rounds):
                alone = leave_alone(run, options.seconds)
                watched = watch(run, options.viewers, options.seconds)
                rounds.append({"alone, steps/s": alone, "watched, steps/s": watched, "ratio": watched / alone})
                print(f"round {i + 1}: {', '.join(f'{name} {value:.3g}' for name, value in rounds[-1].items())}")
        finally:
            subprocess.run([str(VAE_TUI), "stop", str(run)], check=True, stdout=subprocess.DEVNULL)
    table = {name: statistics.median(row[name] for row in rounds) for name in rounds[0]}
    for name, value in table.items():
        print(f"{name:18} {value:9.3g}   {'at least 0.95' if name == 'ratio' else ''}")
    if options.json:
        options.json.write_text(json.dumps({"table": table, "rounds": rounds}, indent=1))


if __name__ == "__main__":
    main()
