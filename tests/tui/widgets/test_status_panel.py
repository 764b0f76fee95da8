"""The status panel: what it adds about alerts, compilation and the screen's own cost, and what it leaves room for."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest
from scripted import eventually, hidden, metrics, model_ready, opening, running, settle, text_of, training
from vae_tui.core.config import Config
from vae_tui.core.protocol.events import (
    Alert,
    AlertCleared,
    Failed,
    ModelReady,
    NotFinite,
    RunState,
    StateChanged,
    SystemMeasured,
)
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.session.session import VIEWER
from vae_tui.tui.state.meter import Cost
from vae_tui.tui.state.run_view import RunView
from vae_tui.tui.widgets.status_panel import StatusPanel
from vae_tui.tui.widgets.status_rows import rows

RUN = (*opening(), *training(350))
PLATEAU = Alert(
    step=350,
    kind="plateau",
    text="validation loss not 0.1% better in 14 evaluations: best 102.27, now 102.77; a lower learning rate may help",
)
SLOW = Alert(
    step=350,
    kind="slow steps",
    text="steps take 20.0 ms instead of 4.0 ms; other work on this machine may be the reason",
)
COST = Cost(share=0.0184, bytes_per_second=6214.0, frames_per_second=2.0)


def show(app: VaeTuiApp, cost: Cost | None = None) -> None:
    app.monitor.query_one(StatusPanel).show(app.view, "", time.time(), cost)


def is_seen(app: VaeTuiApp, selector: str) -> bool:
    """Whether the whole row is on the screen, inside of the panel."""
    row, panel = app.monitor.query_one(selector), app.monitor.query_one(StatusPanel)
    return row.display and row.region.height > 0 and panel.content_region.contains_region(row.region)


async def test_the_screens_own_cost_is_a_row():
    async with hidden(*RUN) as (_, app, _session):
        # Nothing is waited for in between: the app paints by itself, too.
        show(app)
        assert text_of(app, "#screen") == "screen –", "a row that came later would move what is below it"
        show(app, COST)
        assert text_of(app, "#screen") == "screen 1.8% CPU, 6.2 kB/s, 2 fps"
        show(app, Cost(0.0004, 0.0, 0.2))
        assert text_of(app, "#screen") == "screen 0.0% CPU, 0.0 kB/s, 0.2 fps"


@pytest.mark.parametrize(
    ("size", "images", "devices"),
    [
        ((200, 50), "35,840 images/s, 8,960 a device", "on 4 x cpu in 2 processes"),
        ((80, 24), "35,840/s, 8,960 each", "on 4 x cpu"),
    ],
)
async def test_devices_and_processes_are_told_in_words_that_fit(size: tuple[int, int], images: str, devices: str):
    several = [
        dataclasses.replace(event, devices=4, processes=2) if isinstance(event, ModelReady) else event
        for event in opening()
    ]
    async with running(*several, metrics(1, 1120), size=size) as (_, app, _session):
        assert text_of(app, "#images").strip() == images
        assert text_of(app, "#parameters").endswith(devices)


async def test_the_machine_has_rows_once_it_is_measured():
    measured = SystemMeasured(step=350, cpu=1.42, memory=1_230_000_000, disk_free=340 * 10**9)
    async with running(*RUN, size=(120, 40)) as (pilot, app, session):
        assert not any(is_seen(app, f"#{name}") for name in ("system", "device", "disk")), (
            "an old log has no such events"
        )
        session.post(measured)
        await eventually(pilot, lambda: is_seen(app, "#disk"))
        assert text_of(app, "#system") == "system 142% CPU, 1.2 GB"
        assert text_of(app, "#disk") == "disk   340 GB free"
        assert not is_seen(app, "#device"), "on a CPU there is no memory of a device"
        gpu = {"device_memory": 7 * 10**9, "device_limit": 80 * 10**9, "gpu": 0.8}
        session.post(dataclasses.replace(measured, **gpu))
        await eventually(pilot, lambda: is_seen(app, "#device"))
        assert text_of(app, "#device") == "device 80% busy, 7.0 GB of 80 GB"


async def test_an_alert_is_shown_as_long_as_it_holds():
    async with hidden(*RUN, PLATEAU) as (pilot, app, session):
        assert text_of(app, "#trouble") == PLATEAU.text
        session.post(AlertCleared(step=385, kind="plateau"))
        await settle(pilot)
        assert text_of(app, "#trouble") == ""
        assert not app.monitor.query_one("#trouble").display


async def test_of_several_alerts_the_newest_is_told_in_full():
    async with hidden(*RUN, PLATEAU, SLOW) as (_, app, _session):
        assert text_of(app, "#trouble") == f"{SLOW.text}\nalso: plateau"


async def test_why_the_run_waits_comes_before_any_alert():
    stop = (NotFinite(step=350, metrics=("loss",)), StateChanged(step=350, state=RunState.PAUSED, detail="not finite"))
    async with hidden(*RUN, PLATEAU, *stop) as (_, app, _session):
        assert "not finite at step 351" in text_of(app, "#trouble")
        assert "plateau" not in text_of(app, "#trouble")
        assert PLATEAU.text not in text_of(app, "#trouble")


@pytest.mark.parametrize(
    ("size", "most"),
    [((60, 18), "#epoch"), ((80, 24), "#saved"), ((120, 40), "#screen"), ((200, 60), "#screen")],
)
async def test_what_is_new_leaves_what_matters_on_the_screen(size: tuple[int, int], most: str):
    async with running(*RUN, SLOW, PLATEAU, size=size) as (pilot, app, _session):
        show(app, COST)
        await eventually(pilot, lambda: is_seen(app, most))
        assert all(is_seen(app, selector) for selector in ("#state", "#bar", "#aside", "#trouble", "#step", "#epoch"))
        assert app.monitor.query_one("#screen").display == (most == "#screen")


@pytest.mark.parametrize(("seconds", "words"), [(59.4, "0:59"), (603, "10:00"), (606, "10:10"), (7300, "2:02:00")])
def test_a_long_time_left_is_not_told_to_the_second(seconds: float, words: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(RunView, "seconds_left", seconds)
    assert str(rows(RunView(Config()), "", 0.0)["aside"]) == f"{words} left"


async def test_while_it_compiles_the_seconds_are_told():
    compiling = StateChanged(step=0, time=time.time() - 3.5, state=RunState.COMPILING)
    async with hidden(opening()[0], compiling) as (pilot, app, session):
        show(app)
        words, seconds, unit = text_of(app, "#state").rsplit(" ", 2)
        assert (words, unit) == ("● compiling,", "s")
        assert int(seconds) >= 3
        session.post(model_ready(), StateChanged(step=0, state=RunState.TRAINING), metrics(1, 35))
        await settle(pilot)
        assert text_of(app, "#state") == "● training"
        session.is_responding = False
        session.post(Failed(step=350, message="it was killed", traceback=""))
        await settle(pilot)
        assert text_of(app, "#state") == "● failed"


async def test_a_process_that_stands_still_is_not_said_to_train():
    async with running(*RUN) as (pilot, app, session):
        assert text_of(app, "#speed") != "speed  –"
        session.is_responding = False
        await settle(pilot)
        assert text_of(app, "#state") == "● not responding"
        assert text_of(app, "#aside") == "its process is suspended or stuck"
        assert text_of(app, "#speed") == "speed  –"
        session.is_responding = True
        await settle(pilot)
        assert text_of(app, "#state") == "● training"


def test_a_panel_whose_app_closes_before_its_rows_are_there_shows_nothing():
    panel = StatusPanel(Path("run"), VIEWER)
    panel.show(RunView(Config()), "", time.time())
    panel.allot({"bar": 1, "state": 1}, 40)
    assert not panel.children
