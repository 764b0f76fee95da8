"""The dialog that offers paths and commands to copy: of a run, or of a comparison of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual.binding import BindingType

from ...core.run import last_checkpoint
from ...core.text import shell_path
from .question import Question


class Copyable(NamedTuple):
    """A text that can be copied, with the key that chooses it. Paths in it are absolute: they hold in every shell."""

    key: str
    name: str
    text: str


def copyable_of_run(run: Path, *, is_live: bool) -> list[Copyable]:
    """Return what there is to copy of a run.

    Args:
        run: The run's directory.
        is_live: Whether it is being trained.
    """
    run = run.absolute()
    name, checkpoint = shell_path(run), last_checkpoint(run)
    texts = [
        Copyable("d", "run directory", str(run)),
        Copyable("a", "attach command", f"vae-tui attach {name}")
        if is_live
        else Copyable("p", "replay command", f"vae-tui replay {name}"),
    ]
    if checkpoint is None:
        return texts
    return [
        *texts,
        Copyable("s", "sample command", f"vae-tui sample {name}"),
        Copyable("r", "resume command", f"vae-tui train --resume {name}"),
        Copyable("c", "path of the last checkpoint", str(checkpoint)),
    ]


def copyable_of_comparison(runs: Sequence[Path]) -> list[Copyable]:
    """Return what there is to copy of compared runs: the command that compares them, and their directories."""
    paths = [run.absolute() for run in runs]
    command = " ".join(["vae-tui compare", *map(shell_path, paths)])
    return [
        Copyable("v", "compare command", command),
        *(
            Copyable(key, f"directory of {key.upper()}", str(path))
            for key, path in zip("abcdefgh", paths, strict=False)
        ),
    ]


class CopyScreen(Question[str]):
    """Ask what to copy; the result is the text.

    Args:
        texts: What can be copied; enter copies the first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *((key, f"choose('{key}')", "Copy") for key in "abcdefghprsv"),
        ("enter", "choose('')", "Copy the first"),
        ("escape,y,q", "dismiss", "Close"),
    ]

    def __init__(self, texts: Sequence[Copyable]) -> None:
        self._texts = {each.key: each.text for each in texts} | {"": texts[0].text}
        super().__init__("copy", [*(each[:2] for each in texts), ("esc", "nothing")], texts[0].name)

    def action_choose(self, key: str) -> None:
        """Close with the text of a key; do nothing if the key has none."""
        if key in self._texts:
            self.dismiss(self._texts[key])
