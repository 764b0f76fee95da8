"""What the log of a run says, read while it is being written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def records(run: Path) -> Iterator[dict[str, Any]]:
    """The complete lines of the log so far."""
    file = run / "events.jsonl"
    for line in file.read_text().split("\n")[:-1] if file.exists() else []:
        yield json.loads(line)


def metrics(run: Path) -> dict[int, tuple[float, ...]]:
    """All metrics by step; of a step that was taken twice, the newest."""
    columns = ("loss", "reconstruction", "kl", "grad_norm", "learning_rate")
    return {
        record["first_step"] + i: row
        for record in records(run)
        if record["type"] == "metrics"
        for i, row in enumerate(zip(*(record[name] for name in columns), strict=True))
    }
