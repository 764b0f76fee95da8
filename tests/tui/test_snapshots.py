"""Golden pictures of the screens. `pytest tests/tui/test_snapshots.py --snapshot-update` draws them anew."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from colored import CHARACTERS, many_classes, tiny_digits
from recorded import CONFIG, RUN_PATH, TILES, TILES_CONFIG, TILES_PATH, RecordedSession, gallery, recorded
from scripted import settle
from textual.pilot import Pilot
from vae_tui.core.config import Config
from vae_tui.core.protocol.events import (
    Alert,
    DataReady,
    Event,
    Failed,
    KnobsChanged,
    NotFinite,
    Progress,
    RunState,
    Sampled,
    StateChanged,
)
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.app.replay_app import ReplayApp
from vae_tui.tui.app.screen_options import ScreenOptions
from vae_tui.tui.session.attached_session import lost
from vae_tui.tui.session.replay.replay_events import Restated
from vae_tui.tui.session.session import OWNER, READER, RECORDING, VIEWER, Role
from vae_tui.tui.state import generate_requests, run_summary
from vae_tui.tui.state.meter import Meter
from vae_tui.tui.state.run_summary import Fact

# Syrupy would have the test's name in the picture's, but users see these names too.
pytestmark = pytest.mark.filterwarnings(r"ignore:\s*Can not relate snapshot:UserWarning")

RUNNING = recorded()
VERSIONS = (
    Fact("device", "cpu"),
    Fact("python", "3.12.3"),
    Fact("jax", "0.10.2"),
    Fact("flax", "0.12.8"),
    Fact("optax", "0.2.8"),
    Fact("textual", "8.2.8"),
)
STEP, START, NOW = RUNNING[-1].step, RUNNING[0].time, RUNNING[-1].time
NOTE = "no network: training on the 5,000 packaged MNIST digits; `vae-tui data` says how to get all 70,000"

TRACEBACK = """Traceback (most recent call last):
  File "core/training.py", line 71, in run_training
    last = _run(run, commands, emit, resume=resume)
  File "core/trainer.py", line 114, in run
    self._train()
  File "core/trainer.py", line 169, in _train
    self._require_finite(rows)
vae_tui.core.errors.TrainingError: the loss is not finite at step 1251; a lower learning rate usually helps
"""
FAILED = Failed(
    step=STEP,
    time=NOW,
    message="the loss is not finite at step 1251; a lower learning rate usually helps",
    traceback=TRACEBACK,
)
REPLAYED = Restated(step=STEP, event=StateChanged(step=STEP, time=NOW, state=RunState.TRAINING, detail="replay x16"))
LOST = dataclasses.replace(lost(RUN_PATH, STEP), time=NOW)
PAUSED = StateChanged(step=STEP, time=NOW, state=RunState.PAUSED)
NOT_FINITE = (
    NotFinite(step=STEP, time=NOW, metrics=("loss", "grad_norm")),
    StateChanged(step=STEP, time=NOW, state=RunState.PAUSED, detail="not finite"),
)
ALERT = Alert(
    step=STEP,
    time=NOW,
    kind="plateau",
    text="the validation loss has not improved for 10 evaluations; a lower learning rate often helps",
)
KNOBS = KnobsChanged(step=STEP, time=NOW, learning_rate_scale=0.5, beta_scale=1.25)
PACKAGED = tuple(dataclasses.replace(event, note=NOTE) if isinstance(event, DataReady) else event for event in RUNNING)
PREPARING = (
    StateChanged(step=0, time=START, state=RunState.PREPARING),
    Progress(step=0, time=START, label="downloading train-images", done=4_200_000, total=9_900_000, unit="bytes"),
)


def of_images(name: str, class_names: tuple[str, ...], images: np.ndarray) -> tuple[Event, ...]:
    """The run, as if it had been trained on other images and drawn these."""

    def changed(event: Event) -> Event:
        match event:
            case DataReady():
                return dataclasses.replace(event, name=name, class_names=class_names)
            case Sampled():
                return dataclasses.replace(event, images=images)
        return event

    return tuple(map(changed, RUNNING))


COLORED = recorded(TILES, (32, 32, 3))
TINY = of_images("digits8", tuple("0123456789"), tiny_digits()[:, :8])
MANY = of_images("characters", CHARACTERS, many_classes())
SMALL, NORMAL, _ = SIZES = (80, 24), (120, 40), (200, 60)
CURSOR = ("left", "shift+left", "shift+left", "shift+left", "left")
PICKED = ("right", "right", "down")
WALK = ("3", "right", "right", "up", "t", "enter", "right", "right", "enter")


@dataclass(frozen=True)
class Scene:
    """What is on the screen after these events and keys."""

    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    more: tuple[Event, ...] = ()
    past: tuple[Event, ...] = RUNNING
    options: ScreenOptions = field(default_factory=ScreenOptions)
    role: Role = OWNER
    run: tuple[Path, Config] = RUN_PATH, CONFIG

    def events(self, gallery: tuple[Event, ...]) -> tuple[Event, ...]:
        """The events, with what the run shows of its validation images once it has been evaluated."""
        return (*self.past, *(gallery if self.past not in (PREPARING, COLORED) else ()), *self.more)


def three(name: str, *keys: str) -> dict[str, Scene]:
    """A scene in the three sizes."""
    return {f"{name}_{width}x{height}": Scene((width, height), keys) for width, height in SIZES}


SCENES: dict[str, Scene] = {
    **three("monitor"),
    **three("studio", "g", *WALK),
    **three("latent_map", "p", *PICKED),
    "cursor_120x40": Scene(NORMAL, CURSOR),
    "all_metrics_120x40": Scene(NORMAL, ("m", "m", "m", "m")),
    "run_view_120x40": Scene(NORMAL, ("i",)),
    "log_120x40": Scene(NORMAL, ("slash", *"best")),
    "help_120x40": Scene(NORMAL, ("question_mark",)),
    "zoomed_120x40": Scene(NORMAL, (*CURSOR, "plus", "plus", "plus")),
    "log_scale_120x40": Scene(NORMAL, ("l",)),
    "maximised_120x40": Scene(NORMAL, ("z",)),
    "real_digits_120x40": Scene(NORMAL, ("x",)),
    "reconstructions_120x40": Scene(NORMAL, ("x", "x")),
    "step_120x40": Scene(NORMAL, ("colon", *"500")),
    "light_120x40": Scene(NORMAL, options=ScreenOptions(theme="textual-light")),
    "high_contrast_120x40": Scene(NORMAL, options=ScreenOptions(theme="high-contrast")),
    "colour_blind_120x40": Scene(NORMAL, options=ScreenOptions(theme="colour-blind-safe")),
    "ascii_120x40": Scene(NORMAL, options=ScreenOptions(ascii=True)),
    "packaged_80x24": Scene(SMALL, past=PACKAGED),
    "preparing_120x40": Scene(NORMAL, past=PREPARING),
    "paused_120x40": Scene(NORMAL, more=(PAUSED,)),
    "knobs_120x40": Scene(NORMAL, more=(KNOBS,)),
    "alert_120x40": Scene(NORMAL, more=(ALERT,)),
    "not_finite_120x40": Scene(NORMAL, more=NOT_FINITE),
    "failed_120x40": Scene(NORMAL, more=(FAILED,)),
    "leave_120x40": Scene(NORMAL, ("ctrl+c",)),
    "attached_120x40": Scene(NORMAL, role=VIEWER),
    "leave_attached_120x40": Scene(NORMAL, ("q",), role=VIEWER),
    "readonly_120x40": Scene(NORMAL, role=READER),
    "replay_120x40": Scene(NORMAL, more=(REPLAYED,), role=RECORDING),
    "replay_help_120x40": Scene(NORMAL, ("question_mark",), (REPLAYED,), role=RECORDING),
    "died_120x40": Scene(NORMAL, more=(LOST,)),
    "phone_60x72": Scene((60, 72), role=READER),
    "small_50x12": Scene((50, 12)),
    "color_120x40": Scene(NORMAL, past=COLORED, run=(TILES_PATH, TILES_CONFIG)),
    "tiny_digits_120x40": Scene(NORMAL, past=TINY),
    "many_classes_120x40": Scene(NORMAL, ("pagedown",), past=MANY),
}
"""What depends on the size has three of them; how else the panels bear a size is shown by their own tests."""


@pytest.mark.parametrize("name", SCENES)
def test_screen_is_as_it_was_accepted(name: str, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run_summary, "environment", lambda *_: VERSIONS)
    monkeypatch.setattr(Meter, "cost", None)  # what the screen costs is never the same twice
    clock = itertools.count(step=0.012)
    monkeypatch.setattr(generate_requests, "perf_counter", lambda: next(clock))
    scene = SCENES[name]
    session = RecordedSession(scene.events(gallery()), scene.role)

    async def play(pilot: Pilot[object]) -> None:
        await settle(pilot, session)
        for key in scene.keys:
            await pilot.press(key)
            await pilot.pause()

    run_path, config = scene.run
    given = {"run_path": run_path, "config": config, "options": scene.options}
    app = (ReplayApp if scene.role == RECORDING else VaeTuiApp)(session, **given)
    assert snap_compare(app, terminal_size=scene.size, run_before=play)
