"""The dialog that offers the run's paths and commands to copy."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from ...core.run import last_checkpoint
from ...core.text import shell_path
from .question import Question


def copyable(run: Path) -> dict[str, tuple[str, str]]:
    """Return what there is to copy of a run: by key, its name and the text.

    Paths are absolute, so that they hold in every shell.
    """
    run = run.absolute()
    name, checkpoint = shell_path(run), last_checkpoint(run)
    texts = {
        "d": ("run directory", str(run)),
        "a": ("attach command", f"vae-tui attach {name}"),
    }
    if checkpoint is None:
        return texts
    return texts | {
        "s": ("sample command", f"vae-tui sample {name}"),
        "r": ("resume command", f"vae-tui train --resume {name}"),
        "c": ("path of the last checkpoint", str(checkpoint)),
    }


class CopyScreen(Question[str]):
    """Ask what to copy; the result is the text.

    Args:
        run: The run's directory.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *((key, f"choose('{key}')", "Copy") for key in "dasrc"),
        ("enter", "choose('d')", "Copy the directory"),
        ("escape,y,q", "dismiss", "Close"),
    ]

    def __init__(self, run: Path) -> None:
        self._texts = copyable(run)
        answers = [(key, name) for key, (name, _) in self._texts.items()]
        super().__init__("copy", [*answers, ("esc", "nothing")], "run directory")

    def action_choose(self, key: str) -> None:
        """Close with the text of a key."""
        if key in self._texts:
            self.dismiss(self._texts[key][1])
