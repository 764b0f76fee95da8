"""What shows a run in one tab of a browser: the process that `vae-tui serve` starts for it, and that ends with it.

    python -m vae_tui.tui.cli.browser_tab RUN readonly|control SERVER

Textual draws for the browser because TEXTUAL_DRIVER is set: standard input and output are the two ways to it.
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

POLL_SECONDS = 1.0
"""Time between two looks whether the server is still there."""

BROWSER = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
"""What the terminal of the page can, whatever the one can in which the server was started."""


def main() -> int:
    """Show the run until the tab or the server is gone. Returns the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c is for the server, which sees to its tabs
    run, access, server = sys.argv[1:]
    threading.Thread(target=_end_with, args=(int(server),), name="server-watch", daemon=True).start()
    os.environ |= BROWSER
    try:
        return _show(Path(run), readonly=access != "control")
    except VaeTuiError as error:
        _say(str(error))
        return 1


def _show(run: Path, *, readonly: bool) -> int:
    from ..app.screen_options import screen_options

    options = screen_options(encoding="utf-8")
    if is_locked(run):
        from .attach import attach

        return attach(run, readonly=readonly, options=options)
    from .view_run import open_replay

    return open_replay(str(run), speed=None, checkpoint="latest", options=options)


def _end_with(server: int) -> None:
    """Wait until the server is no longer the parent, which it would ask this process to leave otherwise; then end."""
    while os.getppid() == server:
        time.sleep(POLL_SECONDS)
    os._exit(0)


def _say(text: str) -> None:
    """Show a text on the page, in textual-serve's way: its greeting, then a packet of what the terminal writes."""
    data = f"vae-tui: {text}\r\n".encode()
    sys.stdout.buffer.write(b"__GANGLION__\nD" + len(data).to_bytes(4, "big") + data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
