"""Record what the run of the golden pictures has shown beside its log: `python tests/tui/record.py`.

It trains the run again, up to the step at which its log ends - the same seed gives the same numbers -, asks there what
the golden pictures ask, and writes `recorded/shown.npz`. Do so after a change of what they ask; new recordings of the
log itself are made with `vae-tui train --headless -d mnist5k`.
"""

import asyncio
import queue
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from recorded import CONFIG, RUN_PATH, SHOWN, recorded
from scripted import ScriptedSession, settle
from test_snapshots import SCENES
from vae_tui.core.protocol.commands import Command, Generate, Stop
from vae_tui.core.protocol.events import Event, Examples, Generated, LatentMap, Metrics, Reconstructed, Sampled
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.core.training.launch import Launch
from vae_tui.core.training.run_training import run_training
from vae_tui.tui.app.app import VaeTuiApp

LAST_STEP = recorded()[-1].step


class AskedSession(ScriptedSession):
    """Keeps the questions, and answers them with black pictures."""

    def send(self, command: Command) -> None:
        super().send(command)
        if isinstance(command, Generate):
            images = np.zeros((len(command.codes), 28, 28), np.uint8)
            self.post(Generated(step=LAST_STEP, ticket=command.ticket, images=images, weights=command.weights))


async def questions(events: tuple[Event, ...], keys: tuple[str, ...], size: tuple[int, int]) -> list[Generate]:
    """What the app asks when these keys are pressed."""
    session = AskedSession(events)
    app = VaeTuiApp(session, run_path=RUN_PATH, config=CONFIG)
    async with app.run_test(size=size) as pilot:
        await settle(pilot, session)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
    return [command for command in session.commands if isinstance(command, Generate)]


def train(asked: list[Generate]) -> list[Event]:
    """Train the run as far as its log goes, and ask there. Returns what it said."""
    commands: queue.Queue[Command] = queue.Queue()
    said: list[Event] = []

    def listen(event: Event) -> None:
        said.append(event)
        if isinstance(event, Sampled) and event.step == LAST_STEP:
            for i, command in enumerate(asked):
                commands.put(replace(command, ticket=i))
            commands.put(Stop(checkpoint=False))

    with (
        tempfile.TemporaryDirectory() as folder,
        RunDirectory.create(replace(CONFIG, run=replace(CONFIG.run, dir=str(Path(folder, "run"))))) as run,
    ):
        run_training(run, commands, listen, Launch(is_resumed=False))
    return said


def check(said: list[Event]) -> None:
    """The numbers must be those of the log."""
    losses = [
        np.concatenate([event.loss for event in events if isinstance(event, Metrics)]) for events in (recorded(), said)
    ]
    length = min(map(len, losses))
    np.testing.assert_array_equal(losses[0][:length], losses[1][:length])


def main() -> None:
    """Train, ask with what that has shown, train again and answer, check, write."""
    gallery = tuple(event for event in train([]) if isinstance(event, Examples | Reconstructed | LatentMap))
    asked: list[Generate] = []
    for scene in SCENES.values():
        if scene.keys:
            asked += asyncio.run(questions(scene.events(gallery), scene.keys, scene.size))
    said = train(asked)
    check(said)
    last = {kind: [event for event in said if isinstance(event, kind)][-1] for kind in (Examples, Reconstructed)}
    (latent_map,) = [event for event in said if isinstance(event, LatentMap)][-1:]
    answers = {event.ticket: event for event in said if isinstance(event, Generated)}
    arrays: dict[str, Any] = {
        "step": np.array(latent_map.step),
        "examples": last[Examples].images,
        "reconstructed": last[Reconstructed].images,
        "points": latent_map.points,
        "labels": latent_map.labels,
        "latents": latent_map.latents,
        "explained": np.array(latent_map.explained),
        "questions": np.array(len(asked)),
    }
    for i, command in enumerate(asked):
        arrays |= {
            f"codes_{i}": command.codes,
            f"classes_{i}": command.classes,
            f"space_{i}": np.array(command.space),
            f"images_{i}": answers[i].images,
        }
    np.savez_compressed(SHOWN, **arrays)
    print(f"{len(asked)} questions, {SHOWN.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
