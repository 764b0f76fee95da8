"""The loops that read a terminal's or a browser's input: when they end, and what they let pass."""

from __future__ import annotations

import json
import os
import threading

import pytest
from textual import events
from textual.message import Message
from vae_tui.tui.driver.complaints import Complaints
from vae_tui.tui.driver.input_loops import TerminalGoneError, parse_meta, read_packets, read_terminal
from vae_tui.tui.driver.terminal_input import InputDecoder


def packet(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "big") + payload


def keys(messages: list[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, events.Key)]


def test_the_end_of_the_input_is_reported_once_all_is_read():
    taken: list[Message] = []
    reading, writing = os.pipe()
    os.write(writing, b"a\xffb")
    os.close(writing)
    with pytest.raises(TerminalGoneError):
        read_terminal(reading, lambda: False, InputDecoder(), taken.append)
    assert keys(taken) == ["a", "b"]
    os.close(reading)


def test_an_input_that_cannot_be_read_is_reported(tmp_path: object):
    descriptor = os.open(os.devnull, os.O_WRONLY)
    with pytest.raises(TerminalGoneError):
        read_terminal(descriptor, lambda: False, InputDecoder(), lambda message: None)
    os.close(descriptor)


def test_the_loop_ends_with_the_driver_and_sees_an_escape_before():
    taken: list[Message] = []
    reading, writing = os.pipe()
    over = threading.Event()
    thread = threading.Thread(target=read_terminal, args=(reading, over.is_set, InputDecoder(), taken.append))
    thread.start()
    os.write(writing, b"\x1b")
    while not taken:
        thread.join(0.01)
        assert thread.is_alive()
    over.set()
    thread.join()
    assert keys(taken) == ["escape"]
    os.close(reading)
    os.close(writing)


def test_what_the_taker_raises_is_not_swallowed():
    def fail(message: object, *more: object) -> None:
        raise OSError("a bug")

    reading, writing = os.pipe()
    os.write(writing, b"a")
    with pytest.raises(OSError, match="a bug"):
        read_terminal(reading, lambda: False, InputDecoder(), fail)
    for data in (packet(b"D", b"a"), packet(b"M", b'{"type": "blur"}')):
        with pytest.raises(OSError, match="a bug"):
            read_packets([data], InputDecoder(), fail, fail, Complaints())
    os.close(reading)
    os.close(writing)


def test_packets_that_are_wrong_are_skipped_and_the_rest_is_taken(caplog: pytest.LogCaptureFixture):
    taken: list[Message] = []
    meta: list[tuple[str, object]] = []
    data = b"".join(
        [
            packet(b"D", b"a\xff"),
            packet(b"M", b"no JSON"),
            packet(b"M", b'{"type": "resize", "width": "80", "height": 24}'),
            packet(b"\xff", b"\xff"),
            packet(b"D", "█".encode()[:1]),
            packet(b"M", b'{"type": "resize", "width": 80, "height": 24}'),
            packet(b"D", "█".encode()[1:]),
            packet(b"M", b'{"type": "exit"}'),
            packet(b"D", b"c"),
        ]
    )
    chunks = [b"", *(data[start : start + 7] for start in range(0, len(data), 7))]
    read_packets(chunks, InputDecoder(), taken.append, lambda *said: meta.append(said), Complaints())
    assert keys(taken) == ["a", "full_block"]
    assert meta == [("resize", {"type": "resize", "width": 80, "height": 24})]
    assert "a packet was skipped" in caplog.text


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[]",
        b"1" * 5000,
        b"[" * 100_000,
        b'{"width": 80}',
        b'{"type": 1}',
        b'{"type": "resize"}',
        b'{"type": "resize", "width": 80}',
        b'{"type": "resize", "width": 80.5, "height": 24}',
        b'{"type": "resize", "width": true, "height": 24}',
        b'{"type": "resize", "width": 0, "height": 24}',
        b'{"type": "resize", "width": 80, "height": 1000000}',
        b'{"type": "deliver_chunk_request", "key": [], "size": 1}',
        b'{"type": "deliver_chunk_request", "key": "a"}',
    ],
)
def test_a_packet_of_the_wrong_shape_is_refused(payload: bytes):
    with pytest.raises(ValueError):  # noqa: PT011 (json's own)
        parse_meta(payload)


@pytest.mark.parametrize(
    "meta",
    [
        {"type": "resize", "width": 80, "height": 24},
        {"type": "focus"},
        {"type": "something new", "width": "wide"},
        {"type": "deliver_chunk_request", "key": "a", "size": 1, "name": None},
    ],
)
def test_other_packets_are_taken_as_they_are(meta: dict[str, object]):
    assert parse_meta(json.dumps(meta).encode()) == meta
