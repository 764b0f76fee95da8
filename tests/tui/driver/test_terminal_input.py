"""Bytes from a terminal become messages, however they are cut, and no bytes keep the next key away."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Sequence
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message
from vae_tui.tui.driver.complaints import PAUSE_SECONDS, Complaints
from vae_tui.tui.driver.paste import FEWEST, LONGEST, WINDOW_SECONDS
from vae_tui.tui.driver.terminal_input import InputDecoder

START, END = b"\x1b[200~", b"\x1b[201~"

FRAGMENTS = [
    b"\x1b", b"\x1b[", b"\x1b[<", b"\x1b[M", b"\x1bO", b"\x1bP", b"\x1b]11;", START, END, START[:4], END[:5], b"\x1b[I",
    b"\x1b[A", b"\x1b[<35;10;10M", b"\x1b[<0;99999999999999;1M", b"\x1b[48;0;0;0;0t", b"\x1b[48;24;80;480;800t",
    b"\x1b[?2026;2$y", b"\x1b[?2048;1$y", b"\x1b[5;5R", b"\x1b[97u", b"\x1b[9999999999u", b"\x1b[55296u",
    b"\x1b[65533u", b"\x1b[97;1;1114112:55296u", b"\x1b[97;99999999u", b"9" * 40, b";", b":", b"u", b"~", b"\0",
    b"\xff", b"\xe2\x96", "█é\ufffd\u0660".encode(), b"x" * 200,
]  # fmt: skip


class Clock:
    """A clock that goes when it is told to, also for Textual's parser."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Terminal:
    """A decoder on a clock of its own."""

    def __init__(self) -> None:
        self._clock = Clock()
        self.is_flooded = False
        self._decoder = InputDecoder(is_flooded=lambda: self.is_flooded, clock=self._clock)

    def feed(self, *chunks: bytes) -> list[Message]:
        with patch("textual._parser.get_time", self._clock):
            return [message for chunk in chunks for message in self._decoder.feed(chunk)]

    def wait(self, seconds: float) -> list[Message]:
        self._clock.now += seconds
        with patch("textual._parser.get_time", self._clock):
            return list(self._decoder.tick())

    def rest(self) -> list[Message]:
        """Let the time pass after which everything that has no end is given up."""
        return [*self.wait(WINDOW_SECONDS), *self.wait(WINDOW_SECONDS)]


def keys(messages: Iterable[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, events.Key)]


def pastes(messages: Iterable[Message]) -> list[str]:
    return [message.text for message in messages if isinstance(message, events.Paste)]


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """A text in pieces; places beyond its end do nothing."""
    edges = [0, *sorted(places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


garbage = st.lists(st.binary(max_size=30) | st.sampled_from(FRAGMENTS), max_size=12).map(b"".join)
valid = st.lists(
    st.text(max_size=10).map(str.encode) | st.sampled_from([data for data in FRAGMENTS if data.isascii()]), max_size=12
).map(b"".join)
places = st.lists(st.integers(0, 200), max_size=8)


@given(garbage, places, st.lists(st.sampled_from([0.0, 0.05, 0.2, 2.0]), min_size=10, max_size=10), st.booleans())
def test_no_bytes_raise_and_a_plain_key_is_delivered_after_them(
    data: bytes, places: list[int], pauses: list[float], is_flooded: bool
):
    terminal = Terminal()
    terminal.is_flooded = is_flooded
    for chunk, pause in zip(cut(data, places), pauses, strict=False):
        for message in (*terminal.feed(chunk), *terminal.wait(pause)):
            assert "\ufffd" not in repr(message) or isinstance(message, events.Paste)
            repr(message).encode()
    terminal.rest()
    terminal.is_flooded = False
    assert keys(terminal.feed(b"a")) == ["a"]


@given(valid, places)
def test_what_is_cut_anywhere_is_read_as_the_whole(data: bytes, places: list[int]):
    assert [repr(message) for message in Terminal().feed(*cut(data, places))] == [
        repr(message) for message in Terminal().feed(data)
    ]


@given(st.text(st.characters(exclude_categories=["C"])), places)
def test_a_paste_is_what_was_pasted(text: str, places: list[int]):
    messages = Terminal().feed(*cut(START + text.encode() + END + b"a", places))
    assert (pastes(messages), keys(messages)) == ([text], ["a"])


@pytest.mark.parametrize(
    ("data", "pressed"),
    [
        (b"a\xffb", ["a", "b"]),
        ("é".encode("latin-1") + b"x", ["x"]),
        ("é█".encode(), ["é", "full_block"]),
        (b"\xe2\x96a", ["a"]),
        (b"\x1b[9999999999ua", ["a"]),
        (b"\x1b[55296u\x1b[65533ua", ["a"]),
        (b"\x1b[97;1;55296:98u", ["b"]),
        (b"\0a", ["ctrl+@", "a"]),
        ("\ufffda".encode(), ["a"]),
    ],
)
def test_a_wrong_character_costs_no_other_key(data: bytes, pressed: list[str]):
    assert keys(Terminal().feed(data)) == pressed


def test_a_paste_may_contain_wrong_bytes_but_nothing_that_a_terminal_obeys():
    messages = Terminal().feed(START + b"a\xff\tb\r\n\0\x1b[31mc\x1b[48;9;9;9;9t\xc2\x9b" + END)
    assert [type(message) for message in messages] == [events.Paste]
    assert pastes(messages) == ["a\ufffd\tb\r\n[31mc[48;9;9;9;9t"]


def test_a_paste_that_is_too_long_is_dropped_and_its_end_found():
    terminal = Terminal()
    assert pastes(terminal.feed(START, b"x" * LONGEST, END)) == ["x" * LONGEST]
    messages = terminal.feed(START, b"x" * LONGEST, b"x", END + b"a")
    assert (pastes(messages), keys(messages)) == ([], ["a"])


def test_a_paste_goes_on_while_much_comes_and_is_given_up_when_keys_are_typed():
    terminal = Terminal()
    terminal.feed(START)
    for _ in range(9):
        terminal.feed(b"x" * FEWEST)
        assert terminal.wait(WINDOW_SECONDS) == []
    assert keys(terminal.feed(b"a")) == []
    assert terminal.wait(WINDOW_SECONDS) == []
    assert keys(terminal.feed(b"b" + END + b"c")) == ["b", "c"]


@pytest.mark.parametrize("key", [b"j", b"\x1b[B", b"\x1b[106;;106u", b"\x1b[<35;100;20M"])
def test_a_paste_whose_end_is_lost_is_given_up_while_a_key_is_held_down_or_the_mouse_moves(key: bytes):
    terminal = Terminal()
    terminal.feed(START)
    for _ in range(100):
        terminal.feed(key)
        terminal.wait(WINDOW_SECONDS / 90)
    assert len(terminal.feed(key)) == 1


def test_an_escape_alone_is_a_key_after_a_while():
    terminal = Terminal()
    assert terminal.feed(b"\x1b") == []
    assert keys(terminal.wait(1)) == ["escape"]


def test_what_the_terminal_has_said_of_its_mouse_outlives_a_failure():
    terminal = Terminal()
    terminal.feed(b"\x1b[48;24;80;480;800t", b"\x1b[9999999999u")
    (move,) = terminal.feed(b"\x1b[<35;101;41M")
    assert isinstance(move, events.MouseMove)
    assert (move.x, move.y) == (10, 2)


@pytest.mark.parametrize(
    "data", [b"\x1b[48;0;80;0;800t", b"\x1b[48;24;999999;480;800t", b"\x1b[<35;999999;1M", b"\x1b[<35;-5;1M"]
)
def test_what_cannot_be_is_dropped(data: bytes):
    assert Terminal().feed(data) == []


def test_a_flood_costs_plain_keys_only():
    terminal = Terminal()
    terminal.is_flooded = True
    messages = terminal.feed(b"abc\x1b[Adef\x1b[48;24;80;480;800t" + START + b"x" + END + b"ghi")
    assert [type(message) for message in messages] == [events.Key, events.Resize, events.Paste]


def test_complaints_are_logged_at_a_bounded_rate(caplog: pytest.LogCaptureFixture):
    clock = Clock()
    decoder = InputDecoder(complaints=Complaints(clock), clock=clock)
    with caplog.at_level(logging.WARNING, "vae_tui"):
        for _ in range(3):
            for _ in range(100):
                assert list(decoder.feed(b"\x1b[9999999999u")) == []
            clock.now += PAUSE_SECONDS
    assert len(caplog.messages) == 3
    assert "OverflowError" in caplog.messages[0]
    assert "99 earlier complaints" in caplog.messages[2]
