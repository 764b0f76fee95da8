"""What a session says on its way to the app."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from scripted import ScriptedSession, eventually, log_of, make_app, notice, opening, settle, training
from textual.events import Key
from vae_tui.core.protocol.events import Event, Metrics, Notice
from vae_tui.tui.app.app import VaeTuiApp
from vae_tui.tui.app.feed import BATCH, MAX_WAITING, Feed, SessionEvents
from vae_tui.tui.screens.help_screen import HelpScreen


class Talker:
    """A session that says what it has to say in a thread of its own."""

    def __init__(self, events: list[Event]) -> None:
        self.said = 0
        self._events = events
        self._thread: threading.Thread | None = None

    def start(self, post: Callable[[Event], None]) -> None:
        def work() -> None:
            for event in self._events:
                post(event)
                self.said += 1

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def join(self, timeout: float | None) -> bool:
        assert self._thread is not None
        self._thread.join(timeout)
        return not self._thread.is_alive()


def feed_of(session: object) -> tuple[Feed, list[SessionEvents]]:
    messages: list[SessionEvents] = []
    return Feed(session, messages.append), messages  # type: ignore[arg-type]


def test_what_waits_is_handed_over_in_order_with_one_message_a_batch():
    events: list[Event] = [notice(str(number)) for number in range(BATCH + 1)]
    session = Talker(events)
    feed, messages = feed_of(session)
    feed.start()
    assert session.join(60)
    assert len(messages) == 1
    first = feed.take()
    assert len(messages) == 2, "the rest is told of"
    assert [*first, *feed.take()] == events
    assert len(first) == BATCH
    assert feed.take() == []
    assert len(messages) == 2


def test_who_says_more_than_can_wait_waits_for_the_app():
    events: list[Event] = [notice(str(number)) for number in range(3 * MAX_WAITING)]
    session = Talker(events)
    feed, _ = feed_of(session)
    feed.start()
    assert not session.join(0.2)
    assert session.said <= MAX_WAITING
    taken: list[Event] = []
    while len(taken) < len(events):
        taken += feed.take()
    assert taken == events
    assert session.join(60)


def test_nobody_waits_for_an_app_that_is_closed():
    session = Talker([notice("again")] * (2 * MAX_WAITING))
    feed, _ = feed_of(session)
    feed.start()
    feed.close()
    assert session.join(60)


def test_a_session_is_dead_when_nothing_is_left_of_it_at_two_looks():
    session = Talker([notice("its last words")])
    feed, _ = feed_of(session)
    assert not feed.is_dead(), "it has not begun"
    feed.start()
    assert session.join(60)
    assert not feed.is_dead()
    assert not feed.is_dead(), "what it said waits still"
    feed.take()
    assert not feed.is_dead()
    assert feed.is_dead()


def test_metrics_wait_for_the_next_look():
    events = [event for event in training(34) if isinstance(event, Metrics)]
    feed, messages = feed_of(session := Talker(list(events)))
    feed.start()
    assert session.join(60)
    assert messages == []
    feed, messages = feed_of(session := Talker([*events, notice("now")]))
    feed.start()
    assert session.join(60)
    assert len(messages) == 1
    assert [type(event) for event in feed.take()] == [Metrics, Notice]


async def test_the_app_takes_in_more_than_can_wait_and_keys_come_in_between():
    class Long(Talker, ScriptedSession):
        def __init__(self) -> None:
            ScriptedSession.__init__(self)
            Talker.__init__(self, [*opening(), *(notice(f"number {number}") for number in range(20 * MAX_WAITING))])

        def join(self, timeout: float | None) -> bool:
            return False

    session = Long()
    app = make_app(session)
    app._began = 5e9  # all of this is of the past
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("question_mark")
        assert app.screen is not app.monitor
        await eventually(pilot, lambda: session.said > MAX_WAITING + BATCH)
    assert Talker.join(session, 60), "it is let go when the app has ended"


async def test_the_session_starts_though_a_key_opens_another_screen_before_the_first_frame(
    monkeypatch: pytest.MonkeyPatch,
):
    session = ScriptedSession(opening("packaged digits"))
    app = make_app(session)
    mount = VaeTuiApp.on_mount

    def mount_and_press(app: VaeTuiApp) -> None:
        mount(app)
        app.post_message(Key("question_mark", "?"))

    monkeypatch.setattr(VaeTuiApp, "on_mount", mount_and_press)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot, session)
        assert isinstance(app.screen, HelpScreen)
        assert app.view.model is not None
        await pilot.press("escape")
        await settle(pilot)
        assert "packaged digits" in log_of(app), "the panels are drawn once they can be seen"
