"""A supervisor with a stand-in child, which trains nothing, on a pseudo-terminal of its own."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
import textwrap
from pathlib import Path

from pseudoterminal import PseudoTerminal, is_alive, wait_for

ENTER = b"\x1b[?1049h"
LEAVE = b"\x1b[?1003l\x1b[?25h\x1b[?1049l"
"""How the stand-in enters and leaves its screen."""

PROGRAM = rf"""
    import os, select, signal, socket, sys, termios, threading, time, tty
    from functools import partial
    from pathlib import Path
    from vae_tui.core.errors import UsageError
    from vae_tui.tui.process import supervisor
    from vae_tui.tui.process.child import Report, ScreenError
    from vae_tui.tui.process.signals import STOPPING, SignalThread
    from vae_tui.tui.process.supervisor import Supervisor, supervise
    from vae_tui.tui.process.terminal import end_process, foreground_group
    from vae_tui.tui.process.terminal import give_up_controlling_terminal, let_go_of_terminal

    def note(name, text):
        Path(f"{{name}}.new").write_text(str(text))
        Path(f"{{name}}.new").rename(name)

    def enter():
        tty.setraw(0)
        os.write(2, {ENTER!r} + b"\x1b[?25l\x1b[?1003h")

    class Training:
        "Counts in a thread, and shows a screen that takes three keys."

        def __init__(self, obeys=True, gets_stuck=False):
            self.obeys, self.gets_stuck = obeys, gets_stuck
            self.stopped = threading.Event()
            self.is_to_suspend = self.is_hung_up = False
            self.thread = threading.Thread(target=self.count, daemon=True)

        @property
        def is_screen_over(self):
            return self.stopped.is_set() or self.is_hung_up

        def count(self):
            number = 0
            while not self.stopped.is_set():
                number += 1
                note("count", number)
                time.sleep(0.01)
            note("ended", number)

        def handle(self, number):
            if number == signal.SIGCONT:
                return note("continued", "")
            with open("signals", "a") as file:
                file.write(number.name + " ")
            match number:
                case signal.SIGTSTP:
                    self.is_to_suspend = True
                case signal.SIGHUP:
                    self.is_hung_up = True
                case _ if self.obeys:
                    self.stopped.set()

        def show(self):
            self.cooked = tty.tcgetattr(0)
            self.enter()
            note("child", os.getpid())
            if self.gets_stuck:
                self.get_stuck()
            while not self.is_screen_over:
                if self.is_to_suspend:
                    self.suspend()
                os.write(2, b".")
                key = os.read(0, 1) if select.select([0], [], [], 0.02)[0] else None
                match key:
                    case b"\x1a":
                        self.suspend()
                    case b"d":
                        return self.leave()
                    case b"x":
                        raise ScreenError("the screen is broken")
                    case b"":
                        self.is_hung_up = True
            if self.stopped.is_set():
                self.leave()

        def enter(self):
            self.is_on = True
            enter()

        def leave(self):
            if self.is_on:
                self.is_on = False
                os.write(2, {LEAVE!r})
                tty.tcsetattr(0, tty.TCSANOW, self.cooked)

        def suspend(self):
            self.is_to_suspend = False
            self.leave()
            before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            signal.raise_signal(signal.SIGTSTP)
            while foreground_group() not in (None, os.getpgrp()) and not self.is_screen_over:
                time.sleep(0.02)
            signal.signal(signal.SIGTSTP, before)
            if not self.is_screen_over:
                self.enter()

        def get_stuck(self):
            note("stuck", "")
            data = b"." * (1 << 20)
            while data:
                data = data[os.write(2, data):]

    def train(pipe, **how):
        "Train until told to stop, and return 7. Where the screen ends before that, end with the code 5."
        training = Training(**how)
        with SignalThread(training.handle, (*STOPPING, signal.SIGHUP, signal.SIGTSTP, signal.SIGCONT)):
            training.thread.start()
            report = Report("detached", continues=True)
            try:
                training.show()
            except ScreenError as error:
                report = Report(error=error, has_left=False, continues=True)
            except (OSError, termios.error):
                training.is_hung_up = True
            if training.stopped.is_set():
                training.thread.join()
                return 7
            let_go_of_terminal()
            give_up_controlling_terminal()
            pipe.send(Report(hung_up=True, has_left=False, continues=True) if training.is_hung_up else report)
            training.thread.join()
        end_process(5)

    def with_child(show=train, **how):
        "Call a function in a child, note the outcome, and see to the rest as a command does."
        ours, theirs = socket.socketpair()
        with Supervisor() as parent:
            note("supervisor", os.getpid())
            try:
                shown = parent.show(partial(show, **how), handed=ours)
            except ScreenError as error:
                shown = error
            in_front = foreground_group() in (None, os.getpgrp())
            outcome = f"shown {{shown}}, gone {{parent.hung_up}}, in front {{in_front}}, closed {{ours.fileno() == -1}}"
            print(outcome, flush=True)
            note("outcome", outcome)
            sys.exit(parent.wait() if parent.hung_up else shown if isinstance(shown, int) else 0)
"""


class Stage:
    """Starts programs on terminals, and ends what they leave."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._terminals: list[PseudoTerminal] = []

    def run(self, code: str, *, shell: bool = False, background: bool = False, controls: bool = True) -> PseudoTerminal:
        """Run a program that goes on from PROGRAM.

        Args:
            code: The rest of the program.
            shell: Run it as a job of a shell, not as the leader of its session.
            background: Start that job in the background.
            controls: Whether the terminal controls the session.
        """
        program = self.folder / "program.py"
        program.write_text(textwrap.dedent(PROGRAM) + textwrap.dedent(code))
        command = (sys.executable, str(program))
        if not shell:
            terminal = PseudoTerminal(*command, cwd=self.folder, controls=controls)
        else:
            terminal = PseudoTerminal("bash", "--norc", "--noprofile", "-i", cwd=self.folder, environment={"PS1": "$ "})
            terminal.type(f"{shlex.join(command)} {'&' if background else '; echo code $?'}\n")
        self._terminals.append(terminal)
        return terminal

    def pid(self, name: str) -> int:
        """Wait for the process that notes itself under a name, and return its id."""
        wait_for((self.folder / name).exists)
        return int((self.folder / name).read_text())

    def has(self, name: str) -> bool:
        """Check whether something has been noted under a name."""
        return (self.folder / name).exists()

    @property
    def signals(self) -> str:
        """The signals that the child has handled, in order."""
        return (self.folder / "signals").read_text() if self.has("signals") else ""

    @property
    def outcome(self) -> str:
        """How the screen has ended for the parent, after what it has shown."""
        return (self.folder / "outcome").read_text()

    def wait_for_count(self) -> None:
        """Wait until the child has counted on from now."""
        before = self.pid("count")
        wait_for(lambda: self.pid("count") > before)

    def clean_up(self) -> None:
        """End what is still there."""
        for terminal in self._terminals:
            terminal.close()
        for name in ("supervisor", "child"):
            if self.has(name) and is_alive(pid := self.pid(name)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
