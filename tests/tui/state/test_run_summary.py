"""What the run view tells of a run, and how it is laid out."""

from __future__ import annotations

import dataclasses
import platform
from datetime import datetime
from importlib.metadata import version
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import CHAIN, RUN_PATH, START, data_ready, evaluated, metrics, model_ready, state
from vae_tui.core.config import Config, ModelConfig, OptimConfig, TrainConfig
from vae_tui.core.protocol.events import Event, KnobsChanged, RunState, StateChanged, SystemMeasured
from vae_tui.tui.render.capabilities import Capabilities
from vae_tui.tui.screens.columns import split_columns
from vae_tui.tui.screens.run_screen import section_lines
from vae_tui.tui.state.run_summary import UNKNOWN, Fact, Section, run_sections
from vae_tui.tui.state.run_view import RunView


def told(*events: Event, config: Config | None = None) -> dict[str, list[Fact]]:
    """The facts by their section, after some events."""
    view = RunView(config or Config())
    for event in events:
        view.apply(event)
    sections = run_sections(view, RUN_PATH, Capabilities("256", unicode=False), (120, 40))
    return {section.title: list(section.facts) for section in sections}


def values(facts: list[Fact]) -> dict[str, str]:
    return {fact.label: fact.value for fact in facts}


READY = (data_ready(), model_ready())


def test_before_anything_is_known_it_says_so():
    sections = told()
    assert values(sections["run"])["length"] == UNKNOWN
    assert values(sections["data set"])["images"] == UNKNOWN
    assert values(sections["model"])["parameters"] == UNKNOWN
    assert values(sections["environment"])["device"] == UNKNOWN
    assert [fact.value for fact in sections["gradient chain"]] == [UNKNOWN]
    assert [fact.value for fact in sections["model table"]] == [UNKNOWN]
    assert set(values(sections["times"]).values()) == {UNKNOWN}


def test_what_the_run_uses_of_its_machine_is_told_with_its_peaks():
    busy = SystemMeasured(step=1, cpu=3.5, memory=2_400_000_000, disk_free=12 * 10**9)
    gpu = {"device_memory": 7 * 10**9, "device_peak": 9 * 10**9, "device_limit": 80 * 10**9, "gpu": 0.8}
    facts = told(*READY, busy, dataclasses.replace(busy, cpu=1.25, memory=10**9, **gpu))["machine"]
    assert [(fact.label, fact.value, fact.remark) for fact in facts] == [
        ("CPU", "125% of a core", "peak 350%"),
        ("memory", "1.0 GB", "peak 2.4 GB"),
        ("", "training and its app are one process", ""),
        ("device memory", "7.0 GB", "peak 9.0 GB"),
        ("device limit", "80 GB", ""),
        ("GPU", "80% busy", ""),
        ("disk", "12 GB free", "at the run's directory"),
    ]


def test_every_setting_is_there():
    sections = told()
    for section in dataclasses.fields(Config):
        settings = dataclasses.fields(getattr(Config(), section.name))
        labels = [fact.label for fact in sections[f"configuration: {section.name}"]]
        assert labels == [f.name.replace("_", "-") for f in settings]


def test_what_is_not_the_default_is_marked_beside_the_default():
    config = Config(
        model=ModelConfig(hidden=(64,)),
        optim=OptimConfig(learning_rate=5e-4, nesterov=False, freeze=("encoder",)),
        train=TrainConfig(steps=100),
    )
    changed = {
        (title, fact.label): (fact.value, fact.remark)
        for title, facts in told(config=config).items()
        for fact in facts
        if fact.is_changed
    }
    assert changed == {
        ("configuration: model", "hidden"): ("64", f"(default {' '.join(map(str, ModelConfig().hidden))})"),
        ("configuration: optim", "learning-rate"): ("0.0005", f"(default {OptimConfig().learning_rate:g})"),
        ("configuration: optim", "nesterov"): ("no", "(default yes)"),
        ("configuration: optim", "freeze"): ("encoder", "(default none)"),
        ("configuration: train", "steps"): ("100", ""),
    }


def test_what_is_not_set_has_the_value_that_is_used():
    sections = told(*READY, metrics(1, 400))
    assert values(sections["configuration: train"])["steps"] == str(model_ready().total_steps)
    assert values(sections["configuration: train"])["epochs"] == "122"
    assert values(sections["configuration: run"])["dir"] == str(RUN_PATH)
    assert values(sections["configuration: run"])["checkpoint-epochs"] == "3"
    assert values(sections["configuration: optim"])["b2"] == "0.999"
    lion = told(config=Config(optim=OptimConfig(name="lion")))
    assert values(lion["configuration: optim"])["b2"] == "0.99"
    assert all(fact.value != "default" for facts in sections.values() for fact in facts)


def test_settings_without_effect_are_marked():
    config = Config(optim=OptimConfig(name="sgd", momentum=0.5, schedule="constant", clip="none"))
    idle = {fact.label: fact.remark for fact in told(config=config)["configuration: optim"] if not fact.has_effect}
    assert idle.keys() >= {"momentum", "nesterov", "b1", "b2", "eps", "warmup-steps", "clip-norm", "noise-gamma"}
    assert not idle.keys() & {"name", "learning-rate", "schedule", "clip", "weight-decay", "noise-eta"}
    assert set(idle.values()) == {"(no effect)"}


def test_the_chain_is_one_link_a_line_in_its_order():
    lines = [fact.value for fact in told(*READY)["gradient chain"]]
    assert lines == ["gradient", *(f"→ {link}" for link in CHAIN), "→ update of the parameters"]


def test_the_share_of_steps_whose_gradient_is_scaled_down_is_told():
    some = dataclasses.replace(metrics(1, 4), grad_norm=np.array([1, 9, 9, 9], np.float32))
    (fact,) = [fact for fact in told(*READY, some)["gradient chain"] if "max_norm(5)" in fact.value]
    assert fact.remark == "scales down 75% of the last 4 steps"


def test_the_turned_knobs_stand_in_the_chain_and_beside_the_schedules():
    sections = told(*READY, metrics(1, 400), KnobsChanged(step=400, learning_rate_scale=0.5, beta_scale=2.0))
    assert "→ scale(0.5)" in [fact.value for fact in sections["gradient chain"]]
    assert [fact.value for fact in sections["schedule and objective"] if fact.is_changed] == ["x0.5", "x2"]


def test_the_optimiser_state_is_weighed_against_the_parameters():
    (state,) = [fact for fact in told(*READY)["model"] if fact.label == "optimizer state"]
    assert (state.value, state.remark) == ("9.1 MB", "2.0 times the parameters")


def test_the_model_table_counts_the_elements_of_each_array_and_of_each_module():
    facts = told(*READY)["model table"]
    table = [(fact.label, fact.value.split(), fact.remark) for fact in facts]
    assert table == [
        ("decoder", ["7,936"], "1%"),
        ("  Dense_0/bias", ["256", "256"], ""),
        ("  Dense_0/kernel", ["30x256", "7,680"], ""),
        ("encoder", ["407,040"], "36%"),
        ("  Dense_0/bias", ["512", "512"], ""),
        ("  Dense_0/kernel", ["794x512", "406,528"], ""),
        ("log_scale", ["scalar", "1"], ""),
    ]
    assert len({len(fact.value) for fact in facts}) == 1, "the numbers stand below each other"


def test_frozen_parameters_are_counted_and_marked_where_it_is_told():
    ready = dataclasses.replace(model_ready(), frozen_count=569_916, parameters=("encoder/kernel 2x3 frozen",))
    sections = told(data_ready(), ready)
    (frozen,) = [fact for fact in sections["model"] if fact.label == "frozen"]
    assert (frozen.value, frozen.remark) == ("569,916", "50% of them")
    assert [fact.remark for fact in sections["model table"]] == ["0%", "frozen"]


def test_active_units_stand_beside_the_latents():
    found = dataclasses.replace(evaluated(35), active_units=17)
    (latents,) = [fact for fact in told(*READY, found)["model"] if fact.label == "latents"]
    assert (latents.value, latents.remark) == ("20", "active 17 of 20")


def test_the_environment_names_the_versions():
    environment = values(told(*READY)["environment"])
    assert environment["python"] == platform.python_version()
    assert environment["jax"] == version("jax")
    assert environment["device"] == "cpu"
    assert environment["platform"].startswith(platform.system())


def test_the_environment_names_the_terminal():
    (terminal,) = [fact for fact in told()["environment"] if fact.label == "terminal"]
    assert (terminal.value, terminal.remark) == ("120x40 cells", "256 colors, ASCII")


def test_the_times_are_those_of_the_events():
    began = StateChanged(step=0, time=START, state=RunState.PREPARING)
    times = values(told(began, *READY, metrics(1, 400))["times"])
    assert times["began"] == f"{datetime.fromtimestamp(START):%Y-%m-%d %H:%M:%S}"
    assert times["compiled in"] == "1.8 s"
    assert times["time left"] != UNKNOWN
    assert "time left" not in values(told(began, state(RunState.FINISHED, 400))["times"])


@given(st.lists(st.integers(1, 30), min_size=1, max_size=9), st.integers(1, 3))
def test_columns_hold_every_section_once_in_order_and_as_low_as_can_be(heights: list[int], number: int):
    number = min(number, len(heights))
    columns = split_columns(heights, number)
    assert len(columns) == number
    assert [height for column in columns for height in heights[column]] == heights
    assert all(left.stop == right.start for left, right in pairwise(columns))
    highest = max(sum(heights[column]) for column in columns)
    assert highest <= sum(heights) / number + max(heights)


WORDS = st.text(st.characters(categories=["Lu", "Ll", "Nd"]), max_size=90)


@given(
    st.lists(st.builds(Fact, WORDS, WORDS, WORDS, st.booleans()), min_size=1, max_size=5),
    st.integers(24, 80),
)
def test_no_line_is_wider_than_its_column_and_no_value_is_lost(facts: list[Fact], width: int):
    lines = [line.plain for line in section_lines(Section("title", tuple(facts)), width)]
    assert lines[0] == "title"
    assert lines[-1] == ""
    assert all(len(line) <= width for line in lines)
    joined = "".join(line.replace(" ", "") for line in lines)
    assert all(fact.value in joined for fact in facts if len(fact.value) <= 8)


@pytest.mark.parametrize("width", [20, 40])
def test_long_values_go_on_below_themselves(width: int):
    value = "word " * 20 + "end"
    lines = [line.plain for line in section_lines(Section("title", (Fact("label", value),)), width)][1:-1]
    assert lines[0].startswith("label  word")
    assert all(line.startswith("       word") for line in lines[1:-1])
    assert " ".join(" ".join(line[7:].split()) for line in lines) == value
