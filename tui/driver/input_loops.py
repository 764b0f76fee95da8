"""Read what a terminal or a browser sends until the driver stops."""

from __future__ import annotations

import json
import os
import selectors
from collections.abc import Callable, Iterable

from textual.drivers._byte_stream import ByteStream
from textual.message import Message

from .complaints import Complaints
from .terminal_input import InputDecoder, is_possible

CHUNK_BYTES = 4096
"""Bytes of the largest read; Linux keeps no more than that for a terminal."""

TICK_SECONDS = 0.1
"""Seconds until the loop looks whether the driver has stopped, and the decoder whether a sequence has."""

_FIELDS: dict[str, dict[str, type]] = {
    "resize": {"width": int, "height": int},
    "deliver_chunk_request": {"key": str, "size": int},
}
"""The fields that Textual's web driver takes for granted, by the type of the packet."""


class TerminalGoneError(Exception):
    """Report that the terminal can no longer be read."""


def read_terminal(
    descriptor: int, is_over: Callable[[], bool], decoder: InputDecoder, take: Callable[[Message], None]
) -> None:
    """Read a terminal until the driver stops.

    Args:
        descriptor: The terminal's file descriptor.
        is_over: Tells whether the driver has stopped.
        decoder: Makes messages of the bytes.
        take: Called with each message; what it raises ends the loop.

    Raises:
        TerminalGoneError: at the end of the input, and when it cannot be read.
    """
    with selectors.SelectSelector() as selector:  # epoll refuses regular files
        selector.register(descriptor, selectors.EVENT_READ)
        while not is_over():
            for message in decoder.feed(_read_chunk(selector, descriptor)):
                take(message)
            for message in decoder.tick():
                take(message)


def _read_chunk(selector: selectors.BaseSelector, descriptor: int) -> bytes:
    """Read what comes within a tick; empty when nothing does. Raises TerminalGoneError."""
    try:
        if not selector.select(TICK_SECONDS):
            return b""
        data = os.read(descriptor, CHUNK_BYTES)
    except BlockingIOError:  # another process has read it
        return b""
    except OSError as error:
        raise TerminalGoneError from error
    if not data:
        raise TerminalGoneError
    return data


def read_packets(
    chunks: Iterable[bytes],
    decoder: InputDecoder,
    take: Callable[[Message], None],
    take_meta: Callable[[str, dict[str, object]], None],
    complaints: Complaints,
) -> None:
    """Read the packets of a browser's tab until they end or one says so.

    Args:
        chunks: The bytes, and empty ones about every tenth of a second.
        decoder: Makes messages of what the tab's terminal sends.
        take: Called with each message; what it raises ends the loop.
        take_meta: Called with the type and the content of every other packet; what it raises ends the loop.
        complaints: Logs what is wrong with the packets that are skipped.
    """
    stream = ByteStream()
    for chunk in chunks:
        for kind, payload in stream.feed(chunk) if chunk else ():  # empty would mean the end
            if kind == "D":
                for message in decoder.feed(payload):
                    take(message)
                continue
            try:
                meta = parse_meta(payload)
            except ValueError as error:
                complaints.add(f"a packet was skipped: {error}")
                continue
            if meta["type"] == "exit":
                return
            take_meta(str(meta["type"]), meta)
        for message in decoder.tick():
            take(message)


def parse_meta(payload: bytes) -> dict[str, object]:
    """Parse a packet that is no input.

    Raises:
        ValueError: when it is no JSON object, or lacks what Textual takes for granted.
    """
    try:
        meta = json.loads(payload)
    except RecursionError as error:
        raise ValueError("too deeply nested") from error
    if not isinstance(meta, dict) or not isinstance(meta.get("type"), str):
        raise ValueError("it has no type")
    for name, kind in _FIELDS.get(meta["type"], {}).items():
        if type(meta.get(name)) is not kind:  # a bool is an int too
            raise ValueError(f"the {name} of {meta['type']!r} must be of type {kind.__name__}")
    if meta["type"] == "resize" and not is_possible(meta["width"], meta["height"]):
        raise ValueError("no screen has the size that it says")
    return meta
