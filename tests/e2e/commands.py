"""The commands that the tests give."""

from __future__ import annotations

import sys
from pathlib import Path

VAE_TUI = str(Path(sys.executable).parent / "vae-tui")

TRAIN = ("train", "--data.name", "mnist5k", "--model.hidden", "16", "--model.latents", "4",
         "--train.batch-size", "64")  # fmt: skip
"""Training of a small model, which takes many steps in a second. How many in all, and where, is to be added."""


def patched(patch: str, *arguments: str) -> tuple[str, ...]:
    """The command `vae-tui` with arguments, in a process that runs some Python code before, and all forks of it."""
    return sys.executable, "-c", f"{patch}\nfrom vae_tui.tui.cli import main\nmain()\n", *arguments
