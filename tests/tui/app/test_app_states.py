"""What the panels show in each state of a run."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
import time

from scripted import (
    RUN_PATH,
    ScriptedSession,
    at,
    data_ready,
    evaluated,
    eventually,
    hidden,
    log_of,
    make_app,
    metrics,
    notice,
    opening,
    running,
    sampled,
    settle,
    state,
    text_of,
    training,
)
from vae_tui.core.config import Config, ModelConfig
from vae_tui.core.protocol.events import Evaluated, NotFinite, Progress, Rewound, RunState, StateChanged
from vae_tui.tui.widgets.log_panel import LogPanel

RUN = (*opening(), *training(105))


def test_the_app_comes_up_without_jax():
    code = "import sys, vae_tui.tui.app.app; print([n for n in ('jax', 'flax', 'optax', 'orbax') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_the_session_starts_after_the_first_frame():
    frames = []

    class Watching(ScriptedSession):
        def start(self, post):
            frames.append(text_of(app, "#state"))
            super().start(post)

    session = Watching()
    app = make_app(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot, session)
    assert frames == ["● preparing data"]


async def test_every_state_has_its_word():
    async with hidden() as (pilot, app, session):
        for name in RunState:
            session.post(StateChanged(step=0, time=0.0, state=name, detail=f"detail of {name}"))
            await settle(pilot)
            assert text_of(app, "#state") == f"● {name}"
            assert text_of(app, "#aside") == f"detail of {name}"


async def test_preparing_shows_how_far_it_is():
    done = Progress(step=0, label="downloading images", done=2_500_000, total=10_000_000, unit="bytes")
    async with hidden(state(RunState.PREPARING), done) as (pilot, app, session):
        assert text_of(app, "#aside") == "downloading images"
        assert "2.5 of 10.0 MB" in text_of(app, "#data")
        assert "25%" in text_of(app, "#bar")
        session.post(data_ready(), state(RunState.COMPILING))
        await settle(pilot)
        assert "mnist5k" in text_of(app, "#data")
        assert "25%" not in text_of(app, "#bar")


async def test_training_shows_where_the_run_stands():
    async with running(*opening(), metrics(1, 1120), evaluated(1120)) as (_, app, _session):
        assert "1,120 of 4,270" in text_of(app, "#step")
        assert "33 of 122" in text_of(app, "#epoch")
        assert "280 steps/s" in text_of(app, "#speed")
        assert "35,840 images/s" in text_of(app, "#images")
        assert "0:11 left" in text_of(app, "#aside")
        assert "1,139,832 on cpu" in text_of(app, "#parameters")
        assert str(RUN_PATH) in text_of(app, "#run")
        assert f"{evaluated(1120).loss:.2f} best" in text_of(app, "#validation")


async def test_a_worse_evaluation_stands_beside_the_best():
    best, worse = evaluated(700), evaluated(35, best=False)
    async with hidden(*opening(), best, worse) as (_, app, _session):
        assert f"{worse.loss:.2f} best {best.loss:.2f}" in text_of(app, "#validation")


async def test_a_loss_that_is_not_a_number_is_not_the_best():
    broken = dataclasses.replace(evaluated(35, best=False), loss=math.nan)
    async with hidden(*opening(), broken) as (_, app, _session):
        assert text_of(app, "#validation").split() == ["valid", "nan"]
        assert app.view.best is None


async def test_a_note_on_the_data_is_in_the_status_and_in_the_log():
    async with running(*opening("no network: packaged digits")) as (_, app, _session):
        assert text_of(app, "#note") == "no network: packaged digits"
        assert app.monitor.query_one("#note").region.height >= 1
        assert "packaged digits" in log_of(app)


async def test_an_evaluation_is_shown_once_it_lasts():
    short = StateChanged(step=105, time=time.time() + 3600, state=RunState.EVALUATING)
    long = StateChanged(step=105, time=time.time() - 1, state=RunState.EVALUATING)
    async with running(*RUN, short) as (pilot, app, session):
        assert text_of(app, "#state") == "● training"
        session.post(long)
        await settle(pilot)
        assert text_of(app, "#state") == "● evaluating"


async def test_a_finished_run_can_still_be_sampled():
    async with hidden(*opening(), *training(105), state(RunState.FINISHED, 4270)) as (pilot, app, session):
        assert text_of(app, "#state") == "● finished"
        await pilot.press("s")
        session.post(sampled(4270, requested=True))
        await pilot.pause()
        assert "…" not in text_of(app, "#aside")
        assert app.is_running


async def test_the_end_of_a_run_is_summed_up():
    test = Evaluated(step=105, time=at(105), split="test", loss=543.4, reconstruction=523.4, kl=20.0, params_step=70)
    worse = dataclasses.replace(evaluated(105, best=False), loss=200.0)
    end = (worse, test, dataclasses.replace(sampled(70), time=at(105)), state(RunState.FINISHED, 105))
    config = Config(model=ModelConfig(likelihood="logistic"))
    async with hidden(*opening(), *training(104), metrics(105, 105), *end, config=config) as (_, app, _session):
        assert text_of(app, "#aside") == "took 0:05"
        assert text_of(app, "#test") == "test   543.40, 1.000 bits/pixel"
        assert text_of(app, "#source") == "draws  best, step 70 (EMA)"
        assert text_of(app, "#speed").strip() == "speed"


async def test_what_training_changes_is_painted_by_the_timer():
    async with running(*RUN) as (pilot, app, session):
        session.post(metrics(106, 140))
        await eventually(pilot, lambda: "140 of" in text_of(app, "#step"))


async def test_the_log_is_calm_and_bounded():
    async with running(*opening(), *training(1400)) as (pilot, app, session):
        evaluations = [event for event in training(1400) if isinstance(event, Evaluated)]
        assert 5 <= log_of(app).count("validation loss") <= 10 < len(evaluations)
        session.post(*(notice(f"number {number}") for number in range(300)))
        await settle(pilot)
        panel = app.monitor.query_one(LogPanel)
        assert len(log_of(app).splitlines()) == 200
        assert panel.is_at_end


NOT_FINITE = NotFinite(step=140, time=at(140), metrics=("loss", "kl", "grad_norm"))
PAUSED_AT_140 = state(RunState.PAUSED, 140, "not finite")


async def test_what_is_not_finite_is_said_with_the_keys_that_help():
    run = (*opening(), *training(140), NOT_FINITE, PAUSED_AT_140)
    async with running(*run, size=(80, 24)) as (pilot, app, session):
        assert app.screen is app.monitor, "keys are not blocked"
        assert text_of(app, "#state") == "● paused"
        trouble = text_of(app, "#trouble")
        assert "loss, KL and gradient norm not finite at step 141" in trouble
        assert [line.split(maxsplit=1) for line in trouble.splitlines()[1:]] == [
            ["r", "back to step 105"],
            [",", "learning rate down"],
            ["space", "go on"],
        ]
        region = app.monitor.query_one("#trouble").region
        assert app.monitor.query_one("StatusPanel").region.contains_region(region)
        assert "that step was not taken" in log_of(app)
        (toast,) = app._notifications
        assert (toast.severity, toast.title) == ("warning", "loss, KL and gradient norm not finite at step 141")
        assert toast.message == "r rewinds to step 105, comma lowers the learning rate, space resumes"
        session.post(Rewound(step=105, from_step=140), state(RunState.PAUSED, 105, "back at step 105"))
        await settle(pilot)
        assert not app.monitor.query_one("#trouble").display
        assert text_of(app, "#aside") == "back at step 105"


async def test_what_is_not_finite_is_over_when_training_goes_on():
    async with hidden(*opening(), *training(70), NotFinite(step=70, metrics=("loss",)), PAUSED_AT_140) as (
        pilot,
        app,
        session,
    ):
        assert "back to" not in text_of(app, "#trouble"), "there is no checkpoint yet"
        session.post(state(RunState.TRAINING, 70))
        await settle(pilot)
        assert not app.monitor.query_one("#trouble").display


async def test_a_curve_is_drawn_anew_after_a_rewind():
    async with running(*opening(), *training(1120)) as (pilot, app, session):
        curve = app.monitor.query_one("CurvePanel")
        assert "1k" in (axis := "".join(map(chr, curve._cells.glyphs[-1]))), axis  # type: ignore[attr-defined]
        session.post(Rewound(step=210, from_step=1120))
        await settle(pilot)
        axis = "".join(map(chr, curve._cells.glyphs[-1]))  # type: ignore[attr-defined]
        assert "200" in axis
        assert "1k" not in axis


async def test_active_units_are_shown_where_there_is_room():
    found = dataclasses.replace(evaluated(105), active_units=17)
    async with running(*RUN) as (pilot, app, session):
        assert not app.monitor.query_one("#active").display
        session.post(found)
        await settle(pilot)
        assert app.monitor.query_one("#active").display
        assert "17 of 20" in text_of(app, "#active")
        await pilot.resize_terminal(60, 18)
        await settle(pilot)
        assert not app.monitor.query_one("#active").display


async def test_the_bound_of_the_test_split_is_in_the_log():
    found = Evaluated(step=105, split="test", loss=95.47, reconstruction=75.0, kl=20.47, iw_bound=91.2)
    async with hidden(*RUN, found) as (_, app, _session):
        assert "step 105: test loss 95.47 nats, IW bound 91.20 nats" in log_of(app)
