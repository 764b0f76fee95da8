"""Noise on a real terminal, and in what a browser sends: the app lives on, and answers the next key."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pseudoterminal import HANG_SECONDS, PseudoTerminal, wait_for

pytestmark = pytest.mark.process

PROGRAM = """
    import json, os, resource, signal, sys
    from textual.app import App
    from textual.widgets import Input, Static
    from vae_tui.tui.driver.driver import metered_driver_class

    def peak():
        "The most memory that this process has had, in KiB; what Linux says of it elsewhere is of the parent too."
        if os.path.exists("/proc/self/status"):
            return int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

    class Counting(App, inherit_bindings=False):
        BINDINGS = [("f12", "count")]  # noise does not press it
        ENABLE_COMMAND_PALETTE = False
        counted = 0

        def get_driver_class(self):
            return metered_driver_class(super().get_driver_class(), lambda size: None, lambda message: None)

        def compose(self):
            yield Input() if "input" in sys.argv else Static()

        def on_mount(self):
            self.tell()

        def on_paste(self, event):
            self.tell(pasted=event.text)

        def on_resize(self, event):
            self.tell(columns=event.size.width)

        def action_count(self):
            self.counted += 1
            self.tell()

        def tell(self, **more):
            with open("told.new", "w") as file:
                json.dump({"counted": self.counted, "peak": peak(), **more}, file)
            os.replace("told.new", "told")

    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as for every screen, also where the tests run under nohup
    Counting().run()
"""

KEY = b"\x1b[24~"  # F12

NOISE = {
    "wrong byte": b"\xff",
    "latin-1": "Größe: 5 µm, naïve café\r".encode("latin-1"),
    "utf-16": "héllo".encode("utf-16"),
    "truncated character": "█".encode()[:2],
    "surrogates": "\ud800".encode(errors="surrogatepass") + b"\x1b[55296u\x1b[97;1;56320u",
    "character out of range": b"\x1b[9999999999u\x1b[97;1;1114112u",
    "many digits": b"\x1b[" + b"9" * 5000 + b"u",
    "torn sequences": b"\x1b[<35;10\x1b[<\x1b[48;4\x1b[200\x1b[",
    "escape": b"\x1b",
    "strings without an end": b"\x1bP1$r" + b"\x1b]11;rgb:" * 9,
    "old mouse": b"\x1b[M\xff\xff\xff\x1b[M !",
    "mouse far away": b"\x1b[<0;99999999999999999;1M\x1b[<0;1;99999999999999999m\x1b[<35;-5;0M",
    "impossible sizes": b"\x1b[48;0;0;0;0t\x1b[48;999999999;999999999;1;1t",
    "NULs": bytes(5000),
    "paste without an end": b"\x1b[200~",
    "paste with controls": b"\x1b[200~\x1b[31m\x00\xff\x9b\x1b[48;0;0;0;0t\x1b[201~",
}

MEBIBYTE = 1 << 20


class Terminal(PseudoTerminal):
    """A terminal with an app that counts how often F12 was pressed."""

    def __init__(self, cwd: Path, *arguments: str) -> None:
        super().__init__(sys.executable, "-c", textwrap.dedent(PROGRAM), *arguments, cwd=cwd)
        self._told = cwd / "told"
        self.wait_for(self._told.exists)

    @property
    def told(self) -> dict[str, int]:
        """What the app has told last."""
        return json.loads(self._told.read_text())

    def answers(self) -> None:
        """Press the key until the app has counted it: noise that came before may swallow some."""
        before = self.told["counted"]
        next_at = time.monotonic()

        def press() -> None:
            nonlocal next_at
            if time.monotonic() >= next_at:
                self.send(KEY)
                next_at = time.monotonic() + 0.2
            self.read()
            assert self.process.poll() is None, self.text

        wait_for(lambda: self.told["counted"] > before, meanwhile=press)


@contextmanager
def counting(cwd: Path, *arguments: str) -> Iterator[Terminal]:
    with Terminal(cwd, *arguments) as terminal:
        terminal.answers()
        yield terminal
        assert b"Traceback" not in terminal.shown


def test_an_app_answers_after_every_kind_of_noise(tmp_path: Path):
    with counting(tmp_path) as terminal:
        for name, noise in NOISE.items():
            print(name)
            terminal.send(noise)
            terminal.answers()


@pytest.mark.parametrize("focused", [pytest.param("nothing", marks=pytest.mark.soak), "input"])
def test_a_flood_is_worked_off_without_growing(tmp_path: Path, focused: str):
    """Random bytes, half of which are keys, come faster than any app takes keys."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    with counting(tmp_path, focused) as terminal:
        before = terminal.told["peak"]
        terminal.send(random.Random(seed).randbytes(MEBIBYTE))
        terminal.answers()
        assert terminal.told["peak"] < before + 64 * 1024


def packet(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "big") + payload


def test_an_app_in_a_browser_answers_after_every_kind_of_noise(tmp_path: Path):
    meta = [b"", b"\xff", b"[]", b"{}", b'{"type": "resize", "width": "wide"}', b'{"type": "deliver_chunk_request"}']
    noise = [
        *(packet(b"D", data) for data in NOISE.values()),
        *(packet(b"M", data) for data in meta),
        packet(b"\xff", b""),
    ]
    environment = os.environ | {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)], cwd=tmp_path, env=environment, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        os.write(process.stdin.fileno(), b"".join(noise))

        def press() -> None:
            assert process.stdin is not None
            assert process.poll() is None
            os.write(process.stdin.fileno(), packet(b"D", KEY))
            time.sleep(0.2)

        told = tmp_path / "told"
        wait_for(lambda: told.exists() and json.loads(told.read_text())["counted"], meanwhile=press)
        os.write(process.stdin.fileno(), packet(b"M", b'{"type": "quit"}'))
        assert process.wait(HANG_SECONDS) == 0
