"""The first steps of a real run, for the golden pictures: what they show has been.

`recorded/` holds the event log of `vae-tui train --headless -d mnist5k`, up to the picture of step 1,250, and that
picture.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from vae_tui.core.config import Config, DataConfig
from vae_tui.core.events import Event, Sampled
from vae_tui.core.records import from_record
from vae_tui.core.runlog import read_records

FOLDER = Path(__file__).parent / "recorded"
RUN_PATH = Path("runs/2026-11-24-mnist5k-1")

CONFIG = Config(data=DataConfig(name="mnist5k"))
"""The run's configuration."""


@cache
def recorded() -> tuple[Event, ...]:
    """The events of the run, with the times at which they were recorded."""
    records = read_records(FOLDER / "events.jsonl")
    return tuple(_sampled(record) if record["type"] == "sampled" else from_record(record) for record in records)


def _sampled(record: dict[str, Any]) -> Sampled:
    """The picture cut up into its digits again: cells of 30 pixels, of which the first two are the gap."""
    sheet = np.asarray(Image.open(FOLDER / record["file"]))[:-2, :-2]
    rows, columns = sheet.shape[0] // 30, sheet.shape[1] // 30
    images = sheet.reshape(rows, 30, columns, 30).transpose(0, 2, 1, 3)[:, :, 2:, 2:]
    return Sampled(
        step=record["step"],
        time=record["time"],
        images=images,
        source=record["source"],
        temperature=record["temperature"],
    )
