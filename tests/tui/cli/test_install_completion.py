"""Completion of commands and flags, in a real bash."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from command import COMMAND, Commands, environment

pytestmark = pytest.mark.process

COMPLETE = r"""
. "$HOME/.bashrc"
complete_line() {  # what the tab key would offer after these words
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
    "$(complete -p vae-tui | sed -E 's/.*-F ([^ ]+).*/\1/')" vae-tui "${!#}" "${@:$#-1:1}"
    echo "${COMPREPLY[*]}"
}
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_commands_flags_and_choices(tmp_path: Path) -> None:
    home = environment() | {"HOME": str(tmp_path)}
    (tmp_path / ".bashrc").write_text("export MINE=1")
    for _ in range(2):  # the second time changes nothing
        done = subprocess.run(
            [*COMMAND, "--install-completion", "--shell", "bash"], env=home, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "~/.bashrc loads it" in done.stdout
    assert (tmp_path / ".bashrc").read_text().splitlines()[0] == "export MINE=1"
    assert len((tmp_path / ".bashrc").read_text().splitlines()) == 3
    lines = ("tr", "train --optim.sched", "train --optim.schedule warm", "data pre")
    script = COMPLETE + "".join(f"complete_line vae-tui {line}\n" for line in lines)
    found = subprocess.run(["bash", "--norc", "-c", script], env=home, capture_output=True, text=True)
    assert found.stdout.splitlines() == ["train", "--optim.schedule", "warmup warmup-cosine", "prepare"], found.stderr


def test_a_script_that_cannot_be_written_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    answer = Commands(capfd)("--install-completion", "--shell", "fish", "--output", tmp_path / "file" / "x.fish")
    answer.assert_refused("--output FILE writes the script elsewhere")
