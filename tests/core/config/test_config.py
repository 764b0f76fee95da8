"""The configuration: its JSON form, and what it refuses."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from strategies import configs
from vae_tui.core.config import (
    MAX_CONFIG_BYTES,
    Config,
    DataConfig,
    ModelConfig,
    OptimConfig,
    RunConfig,
    TrainConfig,
    load_config,
)
from vae_tui.core.errors import ConfigError


@given(configs())
def test_json_round_trip(config: Config) -> None:
    text = json.dumps(config.to_json(), allow_nan=False)
    assert Config.from_json(json.loads(text)) == config


def test_missing_fields_take_their_defaults() -> None:
    config = Config.from_json({"train": {"epochs": 3}, "optim": {"clip_norm": 1}})
    assert config == Config(train=TrainConfig(epochs=3), optim=OptimConfig(clip_norm=1.0))
    assert isinstance(config.optim.clip_norm, float)


def test_a_decay_that_depends_on_the_rule_can_be_left_open_or_be_a_number() -> None:
    """It was a number always in earlier versions."""
    assert Config.from_json({"optim": {"name": "lion", "b2": 0.999}}).optim.b2 == 0.999
    assert Config.from_json(Config().to_json()).optim.b2 is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], "must be a section with fields"),
        ({"train": 3}, "train must be a section with fields"),
        ({"trian": {}}, "unknown field trian"),
        ({"train": {"epoch": 3}}, "unknown field train.epoch"),
        ({"train": {"epochs": "3"}}, "train.epochs"),
        ({"train": {"epochs": True}}, "train.epochs"),
        ({"train": {"epochs": 3.5}}, "train.epochs"),
        ({"model": {"arch": "transformer"}}, "model.arch"),
        ({"model": {"hidden": 512}}, "model.hidden"),
        ({"model": {"hidden": [512, "256"]}}, "model.hidden"),
        ({"data": {"name": None}}, "data.name"),
        ({"optim": {"clip_norm": 10**400}}, "optim.clip_norm"),
    ],
)
def test_wrong_json_is_refused_by_name(values: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Config.from_json(values)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: ModelConfig(latents=0), "model.latents is 0"),
        (lambda: ModelConfig(hidden=()), "model.hidden"),
        (lambda: ModelConfig(channels=(32,)), "model.channels"),
        (lambda: OptimConfig(learning_rate=-1e-3), r"optim.learning-rate is -0\.001; it must be a positive number"),
        (lambda: OptimConfig(learning_rate=float("nan")), "optim.learning-rate"),
        (lambda: OptimConfig(clip_norm=float("inf")), "optim.clip-norm"),
        (lambda: OptimConfig(b2=1.0), r"optim\.b2 is 1\.0; it must be a number from 0 to below 1"),
        (lambda: TrainConfig(epochs=0), "train.epochs"),
        (lambda: TrainConfig(batch_size=0), "train.batch-size"),
        (lambda: TrainConfig(seed=2**32), "train.seed"),
        (lambda: RunConfig(temperature=-1.0), "run.temperature"),
        (lambda: RunConfig(samples_per_class=65), "run.samples-per-class"),
    ],
)
def test_impossible_values_are_refused_by_name(build, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        build()


def test_load_config_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with pytest.raises(ConfigError, match=r"cannot read .*config\.json: No such file"):
        load_config(path)
    path.write_text('{"train": ')
    with pytest.raises(ConfigError, match=r"config\.json is not valid JSON"):
        load_config(path)
    path.write_text('{"train": {"epochs": 0}}')
    with pytest.raises(ConfigError, match=r"config\.json: train\.epochs is 0"):
        load_config(path)
    path.write_text(f'{{"train": {{"epochs": 2}}}}{" " * MAX_CONFIG_BYTES}')
    with pytest.raises(ConfigError, match=r"it is larger than 1 MiB"):
        load_config(path)
    path.write_text('{"train": {"epochs": 2}}')
    assert load_config(path) == Config(train=TrainConfig(epochs=2))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"size": 3}, r"data\.size is 3; it must be a whole number from 4 to 64"),
        ({"size": 65}, r"data\.size is 65"),
        ({"shape": (8,)}, r"data\.shape .* a height and a width"),
        ({"shape": (8, 0)}, r"data\.shape"),
        ({"shape": (8, 8, 2)}, r"data\.shape .* 32,32,3"),
        ({"classes": ("a", "a")}, r"data\.classes is a,a; it must be names that differ"),
        ({"classes": ("a", "\n")}, r"data\.classes .* printable"),
        ({"classes": tuple(map(str, range(1001)))}, r"data\.classes is 1001 names"),
    ],
)
def test_impossible_images_are_refused_by_name(values: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        DataConfig(**values)


def test_a_data_set_is_shown_by_the_end_of_its_path() -> None:
    names = ("mnist", "emnist/letters", "tfds:cifar10", "/a/digits.csv.gz", "/a/v1.2", "/")
    assert [DataConfig(name).title for name in names] == [
        "mnist",
        "emnist/letters",
        "cifar10",
        "digits",
        "v1.2",
        "images",
    ]
