"""Events as records and back."""

import json

import numpy as np
import pytest
from hypothesis import given
from strategies import assert_same, plain_events, samples
from vae_tui.core.events import Evaluated, Event, Metrics, Sampled
from vae_tui.core.records import EVENT_TYPES, from_record, to_record


@given(plain_events() | samples())
def test_a_record_is_strict_json_and_reads_back(event: Event) -> None:
    text = json.dumps(to_record(event), allow_nan=False)
    assert_same(from_record(json.loads(text)), event)


@given(plain_events())
def test_a_record_begins_with_type_time_and_step(event: Event) -> None:
    record = to_record(event)
    assert list(record)[:3] == ["type", "time", "step"]
    assert EVENT_TYPES[record["type"]] is type(event)


def test_float32_is_written_short() -> None:
    values = np.array([0.1, 123.456], np.float32)
    event = Metrics(
        step=2,
        first_step=1,
        seconds=0.5,
        **dict.fromkeys(("loss", "reconstruction", "kl", "grad_norm", "learning_rate"), values),
    )
    assert json.dumps(to_record(event)["loss"]) == "[0.1, 123.456]"


def test_type_names_are_those_of_the_documented_log() -> None:
    assert {"metrics", "evaluated", "sampled", "checkpointed", "state_changed", "ended", "failed"} <= set(EVENT_TYPES)
    assert EVENT_TYPES["sampled"] is Sampled


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"type": "surprise", "step": 1},
        {"type": "evaluated", "step": 1},
        {"type": "state_changed", "step": 1, "state": "dreaming"},
        {"type": "metrics", "step": 1, "first_step": 1, "seconds": 1.0, "loss": ["a"]},
    ],
)
def test_other_records_are_refused(record: dict) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_record(record)


def test_a_null_loss_is_nan() -> None:
    event = from_record(to_record(Evaluated(step=1, split="test", loss=float("inf"), reconstruction=1.0, kl=0.0)))
    assert isinstance(event, Evaluated)
    assert np.isnan(event.loss)
