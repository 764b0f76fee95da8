"""A process whose death is reported, and whose deliberate ends are not."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

PROGRAM = """
    import fcntl, os, signal, sys
    from vae_tui.tui.process.watcher import Watcher

    lock = open(sys.argv[2], "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    with Watcher(lambda: "it died") as watcher:
        match sys.argv[1]:
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "aborted":
                os.abort()
            case "ended":
                watcher.dismiss()
                os._exit(130)
"""


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [("killed", -9, "it died"), ("aborted", -6, "it died"), ("ended", 130, ""), ("returned", 0, "")],
)
def test_only_an_accident_is_reported(end: str, code: int, said: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), end, str(tmp_path / "lock")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (code, "", said)
