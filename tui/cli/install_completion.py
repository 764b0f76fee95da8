"""`vae-tui --install-completion`: let the shell complete commands and flags with the tab key."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cyclopts.completion.detect import ShellDetectionError, detect_shell

from ...core.errors import UsageError
from .printing import print_text


def install_completion(*, shell: Literal["bash", "zsh", "fish"] | None = None, output: Path | None = None) -> None:
    """Write the completion script, and a line that loads it into the startup file of bash or zsh.

    Parameters
    ----------
    shell:
        The shell (default: the one that runs this command).
    output:
        Write the script to this file only, and change no startup file.
    """
    from .command_line import app

    chosen = shell or _detected()
    try:
        script = app.install_completion(shell=chosen, output=output, add_to_startup=output is None)
    except OSError as error:
        raise UsageError(
            f"cannot write {error.filename}: {error.strerror}; --output FILE writes the script elsewhere"
        ) from error
    print_text(f"completion for {chosen}: {script}")
    if output is not None:
        print_text("load it in the shell's startup file")
    elif chosen == "fish":
        print_text("new shells have it")
    else:
        print_text(f"~/.{chosen}rc loads it: new shells have it, and this one after `exec {chosen}`")
        if chosen == "zsh":
            print_text("if the tab key still completes nothing, add `autoload -Uz compinit && compinit` to ~/.zshrc")


def _detected() -> Literal["bash", "zsh", "fish"]:
    """Return the shell that runs this command. Raises UsageError."""
    try:
        shell = detect_shell()
    except ShellDetectionError:
        shell = "powershell"
    if shell == "powershell":
        raise UsageError("cannot tell which shell this is; name it with --shell bash, zsh or fish")
    return shell
