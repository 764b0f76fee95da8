"""The dialog that asks before a run is moved to the trash."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.markup import escape

from .question import Question


class DeleteScreen(Question[bool]):
    """Ask whether to move a run to the trash.

    Args:
        name: The name of the run.
        contents: What it holds, such as "61 MB, 4 checkpoints".
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y", "dismiss(True)", "Delete"),
        ("escape,n,enter", "dismiss(False)", "Keep"),
    ]

    def __init__(self, name: str, contents: str) -> None:
        answers = [("y", f"move it to the trash: {contents}"), ("esc", "keep it")]
        super().__init__(f"delete {escape(name)}?", answers, "keeps it")
