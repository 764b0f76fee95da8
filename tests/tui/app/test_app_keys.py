"""Each key sends its command, and the screen shows what events acknowledge."""

from __future__ import annotations

from panels import lines
from scripted import (
    checkpointed,
    eventually,
    hidden,
    log_of,
    notice,
    opening,
    running,
    sampled,
    settle,
    state,
    text_of,
    training,
)
from textual.command import CommandList, CommandPalette
from vae_tui.core.protocol.commands import Checkpoint, Pause, Resume, Rewind, Sample, SetKnobs, UseParams
from vae_tui.core.protocol.events import CheckpointStarted, Ended, KnobsChanged, ParamsSelected, Rewound, RunState
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.control.actions import ACTIONS
from vae_tui.tui.control.key_symbols import key_symbols
from vae_tui.tui.control.possible import possible_actions
from vae_tui.tui.screens.leave_screen import LeaveScreen
from vae_tui.tui.screens.rewind_screen import RewindScreen
from vae_tui.tui.screens.run_screen import RunScreen
from vae_tui.tui.widgets.block import Block
from vae_tui.tui.widgets.curve_panel import CurvePanel
from vae_tui.tui.widgets.images_panel import ImagesPanel
from vae_tui.tui.widgets.schedule_panel import SchedulePanel

RUN = (*opening(), *training(105))


async def test_keys_send_their_commands():
    async with hidden(*RUN) as (pilot, _, session):
        await pilot.press("space", "c", "s", *"0123456789", "e")
        samples = [Sample(label) for label in range(10)]
        assert session.commands == [Pause(), Checkpoint(), Sample(), *samples, UseParams("raw")]


async def test_pause_is_shown_when_it_is_acknowledged_and_not_before():
    async with hidden(*RUN) as (pilot, app, session):
        await pilot.press("space")
        assert (text_of(app, "#state"), text_of(app, "#aside")) == ("● training", "pausing…")
        session.post(state(RunState.PAUSED, 110))
        await pilot.pause()
        assert text_of(app, "#state") == "● paused"
        assert "…" not in text_of(app, "#aside")
        await pilot.press("space")
        assert session.commands == [Pause(), Resume()]
        assert (text_of(app, "#state"), text_of(app, "#aside")) == ("● paused", "resuming…")
        session.post(state(RunState.TRAINING, 110))
        await pilot.pause()
        assert text_of(app, "#state") == "● training"
        assert "…" not in text_of(app, "#aside")


async def test_space_twice_takes_the_pause_back():
    async with hidden(*RUN) as (pilot, app, session):
        await pilot.press("space", "space")
        assert session.commands == [Pause(), Resume()]
        session.post(state(RunState.PAUSED, 110))
        await pilot.pause()
        assert text_of(app, "#aside") == "resuming…"


async def test_pausing_a_finished_run_says_so_and_sends_nothing():
    async with hidden(*RUN, state(RunState.FINISHED, 4270)) as (pilot, app, session):
        await pilot.press("space")
        assert session.commands == []
        assert [toast.message for toast in app._notifications] == ["Training is finished; there is nothing to pause."]


async def test_checkpoint_is_shown_as_started_then_as_saved():
    async with hidden(*RUN) as (pilot, app, session):
        await pilot.press("c")
        assert text_of(app, "#aside") == "starting a checkpoint…"
        session.post(CheckpointStarted(step=112, requested=True))
        await pilot.pause()
        assert "…" not in text_of(app, "#aside")
        assert "writing 112…" in text_of(app, "#saved")
        assert "saving checkpoint 112" in log_of(app)
        session.post(checkpointed(112))
        await settle(pilot)
        assert "step 112" in text_of(app, "#saved")


async def test_a_sample_of_one_class_is_acknowledged_in_the_log():
    async with hidden(*RUN) as (pilot, app, session):
        await pilot.press("7")
        assert text_of(app, "#aside") == "drawing new samples…"
        session.post(sampled(106, requested=True, label=7))
        await pilot.pause()
        assert "…" not in text_of(app, "#aside")
        assert "new samples of class 7" in log_of(app)


async def test_a_class_that_the_data_set_does_not_have_is_a_calm_notice():
    async with hidden(*RUN) as (pilot, app, session):
        await pilot.press("9")
        session.post(notice("this data set has no class 9", 106))
        await pilot.pause()
        assert "…" not in text_of(app, "#aside")
        assert "this data set has no class 9" in log_of(app)
        assert app.screen is app.monitor


async def test_parameters_change_when_they_are_acknowledged():
    async with hidden(*RUN) as (pilot, app, session):
        await pilot.press("e")
        assert "EMA" in text_of(app, "#source")
        session.post(ParamsSelected(step=106, source="raw"))
        await pilot.pause()
        assert "raw" in text_of(app, "#source")
        await pilot.press("e")
        assert session.commands == [UseParams("raw"), UseParams("ema")]


async def test_knob_keys_ask_for_the_next_factor_of_what_was_asked_for():
    async with hidden(*RUN) as (pilot, _, session):
        await pilot.press("comma", "comma", "full_stop", "less_than_sign", "greater_than_sign", "greater_than_sign")
        assert session.commands == [
            SetKnobs(learning_rate_scale=0.8),
            SetKnobs(learning_rate_scale=0.64),
            SetKnobs(learning_rate_scale=0.8),
            SetKnobs(beta_scale=0.8),
            SetKnobs(beta_scale=1.0),
            SetKnobs(beta_scale=1.25),
        ]


async def test_a_factor_is_shown_when_it_is_acknowledged_and_not_before():
    async with running(*RUN) as (pilot, app, session):
        schedule = app.monitor.query_one(SchedulePanel)

        def rate() -> list[str]:
            return "".join(map(chr, schedule._cells.glyphs[0])).split()

        assert not app.monitor.query_one("#rate").display
        before = rate()
        await pilot.press("comma", "comma", "comma")
        assert text_of(app, "#aside") == "setting learning rate x0.5…"
        assert not app.monitor.query_one("#rate").display
        assert rate() == before
        session.post(KnobsChanged(step=110, learning_rate_scale=0.8, beta_scale=1.0))
        await pilot.pause()
        assert text_of(app, "#aside") == "setting learning rate x0.5…", "the last of the answers is still to come"
        session.post(KnobsChanged(step=110, learning_rate_scale=0.5, beta_scale=1.0))
        await pilot.pause()
        assert "…" not in text_of(app, "#aside")
        assert app.monitor.query_one("#rate").display
        assert "x0.5 of schedule" in text_of(app, "#rate")
        assert not app.monitor.query_one("#beta").display
        assert rate() == ["0.001", "x0.5", "peak", "0.002"]
        assert "learning rate x0.5 from step 111" in log_of(app)


async def test_a_factor_goes_on_from_what_the_trainer_says():
    async with hidden(*RUN, KnobsChanged(step=105, learning_rate_scale=0.3, beta_scale=4.0)) as (pilot, app, session):
        assert "x4 of schedule" in text_of(app, "#beta")
        await pilot.press("full_stop", "less_than_sign")
        assert session.commands == [SetKnobs(learning_rate_scale=0.32), SetKnobs(beta_scale=3.2)]
        assert text_of(app, "#aside") == "setting learning rate x0.32, beta x3.2…"


async def test_the_last_factor_says_so_and_sends_nothing():
    async with hidden(*RUN, KnobsChanged(step=105, learning_rate_scale=1.0, beta_scale=10.0)) as (pilot, app, session):
        await pilot.press("greater_than_sign")
        assert session.commands == []
        assert [toast.message for toast in app._notifications] == ["The factor on beta is at its limit, x10."]


async def test_knobs_of_a_finished_run_have_no_effect_and_say_so():
    async with hidden(*RUN, state(RunState.FINISHED, 4270)) as (pilot, app, session):
        await pilot.press("comma")
        assert session.commands == []
        assert [toast.message for toast in app._notifications] == [
            "Training is finished; learning rate no longer has an effect."
        ]


async def test_a_rewind_is_asked_for_once_and_shown_when_it_is_acknowledged():
    async with hidden(*RUN, *training(140, 106)) as (pilot, app, session):
        await pilot.press("r", "r", "n", "r", "escape")
        assert session.commands == [], "a second press of the key is no answer"
        await pilot.press("r")
        assert isinstance(app.screen, RewindScreen)
        assert "lose 35 steps since step 105" in str(app.screen.query_one("Static").render())
        await pilot.press("y", "r", "enter")
        assert session.commands == [Rewind()]
        assert text_of(app, "#aside") == "rewinding…"
        assert "140 of" in text_of(app, "#step")
        session.post(Rewound(step=105, from_step=140), state(RunState.PAUSED, 105, "back at step 105"))
        await settle(pilot)
        assert text_of(app, "#state") == "● paused"
        assert text_of(app, "#aside") == "back at step 105"
        assert "105 of" in text_of(app, "#step")
        assert "step 105" in text_of(app, "#saved")
        assert app.history.last_step == 105
        assert "went back from step 140 to step 105" in log_of(app)
        await pilot.press("r")
        assert session.commands == [Rewind()]
        assert app.screen is app.monitor, "there is no checkpoint before this step"


async def test_a_rewind_without_a_checkpoint_says_so_and_sends_nothing():
    async with hidden(*opening(), *training(70)) as (pilot, app, session):
        await pilot.press("r")
        assert session.commands == []
        assert [toast.message for toast in app._notifications] == [
            "There is no checkpoint before this step to go back to."
        ]


async def test_the_run_view_opens_and_closes_and_follows_the_run():
    def shown(app: VaeTuiApp) -> str:
        return "\n".join(str(block.render()) for block in app.screen.query(Block))

    async with running(size=(80, 24)) as (pilot, app, session):
        for key in ("escape", "i"):
            await pilot.press("i")
            assert isinstance(app.screen, RunScreen)
            await pilot.pause()
            assert "not yet known" in shown(app)
            await pilot.press(key)
            assert app.screen is app.monitor
        await pilot.press("i", "c")
        assert session.commands == []
        session.post(*RUN)
        await eventually(pilot, lambda: "Dense_0/kernel" in shown(app))
        assert "not yet known" not in shown(app)


async def test_the_run_view_has_as_many_columns_as_fit():
    async with running(*RUN, size=(80, 24)) as (pilot, app, _):
        await pilot.press("i")
        for size, columns in (((80, 24), 1), ((120, 40), 2), ((200, 60), 3), ((60, 18), 1)):
            await pilot.resize_terminal(*size)
            await eventually(pilot, lambda columns=columns: sum(b.display for b in app.screen.query(Block)) == columns)
            for block in app.screen.query(Block):
                assert block.region.right <= app.screen.region.right


async def test_screen_keys_change_the_screen_and_send_nothing():
    async with running(*RUN) as (pilot, app, session):
        curve, images = app.monitor.query_one(CurvePanel), app.monitor.query_one(ImagesPanel)
        metrics, style = [curve.metric], images.picture_style
        for _ in range(5):
            await pilot.press("m")
            metrics.append(curve.metric)
        assert metrics == ["loss", "reconstruction", "kl", "grad_norm", "all", "loss"]
        scale = curve.log_scale
        await pilot.press("l")
        assert curve.log_scale is not scale
        await pilot.press("v")
        assert images.picture_style != style
        assert [toast.message for toast in app._notifications] == [f"Picture style: {images.picture_style}"]
        assert session.commands == []


async def test_footer_help_and_command_palette_show_the_same_possible_actions():
    async with running(*RUN, size=(320, 50)) as (pilot, app, session):
        for events, keys in [
            ((), ()),
            ((), ("left",)),
            ((state(RunState.PAUSED, 105),), ("escape", "e")),
            ((state(RunState.FINISHED, 4270),), ("z",)),
        ]:
            session.post(*events)
            await pilot.press(*keys)
            await settle(pilot)
            actions = possible_actions(app.monitor.situation)
            hints = {action.hint for action in actions}
            footer = f"{lines(app)[-1].rstrip()}  "
            assert all(f"{key_symbols(hint.keys, True)} {hint.label}  " in footer for hint in hints)
            assert len(footer.split("  ")) == len(hints) + 1
            titles = {command.title for command in app.get_system_commands(app.screen)}
            assert titles == {action.title for action in actions} | {"Theme", "Screenshot"}
            await pilot.press("question_mark")
            await pilot.pause()
            shown = "\n".join(str(block.render()) for block in app.screen.query(Block))
            assert all(f"{key_symbols(hint.keys, True)}  {hint.title}" in shown for hint in hints)
            await pilot.press("escape")


async def test_the_command_palette_runs_an_action():
    async with running(*RUN) as (pilot, app, session):
        await pilot.press("ctrl+p")
        assert isinstance(app.screen, CommandPalette)
        await pilot.press(*"checkpoint")
        await eventually(pilot, lambda: app.screen.query_one(CommandList).option_count > 0)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert session.commands == [Checkpoint()]


async def test_ctrl_c_asks_even_over_the_help():
    async with running(*RUN) as (pilot, app, _):
        await pilot.press("question_mark", "ctrl+c")
        assert isinstance(app.screen, LeaveScreen)


async def test_after_the_end_no_commands_are_sent():
    async with hidden(*RUN) as (pilot, app, session):
        app.view.apply(Ended(step=105, reason="stopped"))
        await pilot.press("space", "c", "s", "3", "e", "r", "comma", "greater_than_sign")
        assert session.commands == []


def test_actions_have_their_own_keys_and_names():
    assert len({action.key for action in ACTIONS}) == len(ACTIONS)
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    assert len({action.title for action in ACTIONS}) == len(ACTIONS)
