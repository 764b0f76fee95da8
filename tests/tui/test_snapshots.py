"""Golden pictures of the screens. `pytest tests/tui/test_snapshots.py --snapshot-update` draws them anew."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from recorded import CONFIG, RUN_PATH, recorded
from scripted import ScriptedSession, settle
from textual.pilot import Pilot
from vae_tui.core.events import (
    DataReady,
    Event,
    Failed,
    KnobsChanged,
    NotFinite,
    Progress,
    RunState,
    StateChanged,
)
from vae_tui.tui import facts
from vae_tui.tui.app import VaeTuiApp
from vae_tui.tui.facts import Fact

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
PAUSED = StateChanged(step=STEP, time=NOW, state=RunState.PAUSED)
NOT_FINITE = (
    NotFinite(step=STEP, time=NOW, metrics=("loss", "grad_norm")),
    StateChanged(step=STEP, time=NOW, state=RunState.PAUSED, detail="not finite"),
)
KNOBS = KnobsChanged(step=STEP, time=NOW, learning_rate_scale=0.5, beta_scale=1.25)
PACKAGED = tuple(dataclasses.replace(event, note=NOTE) if isinstance(event, DataReady) else event for event in RUNNING)
PREPARING = (
    StateChanged(step=0, time=START, state=RunState.PREPARING),
    Progress(step=0, time=START, label="downloading train-images", done=4_200_000, total=9_900_000, unit="bytes"),
)
SCREENS: dict[str, tuple[tuple[Event, ...], tuple[str, ...], tuple[int, int]]] = {
    "monitor_80x24": (RUNNING, (), (80, 24)),
    "monitor_120x40": (RUNNING, (), (120, 40)),
    "monitor_200x60": (RUNNING, (), (200, 60)),
    "packaged_80x24": (PACKAGED, (), (80, 24)),
    "preparing_120x40": (PREPARING, (), (120, 40)),
    "paused_120x40": ((*RUNNING, PAUSED), (), (120, 40)),
    "knobs_120x40": ((*RUNNING, KNOBS), (), (120, 40)),
    "not_finite_120x40": ((*RUNNING, *NOT_FINITE), (), (120, 40)),
    "run_view_80x24": (RUNNING, ("i",), (80, 24)),
    "run_view_120x40": (RUNNING, ("i",), (120, 40)),
    "run_view_200x60": (RUNNING, ("i",), (200, 60)),
    "failed_120x40": ((*RUNNING, FAILED), (), (120, 40)),
    "help_120x40": (RUNNING, ("question_mark",), (120, 40)),
    "leave_120x40": (RUNNING, ("ctrl+c",), (120, 40)),
    "small_50x12": (RUNNING, (), (50, 12)),
}


@pytest.mark.parametrize("name", SCREENS)
def test_screen_is_as_it_was_accepted(name: str, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(facts, "environment", lambda _: VERSIONS)
    events, keys, size = SCREENS[name]
    session = ScriptedSession(events)

    async def play(pilot: Pilot[object]) -> None:
        await settle(pilot, session)
        await pilot.press(*keys)
        await pilot.pause()

    app = VaeTuiApp(session, run_path=RUN_PATH, config=CONFIG)
    assert snap_compare(app, terminal_size=size, run_before=play)
