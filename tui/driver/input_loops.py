"""Read the input of a terminal or a browser until the driver stops."""

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
"""Bytes of a read, at most; Linux buffers no more for a terminal."""

TICK_SECONDS = 0.1
"""Seconds between two polls of the driver's stop and of the decoder's unfinished sequence."""

_FIELDS: dict[str, dict[str, type]] = {
    "resize": {"width": int, "height": int},
    "deliver_chunk_request": {"key": str, "size": int},
}
"""The fields that Textual's web driver requires, by the type of the packet."""


class TerminalGoneError(Exception):
    """The terminal can no longer be read."""


def read_terminal(
    descriptor: int, is_over: Callable[[], bool], decoder: InputDecoder, handle: Callable[[Message], None]
) -> None:
    """Read a terminal until the driver stops.

    Args:
        descriptor: The terminal's file descriptor.
        is_over: Returns whether the driver has stopped.
        decoder: Decodes the bytes into messages.
        handle: Called with each message; its exceptions end the loop.

    Raises:
        TerminalGoneError: at the end of the input, and when it cannot be read.
    """
    with selectors.SelectSelector() as selector:  # epoll refuses regular files
        selector.register(descriptor, selectors.EVENT_READ)
        is_last = False
        while not is_last:
            is_last = is_over()  # what was typed before that is read all the same
            for message in decoder.feed(_read_chunk(selector, descriptor, 0.0 if is_last else TICK_SECONDS)):
                handle(message)
            for message in decoder.tick():
                handle(message)


def _read_chunk(selector: selectors.BaseSelector, descriptor: int, seconds: float) -> bytes:
    """Read the bytes that arrive within a time, if any. Raises TerminalGoneError."""
    try:
        if not selector.select(seconds):
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
    handle: Callable[[Message], None],
    handle_meta: Callable[[str, dict[str, object]], None],
    complaints: Complaints,
) -> None:
    """Read the packets of a browser's tab until an exit packet.

    Args:
        chunks: The bytes, with an empty chunk about every tenth of a second.
        decoder: Decodes the input of the tab's terminal into messages.
        handle: Called with each message; its exceptions end the loop.
        handle_meta: Called with the type and the content of every other packet; its exceptions end the loop.
        complaints: Logs the packets that are skipped.
    """
    stream = ByteStream()
    for chunk in chunks:
        for kind, payload in stream.feed(chunk) if chunk else ():  # an empty chunk would mean the end
            if kind == "D":
                for message in decoder.feed(payload):
                    handle(message)
                continue
            try:
                meta = parse_meta(payload)
            except ValueError as error:
                complaints.add(f"a packet was skipped: {error}")
                continue
            if meta["type"] == "exit":
                return
            handle_meta(str(meta["type"]), meta)
        for message in decoder.tick():
            handle(message)


def parse_meta(payload: bytes) -> dict[str, object]:
    """Parse a packet that is not terminal input.

    Raises:
        ValueError: when the packet is not a JSON object, or lacks a field that Textual requires.
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
        raise ValueError("its size is impossible for a screen")
    return meta
