"""Completion of commands and flags, in real shells."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from command import COMMAND, Commands, environment
from hosted import PATIENCE

pytestmark = pytest.mark.process

COMPLETE = r"""
. "$HOME/.bashrc"
complete_line() {  # what the tab key would offer after these words
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
    "$(complete -p vae-tui | sed -E 's/.*-F ([^ ]+).*/\1/')" vae-tui "${!#}" "${@:$#-1:1}"
    echo "${COMPREPLY[*]}"
}
"""


def install(shell: str, home: dict[str, str]) -> str:
    """Install the completion of a shell. Return what the command said."""
    command = [*COMMAND, "--install-completion", "--shell", shell]
    done = subprocess.run(command, env=home, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_commands_flags_and_choices(tmp_path: Path) -> None:
    home = environment() | {"HOME": str(tmp_path)}
    (tmp_path / ".bashrc").write_text("export MINE=1")
    for _ in range(2):  # the second time changes nothing
        assert "~/.bashrc loads it" in install("bash", home)
    assert (tmp_path / ".bashrc").read_text().splitlines()[0] == "export MINE=1"
    assert len((tmp_path / ".bashrc").read_text().splitlines()) == 3
    lines = ("tr", "train --optim.sched", "train --optim.schedule warm", "train --preset tu", "data pre")
    script = COMPLETE + "".join(f"complete_line vae-tui {line}\n" for line in lines)
    found = subprocess.run(["bash", "--norc", "-c", script], env=home, capture_output=True, text=True)
    expected = ["train", "--optim.schedule", "warmup warmup-cosine", "tutorial", "prepare"]
    assert found.stdout.splitlines() == expected, found.stderr


def test_a_script_that_cannot_be_written_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    answer = Commands(capfd)("--install-completion", "--shell", "fish", "--output", tmp_path / "file" / "x.fish")
    answer.assert_refused("--output FILE writes the script elsewhere")


ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -i
zpty -w shell 'PS1=; echo rea""dy'
zpty -r shell shown '*ready*'
zpty -w -n shell $'vae-tui train --optim.sched\t'
zpty -r shell shown '*--optim.schedule*'
zpty -w -n shell $'war\t'
zpty -r shell shown '*warmup*'
"""


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_completes_flags_and_choices_where_its_completion_is_on(tmp_path: Path) -> None:
    home = environment() | {"HOME": str(tmp_path), "TERM": "dumb"}
    (tmp_path / ".zshrc").write_text("autoload -Uz compinit && compinit -u\n")
    install("zsh", home)
    assert (tmp_path / ".zshrc").read_text().splitlines()[-1] == "autoload -Uz compinit && compinit -u"
    subprocess.run(["zsh", "-f", "-c", ZSH], env=home, check=True, timeout=PATIENCE, capture_output=True)


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes_commands_flags_and_choices(tmp_path: Path) -> None:
    home = environment() | {"HOME": str(tmp_path)} | dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME"), "")
    install("fish", home)
    lines = ("tr", "train --optim.sched", "train --optim.schedule war", "data pre")
    script = "\n".join(f"complete -C 'vae-tui {line}'" for line in lines)
    found = subprocess.run(["fish", "-c", script], env=home, capture_output=True, text=True)
    words = [line.split("\t")[0] for line in found.stdout.splitlines()]
    assert words == ["train", "--optim.schedule", "warmup", "warmup-cosine", "prepare"], found.stderr
