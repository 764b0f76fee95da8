"""What the log of a run says, read while it is being written."""

import json
from pathlib import Path
from typing import Any

from pseudoterminal import wait_for


def records(run: Path, *types: str) -> list[dict[str, Any]]:
    """The complete lines of the log so far: all of them, or those of some types."""
    file = run / "events.jsonl"
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return [record for record in map(json.loads, lines) if not types or record["type"] in types]


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
