"""What the log of a run says, read while it is being written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pseudoterminal import wait_for

TAIL_BYTES = 200
"""How much before the place that was read last must be the same for a log to have grown only."""


@dataclass
class Read:
    """What has been read of a log: tests ask again and again, and it grows by megabytes."""

    size: int = 0
    tail: bytes = b""
    records: list[dict[str, Any]] = field(default_factory=list)


_READ: dict[Path, Read] = {}


def records(run: Path, *types: str) -> list[dict[str, Any]]:
    """The complete lines of the log so far: all of them, or those of some types."""
    read = _read_on(run / "events.jsonl")
    return [record for record in read.records if not types or record["type"] in types]


def metrics(run: Path) -> dict[int, tuple[float, ...]]:
    """All metrics by step; of a step that was taken twice, the newest."""
    columns = ("loss", "reconstruction", "kl", "grad_norm", "learning_rate")
    return {
        record["first_step"] + i: row
        for record in records(run, "metrics")
        for i, row in enumerate(zip(*(record[name] for name in columns), strict=True))
    }


def last_step(run: Path) -> int:
    """The last step that has been taken; 0 before the first one."""
    return max((record["step"] for record in records(run, "metrics")), default=0)


def states(run: Path) -> list[str]:
    """All states that the run has been in."""
    return [record["state"] for record in records(run, "state_changed")]


def losses(run: Path) -> dict[str, float]:
    """The loss on each split when it was last evaluated."""
    return {record["split"]: record["loss"] for record in records(run, "evaluated")}


def wait_for_steps(run: Path) -> None:
    """Wait until training has gone on."""
    step = last_step(run)
    wait_for(lambda: last_step(run) > step)


def _read_on(log: Path) -> Read:
    """Read what a log has grown by; all of it where it was cut back or is another one."""
    if not log.exists():
        return Read()
    read = _READ.setdefault(log, Read())
    with log.open("rb") as file:
        file.seek(max(0, read.size - TAIL_BYTES))
        if file.read(read.size - file.tell()) != read.tail:
            read = _READ[log] = Read()
            file.seek(0)
        lines = file.read().rpartition(b"\n")
    new = lines[0] + lines[1]
    read.records += [json.loads(line) for line in new.splitlines()]
    read.size += len(new)
    read.tail = (read.tail + new)[-TAIL_BYTES:]
    return read
