"""Show a run in one browser tab of `vae-tui serve`.

The server starts this process, which ends with the tab.

    python -m vae_tui.tui.cli.browser_tab RUN readonly|control SERVER

Textual draws for the browser because TEXTUAL_DRIVER is set; it reads standard input and writes standard output.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from ...core.errors import VaeTuiError
from ...core.run import is_locked
from ..process.printable import printable

POLL_SECONDS = 1.0
"""Time between two polls of the server."""

BROWSER = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
"""The capabilities of the page's terminal, in place of those of the server's terminal."""


def main() -> int:
    """Show the run until the tab or server ends. Return the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c is for the server, which closes its tabs
    run, access, server = sys.argv[1:]
    threading.Thread(target=_end_with, args=(int(server),), name="server-watch", daemon=True).start()
    os.environ |= BROWSER
    try:
        return _show(Path(run), readonly=access != "control")
    except VaeTuiError as error:
        _print(str(error))
        return 1


def _show(run: Path, *, readonly: bool) -> int:
    from .screen_flags import ScreenFlags, screen_options_of

    options = screen_options_of(ScreenFlags(pixels=False), encoding="utf-8")
    if is_locked(run):
        from .attach import show_live_run

        return show_live_run(run, readonly=readonly, options=options)
    from .replay import open_replay

    return open_replay(str(run), speed=None, checkpoint="best", options=options)


def _end_with(server: int) -> None:
    """End this process once the server, its parent, has died without closing its tabs."""
    while os.getppid() == server:
        time.sleep(POLL_SECONDS)
    os._exit(0)


def _print(text: str) -> None:
    """Show a text on the page: textual-serve's greeting, then a packet of terminal output."""
    data = f"vae-tui: {printable(text)}\r\n".encode()
    sys.stdout.buffer.write(b"__GANGLION__\nD" + len(data).to_bytes(4, "big") + data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
