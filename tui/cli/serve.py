"""`vae-tui serve`: a run in the browser, each tab a viewer of its own."""

from __future__ import annotations

import asyncio
import getpass
import signal
import socket
from typing import TYPE_CHECKING, TextIO

from ...core.errors import UsageError
from ...core.run import find_run, view_log_path
from ..process.terminal import output_to
from .choose_run import live_run

if TYPE_CHECKING:  # its libraries are an extra
    from ..web.site import Site

LOOPBACK = "127.0.0.1"
"""The only address that is listened on: whoever is elsewhere comes through SSH."""


def serve(name: str | None, *, port: int, control: bool) -> int:
    """Show a run in browsers until SIGINT, SIGTERM or SIGHUP, if they are not ignored. Returns the exit code.

    Nothing is trained here, and nothing ends but the tabs when this ends. What is printed meanwhile, tracebacks of
    tabs included, goes to the run's view.log.

    Args:
        name: The run; None: the only live one. While it is live its tabs are attached to it, else they replay it.
        port: TCP port on the loopback address; 0: any that is free.
        control: Whether the tabs may do everything to the run that an attached terminal may. Else they only look.

    Raises:
        UsageError: when there is no such run, the port cannot be had, or textual-serve is not installed.
    """
    path = (live_run(None) if name is None else find_run(name)).absolute()
    try:
        from ..web.site import Site
    except ModuleNotFoundError as error:
        raise UsageError(
            f"a run is served by textual-serve, which is not installed ({error.name} is missing);"
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
            out.write(f"{line}\n")
        await ended.wait()


def _directions(site: Site, port: int) -> list[str]:
    """What the user has to know."""
    tabs = "tabs steer it as an attached terminal does" if site.control else "tabs only look; with --control they steer"
    return [
        f"run         {site.run}; {tabs}",
        f"address     http://{LOOPBACK}:{port}/{site.key}/",
        f"from afar   ssh -N -L {port}:{LOOPBACK}:{port} {getpass.getuser()}@{socket.gethostname()}"
        "  on your own machine, then the same address there",
        "to end      ctrl+c: it closes the tabs, and the training goes on",
    ]


def _listen(port: int) -> socket.socket:
    """A socket that listens on a port of the loopback address."""
    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port} is no port: choose one from 1024 to 65535")
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left can be had again at once
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise UsageError(f"cannot listen on port {port}: {error.strerror}; choose another with --port") from error
    return listener
