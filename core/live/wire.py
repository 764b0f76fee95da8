"""Encode and decode the messages of host and viewers as JSON lines.

The viewer sends Hello, which the host answers with Welcome, or with Refused before it hangs up. After that the viewer
sends commands; the host sends the size of the log, and the events that are not logged.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import msgspec
import numpy as np
from jaxtyping import Float32

from ..errors import WireError
from ..protocol import MAX_CODES, Command, Event, Generate, RecordCodec, SetKnobs, from_record, to_record, type_name

PROTOCOL = 1
"""The version of the protocol. Only Hello and Refused are the same in all versions."""

LONGEST_COMMAND = 2 << 20
"""Bytes of a line to the host, at most: MAX_CODES codes with the largest number of latents fit."""

LONGEST_MESSAGE = 32 << 20
"""Bytes of a line to a viewer, at most: the largest latent map fits."""


@dataclass(frozen=True)
class Hello:
    """The first message of a viewer.

    A `readonly` viewer may request images, but not change the run.
    """

    version: int
    readonly: bool


@dataclass(frozen=True)
class Welcome:
    """The host's answer to an accepted viewer; `pid` is the training process."""

    version: int
    pid: int


@dataclass(frozen=True)
class Grown:
    """The log has complete lines up to byte `end`; `viewers` screens watch."""

    end: int
    viewers: int


@dataclass(frozen=True)
class Refused:
    """The host's last message to a rejected viewer, with the `reason`."""

    reason: str


Message = Hello | Welcome | Grown | Refused | Event | Command

_NAMES = {"np": np, "Float32": Float32}  # the commands' module does without them, to be imported quickly


def _codecs(*classes: type) -> dict[str, RecordCodec[Any]]:
    return {type_name(cls): RecordCodec(cls, _NAMES, packed=True) for cls in classes}


_TO_HOST = _codecs(Hello, *get_args(Command))
_TO_VIEWER = _codecs(Welcome, Grown, Refused)


def encode(message: Message) -> bytes:
    """Encode a message as a line, with its newline.

    Raises:
        WireError: when the other end would refuse the message: a number is invalid, or the line is too long.
    """
    try:
        _check(message)
    except ValueError as error:
        raise WireError(f"{type(message).__name__} cannot be sent: {error}") from error
    if isinstance(message, Event):
        record = to_record(message)
    else:
        name = type_name(type(message))
        record = {"type": name} | (_TO_HOST.get(name) or _TO_VIEWER[name]).write(message)
    line = _json(record) + b"\n"
    if len(line) > (LONGEST_COMMAND if record["type"] in _TO_HOST else LONGEST_MESSAGE):
        raise WireError(f"{type(message).__name__} cannot be sent: it is {len(line)} bytes long")
    return line


def decode_for_host(line: bytes) -> Hello | Command:
    """Decode a line from a viewer. Raises WireError if it is invalid.

    The caller limits lines to LONGEST_COMMAND while reading, so that a longer one is never buffered.
    """
    return _decode(line, _TO_HOST)


def decode_for_viewer(line: bytes) -> Welcome | Grown | Refused | Event:
    """Decode a line from the host. Raises WireError if it is invalid.

    The caller limits lines to LONGEST_MESSAGE while reading.
    """
    return _decode(line, _TO_VIEWER, from_record)


def _json(record: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:  # a file name need not be valid text
        return json.dumps(record, ensure_ascii=False).encode(errors="replace")


def _unknown(record: dict[str, Any]) -> Message:
    raise ValueError(f"unknown type {str(record.get('type'))[:40]!r}")


def _decode(
    line: bytes, codecs: dict[str, RecordCodec[Any]], read_other: Callable[[dict[str, Any]], Message] = _unknown
) -> Any:
    """Decode a line with its type's codec, or with `read_other`."""
    try:
        record = msgspec.json.decode(line)
        if not isinstance(record, dict):
            raise ValueError("it is not a JSON object")
        name = record.get("type")
        codec = codecs.get(name) if isinstance(name, str) else None
        message = codec.read(record) if codec is not None else read_other(record)
        _check(message)
    except (ValueError, RecursionError) as error:  # msgspec raises RecursionError when a line is nested too deeply
        raise WireError(f"a message cannot be decoded: {error}") from error
    return message


def _check(message: Message) -> None:
    """Check values that their types do not restrict. Raises ValueError."""
    match message:
        case SetKnobs(learning_rate_scale=rate, beta_scale=beta):
            if not all(scale is None or (scale > 0 and math.isfinite(scale)) for scale in (rate, beta)):
                raise ValueError("a knob's factor must be a positive number")
        case Generate(codes=codes, classes=classes):
            if not 1 <= len(codes) <= MAX_CODES:
                raise ValueError(f"{len(codes)} codes; 1 to {MAX_CODES} images can be made at once")
            if not (np.isfinite(codes).all() and np.isfinite(classes).all()):
                raise ValueError("a number of its codes or classes is not finite")
