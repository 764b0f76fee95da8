"""A real terminal: a tmux server of the test's own, with one window that runs a shell."""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


class Terminal:
    """A tmux window. Everything is read and typed as a person would."""

    def __init__(self, cwd: Path, width: int = 120, height: int = 40) -> None:
        self._socket = str(cwd / "tmux.sock")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TMUX")}
        environment |= {"LANG": "C.UTF-8"}
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), "-c", str(cwd),
                   "bash --norc --noprofile", env=environment)  # fmt: skip

    def type(self, text: str) -> None:
        """Type a line and press enter."""
        self._tmux("send-keys", "-l", text)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self._tmux("send-keys", *keys)

    def resize(self, width: int, height: int) -> None:
        """Change the window's size in cells."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def screen(self) -> str:
        """The text on the screen."""
        return self._tmux("capture-pane", "-p")

    def variable(self, name: str) -> str:
        """One of tmux's variables of the window, such as `alternate_on`."""
        return self._tmux("display-message", "-p", f"#{{{name}}}").strip()

    def wait_for(self, what: str | Callable[[], object], *, seconds: float = 120) -> None:
        """Wait until a text is on the screen, or a function gives something true; the limit is for hangs only."""
        deadline = time.monotonic() + seconds
        while not (what in self.screen() if isinstance(what, str) else what()):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds} s for {what}; the screen shows:\n{self.screen()}")
            time.sleep(0.05)

    def close(self) -> None:
        """End the server and what runs in it."""
        with contextlib.suppress(subprocess.CalledProcessError):  # it is closed
            self._tmux("kill-server")

    def _tmux(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        command = ["tmux", "-S", self._socket, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout
