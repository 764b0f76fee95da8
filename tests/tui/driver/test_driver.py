"""The driver: it counts on a real terminal, byte for byte, and nowhere else, and ends with its terminal."""

from __future__ import annotations

import signal
import sys
import textwrap
import time
from pathlib import Path
from typing import Any
from unittest.mock import ANY, Mock

import pytest
from pseudoterminal import PseudoTerminal, wait_for
from textual.app import App, ComposeResult
from textual.driver import Driver
from textual.widgets import Static
from vae_tui.tui.driver.driver import metered_driver_class

PROGRAM = """
    import sys
    from textual.app import App
    from textual.widgets import Static
    from vae_tui.tui.driver.driver import metered_driver_class

    written = 0

    def count(size):
        global written
        written += size

    class Small(App):
        def get_driver_class(self):
            return metered_driver_class(super().get_driver_class(), count, lambda message: None)

        def compose(self):
            yield Static("⣿ braille: three bytes a cell")

        def on_mount(self):
            self.set_interval(0.05, self.look)

        def look(self):
            self.query_one(Static).update("█" * 40)
            if self._sync_available:
                self.set_timer(0.2, self.exit)

    Small().run()
    open(sys.argv[1], "w").write(str(written))
"""

SYNC_QUERY, SYNC_ANSWER = b"\x1b[?2026$p", "\x1b[?2026;2$y"
SYNC_START, SYNC_END = b"\x1b[?2026h", b"\x1b[?2026l"


def test_every_byte_is_counted_and_synchronised_output_goes_through(tmp_path: Path):
    counted = tmp_path / "counted"
    with PseudoTerminal(sys.executable, "-c", textwrap.dedent(PROGRAM), str(counted), cwd=tmp_path) as terminal:
        terminal.wait_for(lambda: SYNC_QUERY in terminal.shown)
        terminal.type(SYNC_ANSWER)
        assert terminal.wait() == 0
    written = terminal.shown
    assert int(counted.read_text()) == len(written.replace(b"\r\n", b"\n"))  # the terminal turns \n into \r\n
    assert "█" * 40 in written.decode()
    assert written.count(SYNC_START) == written.count(SYNC_END) > 0


ENDLESS = """
    import signal
    from pathlib import Path
    from textual.app import App
    from textual.widgets import Static
    from vae_tui.tui.driver.driver import metered_driver_class

    class Endless(App):
        def get_driver_class(self):
            return metered_driver_class(super().get_driver_class(), lambda size: None, lambda message: None)

        def compose(self):
            yield Static()

        def on_mount(self):
            self.set_interval(0.05, self.draw)

        def draw(self):
            self.query_one(Static).update("█▄"[self.counted % 2] * 800)
            self.counted += 1
            Path("drawn").write_text(str(self.counted))

        counted = 0

    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as for every screen, also where the tests run under nohup
    Endless().run()
"""


@pytest.mark.parametrize("controls", [True, False])
@pytest.mark.parametrize("is_read", [True, False])
def test_an_app_ends_when_its_terminal_is_gone(tmp_path: Path, controls: bool, is_read: bool):
    """With a signal, or without one where the terminal is not the session's; also in the middle of a write."""
    program = (sys.executable, "-c", textwrap.dedent(ENDLESS))
    with PseudoTerminal(*program, cwd=tmp_path, controls=controls) as terminal:
        terminal.wait_for(lambda: (tmp_path / "drawn").exists())
        if not is_read:
            time.sleep(0.5)
        terminal.cut()
        wait_for(lambda: terminal.process.poll() is not None)
        assert terminal.process.returncode == -signal.SIGHUP


def test_an_app_that_is_not_seen_goes_on_when_it_is_seen_again(tmp_path: Path):
    """SIGCONT without a stop before it: the screen is neither taken twice nor left."""

    def drawn() -> int:
        return int((tmp_path / "drawn").read_text() or 0)

    with PseudoTerminal(sys.executable, "-c", textwrap.dedent(ENDLESS), cwd=tmp_path) as terminal:
        terminal.wait_for(lambda: (tmp_path / "drawn").exists())
        for _ in range(3):
            target = drawn() + 6
            terminal.process.send_signal(signal.SIGCONT)
            terminal.wait_for(lambda target=target: drawn() >= target)
        assert terminal.shown.count(b"\x1b[?1049h") == 1


class Counting(App[None]):
    """An app with the metered driver."""

    def __init__(self) -> None:
        self.counted: list[int] = []
        super().__init__()

    def get_driver_class(self) -> type[Driver]:
        return metered_driver_class(super().get_driver_class(), self.counted.append, lambda message: None)

    def compose(self) -> ComposeResult:
        yield Static("hello")


async def test_the_driver_of_tests_is_left_alone():
    app = Counting()
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.is_headless
    assert app.counted == []


@pytest.mark.parametrize("data", ["", "plain", "⣿█", "\x1b[1;31mé"])
def test_bytes_are_counted_not_characters(data: str):
    passed: list[str] = []
    counted: list[int] = []

    class Keeping(Driver):
        def write(self, data: str) -> None:
            passed.append(data)

        def start_application_mode(self) -> None: ...
        def stop_application_mode(self) -> None: ...
        def disable_input(self) -> None: ...

    driver_class = metered_driver_class(Keeping, counted.append, lambda message: None)
    driver_class.__new__(driver_class).write(data)
    assert (passed, counted) == ([data], [len(data.encode())])


class Browser(Driver):
    """A web driver, as far as its input goes."""

    class _Reader(list[bytes]):
        def close(self) -> None: ...

    _input_reader = _Reader([b"D\0\0\0\1a"])

    @property
    def is_web(self) -> bool:
        return True

    def on_meta(self, kind: str, meta: dict[str, object]) -> None: ...
    def write(self, data: str) -> None: ...
    def start_application_mode(self) -> None: ...
    def stop_application_mode(self) -> None: ...
    def disable_input(self) -> None: ...


async def test_a_bug_in_the_input_from_a_browser_ends_the_app(caplog: pytest.LogCaptureFixture):
    class Failing(Browser):
        def process_message(self, message: object) -> None:
            raise ValueError("a bug")

    app = Mock()
    driver: Any = metered_driver_class(Failing, print, print)(app)
    driver.run_input_thread()
    app.call_later.assert_called_once_with(app.panic, ANY)
    assert "ValueError: a bug" in caplog.text


def test_a_bug_in_the_input_from_a_terminal_ends_the_app(tmp_path: Path):
    """Also one that looks as if the terminal were gone."""
    program = ENDLESS.replace(
        "Endless().run()",
        """
    from textual.driver import Driver

    def fail(self, message):
        raise OSError("a bug")

    Driver.process_message = fail
    Endless().run()
    """,
    )
    with PseudoTerminal(sys.executable, "-c", textwrap.dedent(program), cwd=tmp_path) as terminal:
        terminal.wait_for(lambda: (tmp_path / "drawn").exists())
        terminal.type("a")
        assert terminal.wait() == 0
        assert "OSError: a bug" in terminal.text
