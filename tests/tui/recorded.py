"""The first steps of a real run, for the golden pictures: what they show has been.

`recorded/` holds the event log of `vae-tui train --headless -d mnist5k`, up to the picture of step 1,250, and that
picture.
"""

import dataclasses
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from vae_tui.core.config import Config, DataConfig, ModelConfig, OptimConfig
from vae_tui.core.events import Event, ModelReady, Sampled
from vae_tui.core.records import from_record
from vae_tui.core.runlog import read_records

FOLDER = Path(__file__).parent / "recorded"
RUN_PATH = Path("runs/2026-11-23-mnist5k-1")

CONFIG = Config(
    data=DataConfig(name="mnist5k"),
    model=ModelConfig(prior="standard", activation="gelu"),
    optim=OptimConfig(learning_rate=2e-3),
)
"""The run's configuration."""

CHAIN = (
    "clip_by_global_norm(5)",
    "scale_by_adam(b1=0.9, b2=0.999, eps=1e-08)",
    "scale_by_learning_rate(warmup-cosine, peak 0.002)",
)
OPTIMIZER_BYTES = 8_722_888
PARAMETERS = (
    "decoder/Dense_0/bias 256",
    "decoder/Dense_0/kernel 30x256",
    "decoder/Dense_1/bias 512",
    "decoder/Dense_1/kernel 256x512",
    "decoder/Dense_2/bias 784",
    "decoder/Dense_2/kernel 512x784",
    "encoder/Dense_0/bias 512",
    "encoder/Dense_0/kernel 794x512",
    "encoder/Dense_1/bias 256",
    "encoder/Dense_1/kernel 512x256",
    "encoder/Dense_2/bias 40",
    "encoder/Dense_2/kernel 256x40",
)
"""What the run's events did not tell yet when it was recorded."""


@cache
def recorded() -> tuple[Event, ...]:
    """The events of the run, with the times at which they were recorded."""
    records = read_records(FOLDER / "events.jsonl")
    return tuple(_sampled(record) if record["type"] == "sampled" else _event(record) for record in records)


def _event(record: dict[str, Any]) -> Event:
    event = from_record(record)
    if isinstance(event, ModelReady):
        return dataclasses.replace(event, chain=CHAIN, optimizer_bytes=OPTIMIZER_BYTES, parameters=PARAMETERS)
    return event


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
