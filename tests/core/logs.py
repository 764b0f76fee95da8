"""Logs for the tests of those who read them."""

from vae_tui.core.events import Event, Notice
from vae_tui.core.rundir import RunDirectory
from vae_tui.core.runlog import RunLog


def write(run: RunDirectory, *events: Event) -> None:
    """Append events to a run's log, as the one who trains it does."""
    log = RunLog(run)
    for event in events:
        log.record(event)
    log.close()


def notice(number: int) -> Notice:
    """An event whose text is not ASCII, and has more than one line."""
    return Notice(step=number, level="info", text=f"notice {number} \N{SNOWMAN}\n")
