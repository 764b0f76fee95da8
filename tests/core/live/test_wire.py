"""The lines between a host and its viewers."""

import dataclasses
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import commands, unlogged_events
from strategies import assert_same, plain_events
from vae_tui.core.errors import WireError
from vae_tui.core.live import wire
from vae_tui.core.live.wire import (
    Grown,
    Hello,
    Refused,
    Welcome,
    decode_for_host,
    decode_for_viewer,
    encode,
)
from vae_tui.core.protocol.commands import MAX_CODES, Command, Generate, SetKnobs
from vae_tui.core.protocol.events import Ended, Event, LatentMap, ModelReady

MAX_LATENTS = 4096
DECODERS = (decode_for_host, decode_for_viewer)

WHOLE = st.integers(0, 2**53 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
TO_HOST = commands() | st.builds(Hello, version=WHOLE, readonly=st.booleans())
TO_VIEWER = (
    st.builds(Welcome, version=WHOLE, pid=WHOLE)
    | st.builds(Grown, end=WHOLE, viewers=WHOLE)
    | st.builds(Refused, reason=TEXTS)
    | unlogged_events()
    | plain_events()
)


def assert_equal(got: object, sent: object) -> None:
    assert type(got) is type(sent)
    for name, value in vars(sent).items():
        np.testing.assert_array_equal(getattr(got, name), value, strict=isinstance(value, np.ndarray))


def ask(n: int = 1, latents: int = 2, classes: int = 2) -> Generate:
    return Generate(1, np.zeros((n, latents), np.float32), np.zeros((n, classes), np.float32))


@given(TO_HOST)
def test_what_viewers_say_arrives_as_it_was(message: Hello | Command) -> None:
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert_equal(decode_for_host(line), message)
    with pytest.raises(WireError):
        decode_for_viewer(line)


@given(TO_VIEWER)
def test_what_the_host_says_arrives_as_it_was(message: Any) -> None:
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    if isinstance(message, Event) and message.is_logged:
        assert_same(decode_for_viewer(line), message)  # type: ignore[arg-type]
    else:
        assert_equal(decode_for_viewer(line), message)
    with pytest.raises(WireError):
        decode_for_host(line)


@pytest.mark.parametrize("decode", DECODERS)
@given(line=st.binary(max_size=200))
def test_garbage_is_refused(decode: Callable[[bytes], object], line: bytes) -> None:
    with pytest.raises(WireError, match=r"\A[^\n]+\Z"):
        decode(line)


@pytest.mark.parametrize("decode", DECODERS)
@given(message=TO_HOST | TO_VIEWER, data=st.data())
def test_mutated_messages_are_read_or_refused(
    decode: Callable[[bytes], Any], message: Any, data: st.DataObject
) -> None:
    line = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(line)))
        end = data.draw(st.integers(place, min(len(line), place + 8)))
        line[place:end] = data.draw(st.binary(max_size=8) | st.sampled_from([b"null", b"-1", b"1e400", b"[]", b"{}"]))
    try:
        read = decode(bytes(line))
    except WireError:
        return
    assert type(decode(encode(read))) is type(read)


LINES = {
    "nesting": b"[" * 100_000,
    "a number of very many digits": b"1" * 100_000,
    "no object": b'["pause"]',
    "no type": b"{}",
    "a type that is none": b'{"type":["pause"]}',
    "an unknown type": b'{"type":"reboot"}',
    "a factor that is no number": b'{"type":"set_knobs","learning_rate_scale":"1"}',
    "a factor of NaN": b'{"type":"set_knobs","learning_rate_scale":NaN}',
    "an infinite factor": b'{"type":"set_knobs","learning_rate_scale":1e999}',
    "a factor of zero": b'{"type":"set_knobs","beta_scale":0}',
    "a negative factor": b'{"type":"set_knobs","beta_scale":-1.5}',
    "unknown parameters": b'{"type":"use_params","source":"best"}',
    "a class that is no number": b'{"type":"sample","label":true}',
    "a negative class": b'{"type":"sample","label":-1}',
    "a yes that is none": b'{"type":"stop","checkpoint":1}',
    "Hello without a version": b'{"type":"hello","readonly":false}',
    "an empty line": b"\n",
    "two lines": b'{"type":"pause"}\n{"type":"pause"}\n',
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_line_that_is_no_message_is_refused(line: bytes) -> None:
    for decode in DECODERS:
        with pytest.raises(WireError, match=r".+"):
            decode(line)


def changed(message: Generate, **fields: Any) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(encode(message)) | fields)


READY = ModelReady(
    step=0,
    parameter_count=1,
    device="cpu",
    steps_per_epoch=1,
    total_steps=1,
    batch_size=1,
    compile_seconds=1.0,
    schedule_steps=np.ones(1, np.int32),
    schedule_rates=np.ones(1, np.float32),
)
MANY_SIZES = [1 << 24] * 200_000
NAN = {"dtype": "float32", "shape": [1, 2], "data": "AADAfwAAwH8="}


@pytest.mark.parametrize(
    "line",
    [
        changed(ask(), weights="worst"),
        changed(ask(), space="outer"),
        changed(ask(), ticket=-1),
        changed(ask(), codes=NAN),
        changed(ask(), classes=NAN),
        changed(ask(), codes=[[0, 0]]),
        changed(ask(), codes=NAN | {"dtype": "float64"}),
        changed(ask(), codes=NAN | {"data": ""}),
        pytest.param(changed(ask(), codes=NAN | {"shape": MANY_SIZES}), id="very many axes"),
        changed(ask(2), codes=NAN | {"data": "AAAAAAAAAAA="}),  # one code, two classes
        changed(ask(), codes=NAN | {"shape": [0, 2], "data": ""}, classes=NAN | {"shape": [0, 2], "data": ""}),
    ],
)
def test_a_wrong_question_is_refused(line: bytes) -> None:
    with pytest.raises(WireError, match="cannot be decoded"):
        decode_for_host(line)


@pytest.mark.parametrize("shape", [[1, 2, 1, 1, 1, 1], MANY_SIZES])
def test_the_sizes_of_very_many_axes_are_not_even_multiplied(shape: list[int]) -> None:
    with pytest.raises(WireError, match="length <= 5"):
        decode_for_host(changed(ask(), codes=NAN | {"shape": shape}))


def test_too_many_codes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(wire, "MAX_CODES", MAX_CODES + 1)
        line = encode(ask(MAX_CODES + 1))
    with pytest.raises(WireError, match="at once"):
        decode_for_host(line)


@pytest.mark.parametrize("factor", [float("nan"), float("inf"), 0.0, -1.0])
def test_an_impossible_factor_is_not_even_sent(factor: float) -> None:
    with pytest.raises(WireError, match="positive"):
        encode(SetKnobs(learning_rate_scale=factor))


def test_the_largest_messages_fit() -> None:
    question = ask(MAX_CODES, MAX_LATENTS, 100)
    assert_equal(decode_for_host(encode(question)), question)
    shown = LatentMap(
        step=1,
        points=np.zeros((1000, 2), np.float32),
        labels=np.zeros(1000, np.int32),
        latents=np.ones((1000, MAX_LATENTS), np.float32),
        explained=(0.5, 0.25),
    )
    assert_equal(decode_for_viewer(encode(shown)), shown)


def test_what_is_too_long_is_not_even_sent() -> None:
    with pytest.raises(WireError, match="bytes long"):
        encode(ask(MAX_CODES, 2 * MAX_LATENTS))


def test_the_name_of_a_file_need_not_be_text() -> None:
    last = decode_for_viewer(encode(Ended(step=9, reason="finished", checkpoint="runs/\udcff/9")))
    assert isinstance(last, Ended)
    assert last.checkpoint == "runs/?/9"
    ready = dataclasses.replace(READY, device="\udcff", compile_seconds=np.nan, schedule_rates=np.full(1, np.inf, "f4"))
    got = decode_for_viewer(encode(ready))
    assert isinstance(got, ModelReady)
    assert_same(got, dataclasses.replace(ready, device="?"))


def test_what_later_versions_say_besides_is_left_out() -> None:
    assert decode_for_host(b'{"type":"hello","version":9,"readonly":true,"colours":256}') == Hello(9, True)
