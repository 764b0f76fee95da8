from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.protocol.commands import Command, Generate
from vae_tui.core.protocol.events import Generated
from vae_tui.tui.state.generate_requests import GenerateRequests

CODES = np.zeros((1, 3), np.float32)
CLASSES = np.ones((1, 1), np.float32)


class Sent:
    """Requests, and the tickets of what it sent."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.requests = GenerateRequests(self.commands.append)

    @property
    def tickets(self) -> list[int]:
        assert all(isinstance(command, Generate) for command in self.commands)
        return [command.ticket for command in self.commands if isinstance(command, Generate)]

    def ask(self) -> int:
        return self.requests.ask(CODES, CLASSES)


def answer(ticket: int) -> Generated:
    return Generated(step=0, ticket=ticket, images=np.zeros((1, 28, 28), np.uint8), weights="ema")


def test_the_command_holds_what_was_wished_for() -> None:
    sent = Sent()
    codes, classes = np.ones((2, 3), np.float32), np.eye(2, dtype=np.float32)
    ticket = sent.requests.ask(codes, classes, "raw", "latents")
    (command,) = sent.commands
    assert isinstance(command, Generate)
    assert (command.ticket, command.weights, command.space) == (ticket, "raw", "latents")
    assert command.codes is codes
    assert command.classes is classes


def test_a_newer_wish_replaces_the_waiting_one() -> None:
    sent = Sent()
    first, second, third = (sent.ask() for _ in range(3))
    assert sent.tickets == [first]
    assert sent.requests.handle_answer(answer(first))
    assert sent.tickets == [first, third]
    assert not sent.requests.handle_answer(answer(second))
    assert sent.requests.handle_answer(answer(third))
    assert not sent.requests.is_waiting


def test_an_answer_to_somebody_else_changes_nothing() -> None:
    one, other = Sent(), Sent()
    mine, foreign = one.ask(), other.ask()
    one.ask()
    assert mine != foreign
    assert not one.requests.handle_answer(answer(foreign))
    assert one.tickets == [mine]
    assert one.requests.is_waiting


def test_the_same_answer_counts_once() -> None:
    sent = Sent()
    ticket = sent.ask()
    assert sent.requests.seconds is None
    assert sent.requests.handle_answer(answer(ticket))
    assert sent.requests.seconds is not None
    assert not sent.requests.handle_answer(answer(ticket))


@given(st.lists(st.booleans(), max_size=40))
def test_never_more_than_one_is_on_its_way_and_the_last_wish_is_sent(moves: list[bool]) -> None:
    sent, answered, newest = Sent(), 0, None
    for asks in moves:
        if asks:
            newest = sent.ask()
        elif answered < len(sent.tickets):
            assert sent.requests.handle_answer(answer(sent.tickets[answered]))
            answered += 1
        assert len(sent.tickets) - answered <= 1
    while answered < len(sent.tickets):
        assert sent.requests.handle_answer(answer(sent.tickets[answered]))
        answered += 1
    assert sent.tickets[-1:] == ([] if newest is None else [newest])
