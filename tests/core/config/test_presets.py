"""Presets: each is possible, and what the user says goes over it."""

from typing import get_args

import pytest
from vae_tui.core.config import PRESETS, Config, PresetName, lay_over, with_preset
from vae_tui.core.training.plan import create_plan


def test_every_name_is_that_of_a_preset() -> None:
    assert get_args(PresetName) == tuple(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_configuration_with_which_the_packaged_images_can_be_trained_on(name: PresetName) -> None:
    config = Config.from_json(PRESETS[name].settings)
    assert config != Config()
    assert create_plan(config, 4500).total_steps >= 100


@pytest.mark.parametrize("name", PRESETS)
def test_the_length_and_the_rate_that_a_user_asks_for_hold(name: PresetName) -> None:
    for length, steps in (({"epochs": 2}, 2 * 45), ({"steps": 7}, 7)):
        asked = {"train": {"batch_size": 100} | length, "optim": {"learning_rate": 0.5}}
        config = Config.from_json(with_preset(name, asked))
        assert create_plan(config, 4500).total_steps == steps
        assert config.optim.learning_rate == 0.5


def test_what_is_not_changed_stays_and_the_settings_below_are_not_touched() -> None:
    below = {"train": {"steps": 5, "seed": 1}}
    assert lay_over(below, {"train": {"epochs": 2}, "model": {"latents": 3}}) == {
        "train": {"seed": 1, "epochs": 2},
        "model": {"latents": 3},
    }
    assert lay_over(below, {"train": {"epochs": 2, "steps": 9}})["train"]["steps"] == 9
    assert below == {"train": {"steps": 5, "seed": 1}}
