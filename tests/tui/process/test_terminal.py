"""Keeping prints off the terminal, tried on a pseudo-terminal with every way to print."""

import os
import sys
from pathlib import Path

import pytest
from command import run_on_terminal
from vae_tui.core.errors import RunError
from vae_tui.tui.process.terminal import LEAVE_SCREEN, output_to

pytestmark = pytest.mark.process

CHATTER = """
    import ctypes, logging, os, subprocess, sys, warnings
    from pathlib import Path
    from vae_tui.tui.process.terminal import output_to

    print("before")
    with output_to(Path(sys.argv[1])) as terminal:
        print("from print")
        print("from print to stderr", file=sys.stderr)
        os.write(1, b"from descriptor 1\\n")
        os.write(2, b"from descriptor 2\\n")
        subprocess.run(["sh", "-c", "echo from a child; echo from a child on stderr >&2"])
        ctypes.CDLL(None).puts(b"from C")
        logging.getLogger("library").warning("from logging")
        warnings.warn("from warnings")
        terminal.stdout.write("to the screen, %s\\n" % terminal.stdout.isatty())
        sys.__stderr__.write("drawn, %s\\n" % sys.__stderr__.isatty())
    print("after")
    print("after on stderr", file=sys.stderr)
    ctypes.CDLL(None).puts(b"after from C")
"""


def test_prints_go_to_the_log_and_nothing_else_to_the_terminal(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    shown = run_on_terminal(CHATTER, str(log))
    assert shown.splitlines() == [
        "before",
        "to the screen, True",
        "drawn, True",
        "after",
        "after on stderr",
        "after from C",
    ]
    logged = log.read_text()
    for source in (
        "from print\n",
        "from print to stderr\n",
        "from descriptor 1\n",
        "from descriptor 2\n",
        "from a child\n",
        "from a child on stderr\n",
        "from C\n",
        "WARNING library: from logging\n",
        "from warnings",
    ):
        assert source in logged


def test_the_log_is_appended_to(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("yesterday\n")
    run_on_terminal(CHATTER, str(log))
    assert log.read_text().startswith("yesterday\n")


def test_everything_is_restored_after_an_error(tmp_path: Path) -> None:
    def outputs() -> tuple[object, ...]:
        return sys.__stdout__, sys.__stderr__, *(os.path.sameopenfile(fd, kept) for fd, kept in ((1, one), (2, two)))

    def print_and_fail() -> None:
        with output_to(tmp_path / "log"):
            os.write(1, b"inside\n")
            raise ZeroDivisionError

    one, two = os.dup(1), os.dup(2)
    before = outputs()
    with pytest.raises(ZeroDivisionError):
        print_and_fail()
    assert outputs() == before
    assert (tmp_path / "log").read_text() == "inside\n"
    os.close(one)
    os.close(two)


FULL = """
    import logging, os, resource, sys
    from pathlib import Path
    from vae_tui.tui.process.terminal import flush, output_to

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # not a byte more, as on a full disk
    sys.stdout = open(1, "w", closefd=False)  # holds back, whatever PYTHONUNBUFFERED says
    try:
        with output_to(Path(sys.argv[1])):
            sys.stdout.write("held back")
            logging.getLogger("library").warning("held back, too")
            flush()
            raise ZeroDivisionError
    except ZeroDivisionError:
        os.write(1, b"the real error\\n")
"""


def test_everything_is_restored_when_the_disk_of_the_log_is_full(tmp_path: Path) -> None:
    assert "the real error\n" in run_on_terminal(FULL, str(tmp_path / "log"))


def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"cannot write .*log: No such file"), output_to(tmp_path / "missing" / "log"):
        pass


APP = """
    import ctypes, os, sys, warnings
    from vae_tui.tui.cli import main
    from vae_tui.tui.session.local_session import LocalSession

    class NoisySession(LocalSession):
        def _work(self, post):
            print("noise from stdout")
            print("noise from stderr", file=sys.stderr)
            warnings.warn("noise from warnings")
            os.write(1, b"noise from a descriptor\\n")
            ctypes.CDLL(None).puts(b"noise from C")
            super()._work(post)

    sys.modules["vae_tui.tui.session.local_session"].LocalSession = NoisySession
    main()
"""


def test_the_app_keeps_all_prints_off_the_screen_and_leaves_it_as_it_was(tmp_path: Path) -> None:
    """The app's session prints in every way; what it shows is really trained."""
    run = tmp_path / "run"
    arguments = ("--data.name", "mnist5k", "--model.hidden", "16", "--run.dir", str(run))
    shown = run_on_terminal(APP, *arguments, keys={"training": "qy"})
    screen, _, after = shown.rpartition("\x1b[?1049l")  # how a terminal is told to leave the alternate screen
    assert "\x1b[?1049h" in screen
    assert "noise" not in shown
    assert f"run         {run}" in after
    log = (run / "train.log").read_text()
    # Not with their line ends: Python writes a line and its end apart, and another writer may come between.
    for way in ("stdout", "stderr", "warnings", "a descriptor", "C"):
        assert f"noise from {way}" in log


PRINTING = """
    import asyncio, os
    from textual.events import Print
    from vae_tui.tui.app.screen_options import ScreenOptions
    from vae_tui.tui.app.terminal_app import TerminalApp

    class App(TerminalApp):
        copyable = ()

    async def show():
        app = App(ScreenOptions())
        async with app.run_test() as pilot:
            kept = os.dup(2)
            os.dup2(os.open("/dev/full", os.O_WRONLY), 2)
            app.post_message(Print("--- Logging error ---", stderr=True))  # what Textual makes of a print
            await pilot.pause(0.1)
            os.dup2(kept, 2)
            assert app.is_running

    asyncio.run(show())
    print("shown to the end")
"""


def test_an_app_goes_on_when_the_disk_of_its_log_is_full() -> None:
    assert "shown to the end" in run_on_terminal(PRINTING)


MODES = """
    import sys, tty
    from vae_tui.tui.process.terminal import TerminalModes, leave_screen

    modes = TerminalModes()
    tty.setraw(0)
    modes.restore()
    if sys.argv[1] == "screen":
        leave_screen()
"""


def test_a_terminal_is_set_as_it_was_and_its_screen_is_left_when_that_is_needed() -> None:
    assert run_on_terminal(MODES, "modes") == ""
    assert run_on_terminal(MODES, "screen").encode() == LEAVE_SCREEN


BESIDE = """
    import os, threading
    from vae_tui.tui.process.terminal import leave_screen

    def write():
        while True:
            os.write(1, b".")

    threading.Thread(target=write, daemon=True).start()
    for _ in range(2000):
        leave_screen()
"""


def test_a_screen_is_left_however_often_others_write_at_the_same_moment() -> None:
    """A shell may print its prompt, or a thread draw."""
    shown = run_on_terminal(BESIDE).encode()
    assert shown.replace(b".", b"").count(LEAVE_SCREEN) == 2000


PROGRESS = """
    from vae_tui.tui.cli.progress_report import showing_progress

    with showing_progress() as report:
        report("reading", 1, 2, "files")
        print("begun")
        input()
"""


def test_a_progress_bar_leaves_the_cursor_alone() -> None:
    """It would stay hidden when ctrl+z or a signal comes."""
    assert "\x1b[?25l" not in run_on_terminal(PROGRESS, keys={"begun": "\n"})


NONBLOCKING = """
    import os, sys
    from pathlib import Path
    from vae_tui.tui.cli import main

    os.set_blocking(1, False)
    sys.argv = ["vae-tui", "--version"]
    try:
        main()
    except SystemExit:
        os.write(1, b"." * 100_000 + b"end")
"""


def test_a_terminal_that_another_program_left_nonblocking_takes_all_output() -> None:
    assert run_on_terminal(NONBLOCKING).endswith("." * 100_000 + "end")
