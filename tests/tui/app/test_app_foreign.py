"""A run whose log came from elsewhere: its texts are shown, and the terminal obeys none of them."""

from __future__ import annotations

from dataclasses import replace

from scripted import data_ready, eventually, hidden, model_ready, notice, opening, running, settle, training
from textual.widgets._toast import Toast
from vae_tui.core.protocol.events import Alert, Event, Failed, RunState, StateChanged
from vae_tui.tui.app.app import VaeTuiApp

EVIL = "\x1b]2;owned\x07\x1b[2J\u202e[/]\x9b"


def drawn(app: VaeTuiApp) -> str:
    """Everything that the screen on top sends to the terminal."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def hostile() -> list[Event]:
    names = tuple(f"{EVIL}{label}" for label in range(10))
    return [
        StateChanged(step=0, state=RunState.PREPARING),
        replace(data_ready(), name=EVIL, class_names=names, note=EVIL),
        replace(model_ready(), device=EVIL),
        StateChanged(step=0, state=RunState.TRAINING, detail=EVIL),
    ]


async def test_no_text_of_a_log_reaches_the_terminal_as_a_command():
    events = (*hostile(), *training(20), notice(EVIL, 20), Alert(step=20, kind="plateau", text=EVIL))
    async with running(*events, size=(140, 40)) as (pilot, app, session):
        for keys in ((), ("i",), ("escape", "f2"), ("escape", "g"), ("escape", "p")):
            await pilot.press(*keys)
            await pilot.pause()
            shown = drawn(app)
            assert not {character for character in shown if not character.isprintable()} - {"\n"}
        await pilot.press("escape")
        session.post(Failed(step=20, message=EVIL, traceback=f"{EVIL}\n{EVIL}"))
        await settle(pilot)
        await pilot.pause()
        shown = drawn(app)
        assert "\ufffd]2;owned\ufffd\ufffd[2J\ufffd[/]" in shown
        assert not {character for character in shown if not character.isprintable()} - {"\n"}


async def test_brackets_in_a_notification_are_text():
    async with hidden(*opening()) as (pilot, app, _):
        app.notify("[/] [bold]")
        await eventually(pilot, lambda: len(app._notifications) == 1)
        (notification,) = app._notifications
        assert Toast(notification).render().plain == "[/] [bold]"
