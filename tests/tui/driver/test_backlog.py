"""What a terminal sends is bounded: by what the app has not taken in yet, and by the time."""

from __future__ import annotations

from collections.abc import Callable

from vae_tui.tui.driver.backlog import ANSWER_SECONDS, MAX_BACKLOG, PER_SECOND, Backlog


class App:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[Callable[[], None]] = []
        self.backlog = Backlog(self.asked.append, lambda: self.now)

    def send(self, number: int) -> int:
        """Send messages. Returns how many were admitted."""
        return sum(self.backlog.admit() for _ in range(number))

    def take_in(self) -> None:
        """Take in all that was sent; an answer is about what was sent before it was asked for."""
        while self.asked:
            self.asked.pop()()
            self.backlog.is_full()


def test_a_few_messages_are_all_admitted_and_nothing_is_asked():
    app = App()
    assert app.send(MAX_BACKLOG // 4) == MAX_BACKLOG // 4
    assert app.asked == []


def test_no_more_than_the_most_wait_however_long_the_app_takes():
    app = App()
    assert app.send(2 * MAX_BACKLOG) == MAX_BACKLOG
    app.now += 1000
    assert app.send(2 * MAX_BACKLOG) == 0
    assert app.backlog.is_full()


def test_an_app_that_takes_all_in_gets_so_many_a_second():
    app = App()
    app.send(2 * MAX_BACKLOG)
    app.now += 0.5
    app.take_in()
    assert app.send(MAX_BACKLOG) == 0.5 * PER_SECOND
    app.now += 60
    app.take_in()
    assert app.send(2 * MAX_BACKLOG) == MAX_BACKLOG


def test_an_app_that_does_not_answer_is_asked_again():
    app = App()
    app.send(MAX_BACKLOG)
    assert len(app.asked) == 1
    app.now += ANSWER_SECONDS
    assert app.backlog.is_full()
    assert len(app.asked) == 2
    app.asked[1]()
    assert not app.backlog.is_full()
    app.asked[0]()  # late, and nothing new
    assert not app.backlog.is_full()
