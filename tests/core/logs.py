"""Logs for the tests of those who read them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from vae_tui.core.protocol.events import METRICS, Event, Metrics, Notice, Sampled
from vae_tui.core.run.event_log import RunLog
from vae_tui.core.run.rundir import RunDirectory


def write(run: RunDirectory, *events: Event) -> None:
    """Append events to a run's log, as the one who trains it does."""
    log = RunLog(run)
    for event in events:
        log.record(event)
    log.close()


def notice(number: int) -> Notice:
    """An event whose text is not ASCII, and has more than one line."""
    return Notice(step=number, level="info", text=f"notice {number} \N{SNOWMAN}\n")


def steps(first: int, last: int, seconds: float = 1.0) -> Metrics:
    """The metrics of some steps, all of them different."""
    values = {name: np.arange(first, last + 1, dtype=np.float32) + i / 8 for i, name in enumerate(METRICS)}
    return Metrics(step=last, first_step=first, seconds=seconds, time=float(last), **values)


def sampled(step: int, shade: int = 0) -> Sampled:
    return Sampled(
        step=step,
        images=np.full((3, 2, 28, 28), shade, np.uint8),
        source="raw",
        temperature=0.5,
        requested=True,
        label=2,
    )


def cut_up(events: list[Event]) -> list[Event]:
    """The events with every Metrics as Metrics of single steps, without times and durations."""
    cut: list[Event] = []
    for event in events:
        if isinstance(event, Metrics):
            for i, step in enumerate(range(event.first_step, event.step + 1)):
                values = {name: getattr(event, name)[i : i + 1] for name in METRICS}
                cut.append(Metrics(step=step, first_step=step, time=0, seconds=0, **values))
        else:
            cut.append(event)
    return cut


def read_records(log: Path) -> list[dict[str, Any]]:
    """The JSON objects of a log's complete lines."""
    return [json.loads(line) for line in log.read_bytes().split(b"\n")[:-1]]
