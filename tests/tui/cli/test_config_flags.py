"""Flags that are made from the configuration."""

from dataclasses import replace
from typing import Any

import pytest
from cyclopts import CycloptsError
from hypothesis import given as given_any
from hypothesis import strategies as st
from strategies import configs
from vae_tui.core.config import Config, DataConfig, RunConfig
from vae_tui.core.errors import ConfigError
from vae_tui.tui.cli.command_line import app, with_command
from vae_tui.tui.cli.config_flags import SHORT_FORMS, flag_name, given, overlay

NAMES = st.from_regex(r"[a-z0-9_/]+( [a-z]+)?", fullmatch=True)


def parse(*arguments: str) -> dict[str, Any]:
    """What of a command line's flags would reach the train command."""
    _, bound, _ = app.parse_args(with_command(arguments), exit_on_error=False, print_error=False, verbose=False)
    return given(bound.arguments["flags"]) if "flags" in bound.arguments else {}


def arguments_for(config: Config) -> list[str]:
    """A command line that gives every field; those that are None or empty are left out."""
    words = []
    for section, fields in config.to_json().items():
        for name, value in fields.items():
            if value is None or value == ():
                continue  # cannot be given, and is the default
            flag = flag_name(section, name)
            if isinstance(value, bool):
                words.append(flag if value else flag.replace("--", "--no-"))
            else:
                words += [flag, *map(str, value if isinstance(value, tuple) else (value,))]
    return words


@given_any(configs(), NAMES, st.none() | NAMES)
def test_every_configuration_can_be_given_by_flags(config: Config, name: str, directory: str | None) -> None:
    config = replace(config, data=DataConfig(name=name, dir=directory), run=replace(config.run, dir=directory))
    assert overlay(Config(), parse("train", *arguments_for(config))) == config


def test_without_flags_nothing_is_given() -> None:
    assert parse() == parse("train") == {}


def test_what_is_not_given_stays_as_it_was() -> None:
    base = Config(data=DataConfig(name="kmnist"), run=RunConfig(temperature=0.5))
    config = overlay(base, parse("--train.epochs", "3"))
    assert config == replace(base, train=replace(base.train, epochs=3))


@pytest.mark.parametrize("arguments", [["512", "256", "64"], ["512,256,64"], ["512", "--model.hidden", "256,64"]])
def test_widths_are_apart_by_spaces_or_commas(arguments: list[str]) -> None:
    assert parse("--model.hidden", *arguments, "--headless") == {"model": {"hidden": (512, 256, 64)}}


def test_short_forms() -> None:
    values = {"data.name": "mnist", "model.arch": "conv", "optim.learning_rate": "0.5", "run.dir": "here"}
    words = [word for name, short in SHORT_FORMS.items() for word in (short, values.get(name, "7"))]
    assert parse(*words) == {
        "data": {"name": "mnist"},
        "model": {"arch": "conv", "latents": 7},
        "optim": {"learning_rate": 0.5},
        "train": {"epochs": 7, "steps": 7, "batch_size": 7, "seed": 7},
        "run": {"dir": "here"},
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--epochs 3", "Did you mean --train.epochs?"),
        ("--train.epochs x", "--train.epochs: unable to convert"),
        ("--train.epochs", "requires an argument"),
        ("--train.epochs 1 --train.epochs 2", "multiple times"),
        ("--model.arch transformer", 'Choose from: "dense", "conv"'),
        ("--model.hidden 12,a", "--model.hidden"),
        ("--model.hidden", "at least 1"),
        ("--empty-hidden", "Unknown option"),
        ("mnist", "mnist"),
    ],
)
def test_wrong_flags_are_refused(words: str, said: str) -> None:
    with pytest.raises(CycloptsError) as refused:
        parse(*words.split())
    assert said in str(refused.value)


def test_impossible_values_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"optim\.learning-rate is -1\.0; it must be a positive number"):
        overlay(Config(), parse("--optim.learning-rate", "-1"))
