"""The first steps of a real run, for the golden pictures: what they show has been.

`recorded/` holds the event log of `vae-tui train --headless -d mnist5k`, up to the picture of step 1,250, and that
picture; `shown.npz` what the same run has shown besides: real images, reconstructions, the latent map, and the images
that the golden pictures ask for. `record.py` makes the latter. `recorded/tiles/` holds the log and the last picture of
a run on images in color; its SOURCE.md names them.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scripted import ScriptedSession
from vae_tui.core.config import Config, DataConfig
from vae_tui.core.protocol.commands import Command, Generate
from vae_tui.core.protocol.events import Event, Examples, Generated, LatentMap, Reconstructed, Sampled
from vae_tui.core.protocol.records import from_record
from vae_tui.core.run.png import decode_png, images_of_grid

FOLDER = Path(__file__).parent / "recorded"
SHOWN = FOLDER / "shown.npz"
RUN_PATH = Path("runs/2026-11-24-mnist5k-1")

CONFIG = Config(data=DataConfig(name="mnist5k"))
"""The run's configuration."""

TILES = FOLDER / "tiles"
TILES_PATH = Path("runs/2026-11-30-tiles-1")
TILES_CONFIG = Config(data=DataConfig(name="/home/me/tiles", size=32))


@cache
def recorded(folder: Path = FOLDER, shape: tuple[int, ...] = (28, 28)) -> tuple[Event, ...]:
    """The events of the run, with the times at which they were recorded."""
    records = map(json.loads, (folder / "events.jsonl").read_text().splitlines())
    return tuple(
        _sampled(record, folder, shape) if record["type"] == "sampled" else from_record(record) for record in records
    )


@cache
def shown() -> dict[str, np.ndarray]:
    """The arrays of `shown.npz`."""
    with np.load(SHOWN) as file:
        return dict(file)


def gallery() -> tuple[Event, ...]:
    """What the run shows of its validation images, at its last evaluation."""
    found, last = shown(), recorded()[-1]
    where = {"step": int(found["step"]), "time": last.time}
    return (
        Examples(images=found["examples"], **where),
        Reconstructed(images=found["reconstructed"], **where),
        LatentMap(
            points=found["points"],
            labels=found["labels"],
            latents=found["latents"],
            explained=tuple(found["explained"].tolist()),
            **where,
        ),
    )


class RecordedSession(ScriptedSession):
    """Says what the run said, and answers as it answered."""

    def send(self, command: Command) -> None:
        super().send(command)
        if isinstance(command, Generate):
            last = recorded()[-1]
            answer = Generated(
                step=last.step, time=last.time, ticket=command.ticket, images=_answer(command), weights=command.weights
            )
            self.post(answer)


def _answer(command: Generate) -> np.ndarray:
    """The images of the recorded question that is this one, but for the rounding of another machine."""
    found = shown()
    for i in range(int(found["questions"])):
        codes, classes = found[f"codes_{i}"], found[f"classes_{i}"]
        if (
            found[f"space_{i}"] == command.space
            and codes.shape == command.codes.shape
            and np.allclose(codes, command.codes, atol=1e-4)
            and np.allclose(classes, command.classes, atol=1e-4)
        ):
            return found[f"images_{i}"]
    raise LookupError("this question was not recorded; python tests/tui/record.py does so")


def _sampled(record: dict[str, Any], folder: Path, shape: tuple[int, ...]) -> Sampled:
    """The picture cut up into its images again."""
    return Sampled(
        step=record["step"],
        time=record["time"],
        images=images_of_grid(decode_png((folder / record["file"]).read_bytes())[0], shape),
        source=record["source"],
        temperature=record["temperature"],
    )
