"""The title, the progress, the bell: what users see of a run while they look at another window."""

import dataclasses

from scripted import ScriptedSession, evaluated, eventually, make_app, opening, settle, state, training
from vae_tui.core.config import Config
from vae_tui.core.protocol import Alert, Failed, RunState
from vae_tui.tui.app.announcer import Announcer, title_of
from vae_tui.tui.app.screen_options import ScreenOptions
from vae_tui.tui.render.announcements import BELL, KEEP_TITLE, RESTORE_TITLE, Announcements, progress, title
from vae_tui.tui.state.run_view import RunView

ALL = Announcements(bell=True, title=True, progress=True, desktop="9")


def view_of(*events) -> RunView:
    view = RunView(Config())
    for event in events:
        view.apply(event)
    return view


def test_the_title_has_the_progress_and_the_loss():
    assert title_of(view_of()) == "vae-tui preparing data"
    running = view_of(*opening(), *training(105), evaluated(105))
    assert title_of(running) == f"vae-tui {100 * (running.fraction or 0):.0f}% {evaluated(105).loss:.1f}"
    running.apply(state(RunState.PAUSED, 105))
    assert title_of(running).startswith("vae-tui paused ")
    running.apply(state(RunState.FINISHED, 105))
    assert title_of(running) == f"vae-tui finished {evaluated(105).loss:.1f}"


def test_what_has_not_changed_is_not_written_again_and_the_title_is_restored():
    written: list[str] = []
    announcer = Announcer(ALL, written.append)
    view = view_of(*opening(), *training(105))
    announcer.show(view)
    assert written == [KEEP_TITLE + title(title_of(view)), progress("running", round(100 * (view.fraction or 0)))]
    announcer.show(view)
    assert len(written) == 2
    written.clear()
    announcer.close()
    assert written == [RESTORE_TITLE, progress("none")]
    announcer.close()
    assert len(written) == 2


def test_nothing_is_written_to_a_terminal_that_takes_nothing():
    written: list[str] = []
    announcer = Announcer(Announcements(), written.append)
    announcer.show(view_of(*opening()))
    announcer.tell(state(RunState.FINISHED))
    announcer.close()
    assert written == []


async def test_the_end_a_failure_and_an_alert_ring_but_not_those_of_the_past(monkeypatch):
    session = ScriptedSession((*opening(), Alert(step=1, time=1.0, kind="plateau", text="of the past")))
    app = make_app(session, options=ScreenOptions(announcements=dataclasses.replace(ALL, title=False, progress=False)))
    written: list[str] = []
    monkeypatch.setattr(app._announcer, "_write", written.append)
    async with app.run_test() as pilot:
        await settle(pilot, session)
        assert written == []
        session.post(Alert(step=2, time=5e9, kind="plateau", text="no better for long"))
        await eventually(pilot, lambda: len(written) == 1)
        assert written[0] == f"{BELL}\x1b]9;vae-tui: no better for long\a"
        session.post(dataclasses.replace(state(RunState.FINISHED, 2), time=5e9))
        await eventually(pilot, lambda: len(written) == 2)
        assert "training has finished" in written[1]
        session.post(Failed(step=2, time=5e9, message="it broke", traceback=""))
        await eventually(pilot, lambda: len(written) == 3)
        assert "training failed: it broke" in written[2]
