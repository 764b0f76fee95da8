"""The browser of runs: their list, and what to do with the selected run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from ...core.errors import UsageError, VaeTuiError
from ...core.run import (
    Labels,
    delete_run,
    describe_contents,
    last_checkpoint,
    read_labels,
    restore_run,
    run_name,
    write_labels,
)
from ...core.text import count
from ..control.browse_actions import why_not_browse
from ..state import Browsing
from ..widgets.run_table import RunTable
from .delete_screen import DeleteScreen
from .line_screen import LineScreen
from .run_list_screen import RunListScreen


class Wanted(NamedTuple):
    """What the user wants to do outside of the browser."""

    action: Literal["leave", "attach", "replay", "resume", "compare"]
    browsing: Browsing
    """The state to come back to."""
    runs: tuple[str, ...] = ()
    """The names of the runs."""
    steps: int | None = None
    """The new last step of a run to resume; None keeps it."""


class BrowseScreen(RunListScreen):
    """Let the user open, compare, resume, label and delete the runs of a library."""

    def on_run_table_moved(self, event: RunTable.Moved) -> None:
        """Select the run that was clicked; a second click opens it."""
        self._select(self._library.runs.get(event.name))
        if event.opens:
            self.action_open()

    # -- what happens outside of the browser

    def action_leave(self) -> None:
        """Leave the browser."""
        self._leave("leave")

    def action_open(self) -> None:
        """Attach to the selected run if it is live, else replay it."""
        run = self._possible("open")
        if run is not None:
            self._leave("attach" if run.is_live else "replay", run.name)

    def action_compare(self) -> None:
        """Compare the marked runs."""
        reason = why_not_browse("compare", self._table.selected, marked=len(self._marked))
        if reason:
            self.notify(reason)
        else:
            self._leave("compare", *self._marked)

    async def action_resume(self) -> None:
        """Resume the selected run; ask for the last step of a run that has reached it."""
        run = self._possible("resume")
        if run is None:
            return
        if last_checkpoint(run.path) is None:
            self.notify(f"{run.name} has no checkpoint to resume from.", severity="warning")
        elif run.state == "finished":
            done = run.figures.step
            await self._ask(
                LineScreen(
                    f"{run.name} has finished at step {count(done)}; train on to step",
                    "trains on",
                    value=str(2 * done),
                    check=lambda text: _check_steps(text, done),
                ),
                lambda text: self._leave("resume", run.name, steps=int(text)),
            )
        else:
            self._leave("resume", run.name)

    def _leave(self, action: Any, *names: str, steps: int | None = None) -> None:
        self.app.exit(Wanted(action, self.browsing, names, steps))

    # -- labels and the trash

    async def action_note(self) -> None:
        """Write a note about the selected run."""
        await self._label("note", "one line", lambda labels: labels.note, _with_note)

    async def action_tags(self) -> None:
        """Write the tags of the selected run."""
        await self._label("tags", "words, with spaces between them", lambda labels: " ".join(labels.tags), _with_tags)

    async def _label(
        self, what: str, placeholder: str, text_of: Callable[[Labels], str], change: Callable[[Labels, str], Labels]
    ) -> None:
        run = self._possible(what)
        if run is None:
            return
        try:
            labels = read_labels(run.path)
        except VaeTuiError as error:
            self.notify(str(error), severity="error")
            return
        await self._ask(
            LineScreen(
                f"{what} of {run.name}",
                "saves",
                value=text_of(labels),
                placeholder=placeholder,
                check=lambda text: change(labels, text),
            ),
            lambda text: self._try(lambda: write_labels(run.path, change(labels, text))),
        )

    async def action_delete(self) -> None:
        """Move the selected run to the trash, after a question."""
        run = self._possible("delete")
        if run is None:
            return

        def answered(deletes: bool | None) -> None:
            below = self._table.run_at(1)
            if deletes and self._try(lambda: delete_run(run.path)):
                if below is not None and below.name != run.name:
                    self.browsing = replace(self.browsing, selected=below.name)
                self.notify(f"{run.name} is in the trash; u brings it back.")
                self._refresh()

        await self.app.push_screen(DeleteScreen(run.name, describe_contents(run.path)), answered)

    def action_undo(self) -> None:
        """Bring back the run that was deleted last."""
        restored = []
        if self._try(lambda: restored.append(restore_run(self._library.base))):
            name = run_name(restored[0], self._library.base)
            self.notify(f"{name} is back.")
            self.browsing = replace(self.browsing, selected=name)
            self._refresh()

    async def _ask(self, dialog: LineScreen, then: Callable[[str], object]) -> None:
        def answered(text: str | None) -> None:
            if text is not None:
                then(text)
                self._refresh()

        await self.app.push_screen(dialog, answered)

    def _try(self, change: Callable[[], object]) -> bool:
        """Change a run. Return whether that was possible; notify the user if not."""
        try:
            change()
        except VaeTuiError as error:
            self.notify(str(error), severity="error", timeout=10)
            return False
        return True


def _with_note(labels: Labels, text: str) -> Labels:
    return dataclasses.replace(labels, note=text)


def _with_tags(labels: Labels, text: str) -> Labels:
    return dataclasses.replace(labels, tags=tuple(text.split()))


def _check_steps(text: str, done: int) -> None:
    if not text.isdecimal() or int(text) <= done:
        raise UsageError(f"enter a step after {count(done)}")
