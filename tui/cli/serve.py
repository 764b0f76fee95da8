"""`vae-tui serve`: show a run in browsers, each tab a viewer of its own."""

from __future__ import annotations

import asyncio
import getpass
import signal
import socket
from typing import TYPE_CHECKING, TextIO

from ...core.errors import UsageError
from ...core.run import find_run, view_log_path
from ..process.printable import printable
from ..process.terminal import output_to
from .choose_run import live_run
from .parameters import LiveRun

if TYPE_CHECKING:  # textual-serve is an optional dependency
    from ..web.site import Site

LOOPBACK = "127.0.0.1"
"""The only address that the server listens on; users of other machines come through SSH."""


def serve(run: LiveRun = None, /, *, port: int = 8000, control: bool = False) -> int:
    """Serve a run to browsers until a signal ends the server. Return the exit code.

    The signals are SIGINT, SIGTERM and SIGHUP, unless they are ignored, as under `nohup`.
    Nothing is trained here; when the server ends, only its tabs end. Tabs attach to a live run and replay any other.
    The output of the server and its tabs, tracebacks included, goes to the run's view.log.

    Parameters
    ----------
    port:
        The port to listen on, at 127.0.0.1.
    control:
        Let the browsers steer the run, not only watch it.

    Raises
    ------
    UsageError
        When there is no such run, the port is taken, or textual-serve is not installed.
    """
    path = (live_run(None) if run is None else find_run(run)).absolute()
    try:
        from ..web.site import Site
    except ModuleNotFoundError as error:
        raise UsageError(
            f"serving a run needs textual-serve, which is not installed ({error.name} is missing);"
            " `pip install 'vae-tui[serve]'` installs it"
        ) from error
    with _listen(port) as listener, output_to(view_log_path(path)) as terminal:
        asyncio.run(_serve(Site(path, control=control), listener, terminal.stdout))
    return 0


async def _serve(site: Site, listener: socket.socket, out: TextIO) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as under `nohup`
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with site.served(listener):
        for line in _directions(site, listener.getsockname()[1]):
            out.write(f"{printable(line)}\n")
        await ended.wait()


def _directions(site: Site, port: int) -> list[str]:
    """Return the lines that tell the user how to open and end the pages."""
    tabs = "tabs can steer it" if site.control else "tabs are read-only; with --control they can steer it"
    return [
        f"run         {site.run}; {tabs}",
        f"address     http://{LOOPBACK}:{port}/{site.key}/",
        f"remotely    ssh -N -L {port}:{LOOPBACK}:{port} {_user_name()}@{socket.gethostname()}"
        "  on your own machine, then open the same address there",
        "to end      ctrl+c closes the tabs; the training continues",
    ]


def _user_name() -> str:
    """Return the user's name, or a word in its place: in a container, the user may have a number only."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # OSError from Python 3.13 on
        return "USER"


def _listen(port: int) -> socket.socket:
    """Return a socket that listens on a port of the loopback address. Raises UsageError."""
    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port} is not a port; choose one from 1024 to 65535")
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # reuse a port that was just closed
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise UsageError(f"cannot listen on port {port}: {error.strerror}; choose another with --port") from error
    return listener
