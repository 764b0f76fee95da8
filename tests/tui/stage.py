"""A parent with a stand-in screen and host, on a pseudo-terminal of its own."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from pseudoterminal import PseudoTerminal, is_alive, wait_for

PROGRAM = """
    import os, signal, subprocess, sys, time, tty
    from pathlib import Path
    from vae_tui.core.errors import UsageError
    from vae_tui.tui import supervisor
    from vae_tui.tui.child import ScreenError
    from vae_tui.tui.supervisor import Supervisor, supervise

    def note(name, text):
        Path(f"{name}.new").write_text(str(text))
        Path(f"{name}.new").rename(name)

    def enter():
        tty.setraw(0)
        os.write(2, b"\\x1b[?1049h\\x1b[?25l\\x1b[?1003h")

    def leave():
        os.write(2, b"\\x1b[?1003l\\x1b[?25h\\x1b[?1049l")
        tty.tcsetattr(0, tty.TCSANOW, cooked)

    def suspend(*_):
        leave()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, suspend)
        enter()

    def screen(until=lambda: Path("ended").exists()):
        global cooked
        cooked = tty.tcgetattr(0)
        signal.signal(signal.SIGTSTP, suspend)
        enter()
        note("screen", os.getpid())
        while not until():
            os.write(2, b"." if len(sys.argv) < 2 else b"." * 4096)
            time.sleep(0.02)
        leave()
        return 7

    HOST = '''
        import signal, sys, time
        def end(*_):
            open("asked", "a").write("x")
            if {obeys}:
                open("ended", "w").close()
                sys.exit()
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, end)
        open("ready", "w").close()
        while True:
            time.sleep(1)
    '''

    def host(obeys=True):
        import textwrap
        code = textwrap.dedent(HOST).format(obeys=obeys)
        process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdin=subprocess.DEVNULL)
        note("host", process.pid)
        while not Path("ready").exists():
            time.sleep(0.01)
        return process

    def with_host(**how):
        obeys = how.pop("obeys", True)
        with Supervisor(**how) as parent:
            parent.host = host(obeys)
            shown = parent.show(screen)
            parent.wait_for_host()
        print(f"shown {shown}, gone {parent.hung_up}", flush=True)
        note("outcome", f"shown {shown}, gone {parent.hung_up}")
        sys.exit(shown or 0)
"""


class Stage:
    """Starts programs on terminals, and ends whatever they leave."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._terminals: list[PseudoTerminal] = []

    def run(self, code: str, *arguments: str, shell: bool = False, controls: bool = True) -> PseudoTerminal:
        """Run a program that goes on from PROGRAM; as a session's leader, or as a job of a shell."""
        program = self.folder / "program.py"
        program.write_text(textwrap.dedent(PROGRAM) + textwrap.dedent(code))
        command = (sys.executable, str(program), *arguments)
        if not shell:
            terminal = PseudoTerminal(*command, cwd=self.folder, controls=controls)
        else:
            terminal = PseudoTerminal("bash", "--norc", "--noprofile", "-i", cwd=self.folder, environment={"PS1": "$ "})
            terminal.type(f"{shlex.join(command)}; echo code $?\n")
        self._terminals.append(terminal)
        return terminal

    def pid(self, name: str) -> int:
        """The process that has noted itself under a name; waits for it."""
        wait_for((self.folder / name).exists)
        return int((self.folder / name).read_text())

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def clean_up(self) -> None:
        for terminal in self._terminals:
            terminal.close()
        for name in ("screen", "host"):
            if self.has(name) and is_alive(self.pid(name)):
                os.kill(self.pid(name), signal.SIGKILL)


def parent_of(pid: int) -> int:
    return int(subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, check=True).stdout)
