"""Only what differs is told, and what makes losses incomparable has a reason."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.comparison import NO_EFFECT, Difference, differences, doubts
from vae_tui.core.config import Config, DataConfig, ModelConfig, ObjectiveConfig, OptimConfig, RunConfig
from vae_tui.core.protocol.events import KnobsChanged

SETTINGS = [
    f"{section.name}.{field.name}"
    for section in dataclasses.fields(Config)
    for field in dataclasses.fields(getattr(Config(), section.name))
]

configs = st.builds(
    Config,
    data=st.builds(DataConfig, name=st.sampled_from(["mnist", "kmnist"])),
    model=st.builds(ModelConfig, latents=st.integers(2, 9), arch=st.sampled_from(["dense", "conv"])),
    objective=st.builds(ObjectiveConfig, beta=st.sampled_from([1.0, 4.0])),
    optim=st.builds(OptimConfig, learning_rate=st.sampled_from([1e-3, 2e-3])),
    run=st.builds(RunConfig, dir=st.sampled_from([None, "a"])),
)


def value(config: Config, setting: str) -> object:
    section, _, field = setting.partition(".")
    return getattr(getattr(config, section), field)


@given(st.lists(configs, min_size=1, max_size=8))
def test_exactly_the_settings_that_differ_are_told_in_their_order(found):
    rows, equal = differences(found)
    names = [row.setting for row in rows]
    assert names == sorted(names, key=SETTINGS.index)
    assert len(rows) + equal == len(SETTINGS) - 1  # all but the directory
    for setting in SETTINGS:
        differs = len({value(config, setting) for config in found}) > 1
        assert (setting in names) == (differs and setting != "run.dir")
    for row in rows:
        assert row.values == tuple(value(config, row.setting) for config in found)


def test_a_setting_without_effect_is_no_difference_unless_another_run_uses_it():
    one = Config(model=ModelConfig(blocks=2))
    conv = Config(model=ModelConfig(arch="conv"))
    assert differences([one, Config()])[0] == []
    assert differences([one, conv])[0] == [
        Difference("model.arch", ("dense", "conv")),
        Difference("model.blocks", (NO_EFFECT, 0)),
    ]


@pytest.mark.parametrize(
    ("config", "text", "extent"),
    [
        (Config(data=DataConfig(name="kmnist")), "other data set", "all"),
        (Config(model=ModelConfig(likelihood="gaussian")), "other likelihood", "all"),
        (Config(objective=ObjectiveConfig(beta=4.0)), "other beta", "training"),
        (Config(objective=ObjectiveConfig(beta_schedule="cyclical")), "other beta schedule", "training"),
        (Config(objective=ObjectiveConfig(free_bits=0.5)), "other free bits", "training"),
    ],
)
def test_losses_do_not_compare(config, text, extent):
    assert [(doubt.text, doubt.extent) for doubt in doubts(config, [], Config())] == [(text, extent)]


def test_losses_compare_whatever_else_differs():
    other = Config(
        model=ModelConfig(latents=3, arch="conv"),
        optim=OptimConfig(learning_rate=1.0),
        objective=ObjectiveConfig(beta_cycles=9),  # of a schedule that is not used
    )
    assert doubts(other, [], Config()) == []


def test_turned_knobs_are_a_reason_even_of_the_first_run():
    changes = [
        KnobsChanged(step=1200, learning_rate_scale=1.0, beta_scale=0.5),
        KnobsChanged(step=1300, learning_rate_scale=1.0, beta_scale=1.0),
    ]
    assert [doubt.text for doubt in doubts(Config(), changes, Config())] == ["beta turned by keys from step 1,200"]
