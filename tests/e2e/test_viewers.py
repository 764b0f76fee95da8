"""A dozen viewers come, scroll, change size and vanish; the training takes the steps that it takes without them."""

import itertools
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import TRAIN, VAE_TUI
from pseudoterminal import PseudoTerminal
from runlog import last_step, metrics, records
from vae_tui.core.live.client import RunClient
from vae_tui.core.live.sockets import connect
from vae_tui.core.run.rundir import is_locked

pytestmark = pytest.mark.soak

ARGUMENTS = (*TRAIN, "--train.steps", "3000000")
VIEWERS, AT_ONCE = 12, 4
KEYS = ("\x1b[C", "\x1b[D", "\x1b[1;2D", "\x1b[H", "+", "-", "[", "]", "f", "m", "l", "x", "v", "z", "\t", "?", "\x1b")
"""What a viewer presses: the cursor, zoom, pan, other metrics, other pictures; nothing that steers."""

LEAVING = ("detach", "kill", "cut")


def command(*arguments: str) -> None:
    subprocess.run([VAE_TUI, *arguments], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Path]:
    """A run in the background."""
    run = tmp_path / "run"
    command(*ARGUMENTS, "--detach", "--run.dir", str(run))
    try:
        yield run
    finally:
        if is_locked(run):
            command("stop", str(run))


def leave(viewer: PseudoTerminal) -> None:
    """Detach, from whatever is on the screen."""
    keys = itertools.cycle(("\x1b", "\x1b", "d"))
    while viewer.process.poll() is None:
        viewer.type(next(keys))
        wait = time.monotonic() + 0.5  # apart, for what follows an escape at once belongs to it
        while time.monotonic() < wait:
            viewer.read()
    assert viewer.wait() == 0


def watch(run: Path, rng: random.Random) -> None:
    """Attach, look around, and leave in some way."""
    viewer = PseudoTerminal(VAE_TUI, "attach", str(run), *rng.choice(([], ["--readonly"])), cwd=run.parent)
    try:
        viewer.wait_for("learning rate")
        for _ in range(rng.randint(5, 20)):
            viewer.type(rng.choice(KEYS))
            viewer.resize(rng.randint(20, 200), rng.randint(5, 60))
            viewer.read()
        match rng.choice(LEAVING):
            case "detach":
                leave(viewer)
            case "kill":
                viewer.process.send_signal(signal.SIGKILL)
            case "cut":
                viewer.cut()
    finally:
        viewer.close()


def never_reading(run: Path) -> socket.socket:
    """A viewer that says Hello, and then takes nothing of what it is told."""
    connection = connect(run)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    RunClient(connection, readonly=False)
    return connection


def calm_metrics(folder: Path, last: int) -> dict[int, tuple[float, ...]]:
    """The metrics of the same run, undisturbed, up to a step."""
    calm = folder / "calm"
    process = subprocess.Popen(
        [VAE_TUI, *ARGUMENTS, "--headless", "--run.dir", str(calm)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and last_step(calm) < last:
        time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    process.wait()
    return {step: row for step, row in metrics(calm).items() if step <= last}


def test_viewers_disturb_nothing(run: Path, tmp_path: Path) -> None:
    seed = 5
    unread = never_reading(run)
    deaf = PseudoTerminal(VAE_TUI, "attach", str(run), cwd=tmp_path)  # its terminal is never read
    failures: list[BaseException] = []

    def come_and_go(number: int) -> None:
        rng = random.Random(seed * VIEWERS + number)
        for _ in range(VIEWERS // AT_ONCE):
            try:
                watch(run, rng)
            except BaseException as error:
                failures.append(error)

    crowd = [threading.Thread(target=come_and_go, args=(number,)) for number in range(AT_ONCE)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert not failures
    unread.close()
    deaf.close()

    before = last_step(run)
    newcomer = PseudoTerminal(VAE_TUI, "attach", str(run), cwd=tmp_path)
    try:
        newcomer.wait_for("learning rate")
        newcomer.wait_for(lambda: last_step(run) > before)
        leave(newcomer)
    finally:
        newcomer.close()
    assert "Traceback" not in (run / "train.log").read_text()
    command("stop", str(run))
    watched = metrics(run)
    assert [record["reason"] for record in records(run, "ended")] == ["stopped"]
    assert watched == calm_metrics(tmp_path, max(watched))
