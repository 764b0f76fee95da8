"""Events as records and back."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import unlogged_events
from strategies import assert_same, plain_events, samples
from vae_tui.core.protocol.codec import pack
from vae_tui.core.protocol.events import Evaluated, Event, LatentMap, Metrics, Sampled
from vae_tui.core.protocol.records import EVENT_TYPES, from_record, to_record

ROWS = ("loss", "reconstruction", "kl", "grad_norm", "learning_rate")
METRICS = {"type": "metrics", "time": 1.0, "step": 2, "first_step": 1, "seconds": 1.0} | {row: [1.0, 2] for row in ROWS}
MAP = to_record(
    LatentMap(
        step=1,
        points=np.zeros((3, 2), np.float32),
        labels=np.zeros(3, np.int32),
        latents=np.zeros((3, 4), np.float32),
        explained=(0.5, 0.25),
    )
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(plain_events() | samples() | unlogged_events())
def test_a_record_is_strict_json_and_reads_back(event: Event) -> None:
    record = json.loads(json.dumps(to_record(event), allow_nan=False))
    assert_same(from_record(record), event)


@given(samples())
def test_a_packed_array_stands_for_a_list_as_well(event: Sampled) -> None:
    assert_same(from_record(to_record(event) | {"images": pack(event.images)}), event)
    with pytest.raises(ValueError, match="float32"):
        from_record(to_record(event) | {"images": pack(event.images.astype(np.float32))})


@given(plain_events() | unlogged_events())
def test_a_record_begins_with_type_time_and_step(event: Event) -> None:
    record = to_record(event)
    assert list(record)[:3] == ["type", "time", "step"]
    assert EVENT_TYPES.get(record["type"]) is (type(event) if event.is_logged else None)


@given(plain_events() | samples() | unlogged_events(), st.data())
def test_whatever_a_record_becomes_it_is_read_or_refused(event: Event, data: st.DataObject) -> None:
    record = json.loads(json.dumps(to_record(event)))
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = record
        while True:  # down to somewhere in it
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
                break
            place = place[key]
        if data.draw(st.booleans()):
            place[key] = data.draw(JSON)
        elif len(place) > 1 and place is not record:
            del place[key]
    try:
        read = from_record(record)
    except ValueError:
        return
    assert_same(from_record(json.loads(json.dumps(to_record(read)))), read)


def test_float32_is_written_short() -> None:
    values = np.array([0.1, 123.456], np.float32)
    event = Metrics(step=2, first_step=1, seconds=0.5, **dict.fromkeys(ROWS, values))
    assert json.dumps(to_record(event)["loss"]) == "[0.1, 123.456]"


def test_type_names_are_those_of_the_documented_log() -> None:
    assert {"metrics", "evaluated", "sampled", "checkpointed", "state_changed", "ended", "failed"} <= set(EVENT_TYPES)
    assert EVENT_TYPES["sampled"] is Sampled


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"type": "surprise", "step": 1},
        {"type": ["metrics"], "step": 1},
        {"type": "evaluated", "step": 1},
        {"type": "state_changed", "time": 1.0, "step": 1, "state": "dreaming"},
        {"type": "notice", "time": 1.0, "step": 1, "level": "loud", "text": "x"},
        {"type": "notice", "time": 1.0, "step": 1, "level": "info", "text": 5},
        {"type": "notice", "time": 1.0, "step": "1", "level": "info", "text": "x"},
        {"type": "notice", "time": 1.0, "step": 1.5, "level": "info", "text": "x"},
        {"type": "notice", "time": 1.0, "step": -1, "level": "info", "text": "x"},
        {"type": "notice", "time": 1.0, "step": 2**70, "level": "info", "text": "x"},
        {"type": "notice", "time": 1e30, "step": 1, "level": "info", "text": "x"},
        {"type": "notice", "time": None, "step": 1, "level": "info", "text": "x"},
        {"type": "not_finite", "time": 1.0, "step": 1, "metrics": [1]},
        METRICS | {"loss": ["a", 1.0]},
        METRICS | {"loss": [True, 1.0]},
        METRICS | {"loss": "12"},
        METRICS | {"loss": [[1.0], [2.0]]},
        METRICS | {"loss": [1.0]},
        METRICS | {"first_step": 2},
        METRICS | {"step": 0, "first_step": 1} | {row: [] for row in ROWS},
        METRICS | {"step": 1, "first_step": 0},
        MAP | {"labels": MAP["points"]},
        MAP | {"points": MAP["latents"]},
        MAP | {"latents": MAP["latents"] | {"data": "AAAA"}},
        MAP | {"latents": MAP["latents"] | {"data": "no base64!"}},
        MAP | {"latents": MAP["latents"] | {"shape": [3]}},
        MAP | {"latents": MAP["latents"] | {"shape": [2**40, 2**40]}},
        MAP | {"latents": {"dtype": "object", "shape": [1, 1], "data": "AAAAAAAAAAA="}},
        MAP | {"explained": [0.5]},
    ],
)
def test_other_records_are_refused(record: dict) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_record(record)


def test_a_null_loss_is_nan() -> None:
    event = from_record(to_record(Evaluated(step=1, split="test", loss=float("inf"), reconstruction=1.0, kl=0.0)))
    assert isinstance(event, Evaluated)
    assert np.isnan(event.loss)


def test_a_number_too_large_for_its_array_is_an_infinity() -> None:
    event = from_record(METRICS | {"loss": [1e300, None]})
    assert isinstance(event, Metrics)
    np.testing.assert_array_equal(event.loss, np.array([np.inf, np.nan], np.float32))


def test_what_later_versions_add_is_left_out_and_what_earlier_ones_lack_has_its_default() -> None:
    event = from_record(
        {"type": "sampled", "time": 1, "step": 3, "images": [[[[7] * 28] * 28]], "source": "ema"}
        | {"temperature": 1, "seed": 5}
    )
    assert isinstance(event, Sampled)
    assert (event.requested, event.label, event.images.shape) == (False, None, (1, 1, 28, 28))
