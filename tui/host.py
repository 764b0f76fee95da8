"""The host of a run: the process that trains it, on its own, whoever looks.

It is started by `start_host` and owns neither a terminal nor a screen. It inherits the run's lock, so that the run is
held without a gap, and the listening socket, so that its first viewer is connected before the host is there. What is
printed goes to RUN/train.log.
"""

from __future__ import annotations

import argparse
import logging
import queue
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from ..core.errors import RunError, VaeTuiError
from ..core.events import Failed
from ..core.rundir import RunDirectory
from .live_training import STOPPING, end_process, stopped_by_signals, train_live
from .terminal import Terminal


def start_host(run: RunDirectory, listener: socket.socket, *, resume: bool, note: str = "") -> subprocess.Popen[bytes]:
    """Start the process that trains a run, in a session of its own: no terminal's signals reach it.

    Args:
        run: The run. The host holds its lock, too; this process closes its own descriptor.
        listener: The run's listening socket, of which the same is true.
        resume: Continue from the last checkpoint.
        note: What the user should know of the choice of the data set.

    Returns:
        The process. Its exit code is 0 when the run has ended, 1 when it failed, 2 when it is impossible, and
        that of an interrupted process when it was told twice to stop.

    Raises:
        RunError: when it cannot be started.
    """
    inherited = {"lock": run.lock_descriptor, "listener": listener.fileno()}
    command = [sys.executable, "-P", "-m", __name__, f"--run={run.path}", f"--note={note}"]
    command += [f"--{name}={descriptor}" for name, descriptor in inherited.items()]
    command += ["--resume"] if resume else []
    command += ["--new-directory"] if run.is_new else []
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)  # the host begins so, and obeys as soon as it can
    try:
        with open(run.log_path, "ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=tuple(inherited.values()),
                start_new_session=True,
            )
    except OSError as error:
        raise RunError(f"cannot start the process that trains {run.path}: {error.strerror}") from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def main() -> NoReturn:
    """Train the run that the arguments name, and end the process."""
    arguments = _parse_arguments()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.captureWarnings(True)
    try:
        code = _host(arguments)
    except VaeTuiError as error:
        logging.getLogger("vae_tui").error("%s", error)
        code = 2
    except BaseException:
        logging.getLogger("vae_tui").exception("the training has broken off")
        code = 1
    end_process(code)


def _host(arguments: argparse.Namespace) -> int:
    """Train a run. Returns the exit code."""
    commands = queue.Queue()
    with (
        RunDirectory.adopt(arguments.run, arguments.lock, is_new=arguments.new_directory) as run,
        socket.socket(fileno=arguments.listener) as listener,
        stopped_by_signals(commands, Terminal(sys.stdout, sys.stderr)),
    ):
        last = train_live(run, listener, commands, lambda event: None, resume=arguments.resume, note=arguments.note)
    match last:
        case Failed(usage=True):
            return 2
        case Failed():
            return 1
    return 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m vae_tui.tui.host", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the run's directory")
    parser.add_argument("--lock", type=int, required=True, help="the descriptor that holds its lock")
    parser.add_argument("--listener", type=int, required=True, help="the descriptor of its listening socket")
    parser.add_argument("--new-directory", action="store_true", help="the directory was made for the run")
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    parser.add_argument("--note", default="", help="what to know of the choice of the data set")
    return parser.parse_args()


if __name__ == "__main__":
    main()
