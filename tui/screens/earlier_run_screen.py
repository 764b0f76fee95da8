"""The dialog that asks for an earlier run, to draw its curves behind the present one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ...core.comparison import ComparedRun
from ...core.errors import VaeTuiError
from ...core.library import LibraryRun, RunLibrary, sort_runs
from ...core.text import count
from ..render.chart.curve_data import CurveData, EarlierRun
from ..state import align_columns, shorten
from .base import Dialog

NAME_WIDTH = 24
"""Characters of a name in the list and in the legend, at most."""


class RunOptions(OptionList):
    """A list of runs in which keys do no harm before its first frame."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action can run now; None disables it.

        Textual 8.2.8 raises an error at a key that turns the page before the runs are laid out.
        """
        if action in ("page_up", "page_down") and not self.scrollable_content_region:
            return None
        return super().check_action(action, parameters)


class EarlierRunScreen(Dialog[EarlierRun | None]):
    """Ask for a run of the same folder; the dialog closes with its curves, or with None if the user cancels.

    Args:
        run_path: The directory of the present run.
    """

    DEFAULT_CSS = """
    EarlierRunScreen {
        align: center middle;

        & .dialog {
            min-width: 48;  /* for the words in its border, also when the list is empty */
        }

        & OptionList, & OptionList:focus {
            width: auto;
            height: auto;
            max-height: 16;
            border: none;
            padding: 0;
            background: transparent;
        }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape,o,q", "dismiss(None)", "Close")]

    def __init__(self, run_path: Path) -> None:
        super().__init__()
        self._run_path = run_path.absolute()
        self._library = RunLibrary(self._run_path.parent)

    def compose(self) -> ComposeResult:
        """Compose an empty list."""
        with Vertical(classes="dialog") as box:
            box.border_title = "draw an earlier run behind"
            box.border_subtitle = "reading the runs"
            yield RunOptions()

    def on_mount(self) -> None:
        """Read the runs while the dialog is open."""
        self.run_worker(self._fill())

    async def _fill(self) -> None:
        """List the runs, once they are read."""
        for name in self._library.changed():
            await asyncio.to_thread(self._library.read, name)
        self._library.save()
        if not (self.is_attached and self.app.is_running):  # it was closed meanwhile
            return
        runs = earlier_runs(self._library.runs.values(), self._run_path.name)
        rows = [
            (shorten(run.name, NAME_WIDTH), run.summary.dataset, f"{count(run.figures.step)} steps", _best(run))
            for run in runs
        ]
        lines = align_columns(rows) if rows else []
        options = [Option(Content(line), id=run.name) for line, run in zip(lines, runs, strict=True)]
        self.query_one(OptionList).add_options(options)
        self.query_one(OptionList).highlighted = 0 if options else None
        box = self.query_one(Vertical)
        box.border_subtitle = "enter draws it, esc closes" if options else "there is no other run here · esc closes"

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Read the chosen run, and close with its curves."""
        self.query_one(Vertical).border_subtitle = "reading its curves"
        run = self._library.runs[str(event.option_id)]
        self.run_worker(self._choose(run.path))

    async def _choose(self, path: Path) -> None:
        try:
            compared = ComparedRun(path)
            await asyncio.to_thread(compared.read)
        except VaeTuiError as error:
            self.notify(str(error), severity="error", timeout=10)
            self.dismiss(None)
        else:
            self.dismiss(EarlierRun(shorten(compared.name, NAME_WIDTH), CurveData(compared.history)))


def earlier_runs(runs: Iterable[LibraryRun], name: str) -> list[LibraryRun]:
    """Return the other runs that have taken steps: those on the same data first, then the newest first.

    Args:
        runs: All runs of the folder.
        name: The name of the present run.
    """
    known = {run.name: run for run in runs}
    dataset = known[name].summary.dataset if name in known else ""
    others = [run for run in known.values() if run.name != name and run.figures.step]
    return sorted(sort_runs(others, "age"), key=lambda run: run.summary.dataset != dataset)


def _best(run: LibraryRun) -> str:
    return "" if run.best_loss is None else f"best {run.best_loss:.2f}"
