"""What the host of a run and its viewers say to each other: a JSON object a line, as in `events.jsonl`.

The viewer begins with Hello, which the host answers by Welcome, or by Refused and the end. Then the viewer says
commands, the host says how far the log has grown and those events that the log does not have.
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
"""The version of the messages. Only Hello and Refused are the same in all versions."""

LONGEST_COMMAND = 2 << 20
"""Bytes of a line to the host: MAX_CODES codes of the most latents that a model can have fit."""

LONGEST_MESSAGE = 32 << 20
"""Bytes of a line to a viewer: the largest latent map fits."""


@dataclass(frozen=True)
class Hello:
    """The first line of a viewer. One that is `readonly` may ask for digits, and change nothing."""

    version: int
    readonly: bool


@dataclass(frozen=True)
class Welcome:
    """The host's answer: the viewer is let in. `pid` is the process that trains."""

    version: int
    pid: int


@dataclass(frozen=True)
class Grown:
    """The run's log is whole up to byte `end`, and `viewers` look at the run."""

    end: int
    viewers: int


@dataclass(frozen=True)
class Refused:
    """The host's last line to a viewer that it does not let in, or no longer; `reason` is a line for the user."""

    reason: str


Message = Hello | Welcome | Grown | Refused | Event | Command

_NAMES = {"np": np, "Float32": Float32}  # the commands' module does without them, to be imported quickly


def _codecs(*classes: type) -> dict[str, RecordCodec[Any]]:
    return {type_name(cls): RecordCodec(cls, _NAMES, packed=True) for cls in classes}


_TO_HOST = _codecs(Hello, *get_args(Command))
_TO_VIEWER = _codecs(Welcome, Grown, Refused)


def encode(message: Message) -> bytes:
    """The line of a message, with its end.

    Raises:
        WireError: when the other end would refuse it: a number is impossible, or the line is too long.
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
    """What a viewer says. Raises WireError when it is nothing that `encode` makes.

    The reader of a connection sees to it that no line is longer than LONGEST_COMMAND: it must not even keep one.
    """
    return _decode(line, _TO_HOST)


def decode_for_viewer(line: bytes) -> Welcome | Grown | Refused | Event:
    """What the host says. Raises WireError when it is nothing that `encode` makes.

    The reader of a connection sees to it that no line is longer than LONGEST_MESSAGE.
    """
    return _decode(line, _TO_VIEWER, from_record)


def _json(record: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:  # the name of a file need not be text
        return json.dumps(record, ensure_ascii=False).encode(errors="replace")


def _unknown(record: dict[str, Any]) -> Message:
    raise ValueError(f"unknown type {str(record.get('type'))[:40]!r}")


def _decode(
    line: bytes, codecs: dict[str, RecordCodec[Any]], read_other: Callable[[dict[str, Any]], Message] = _unknown
) -> Any:
    """The message of a line: of one of these codecs, or what `read_other` makes of its record."""
    try:
        record = msgspec.json.decode(line)
        if not isinstance(record, dict):
            raise ValueError("it is no JSON object")
        name = record.get("type")
        codec = codecs.get(name) if isinstance(name, str) else None
        message = codec.read(record) if codec is not None else read_other(record)
        _check(message)
    except (ValueError, RecursionError) as error:  # msgspec gives up with the latter on what is nested too deeply
        raise WireError(f"a line cannot be understood: {error}") from error
    return message


def _check(message: Message) -> None:
    """Check what the types of a message's fields do not say. Raises ValueError."""
    match message:
        case SetKnobs(learning_rate_scale=rate, beta_scale=beta):
            if not all(scale is None or (scale > 0 and math.isfinite(scale)) for scale in (rate, beta)):
                raise ValueError("a knob's factor must be a positive number")
        case Generate(codes=codes, classes=classes):
            if not 1 <= len(codes) <= MAX_CODES:
                raise ValueError(f"{len(codes)} codes; 1 to {MAX_CODES} digits can be made at once")
            if not (np.isfinite(codes).all() and np.isfinite(classes).all()):
                raise ValueError("a number of its codes or classes is not finite")
