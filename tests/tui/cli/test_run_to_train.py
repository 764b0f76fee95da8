"""The settings of a run that is resumed, or that is like another one."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from vae_tui.core.config import Config, with_preset
from vae_tui.core.errors import UsageError
from vae_tui.core.run import RunDirectory
from vae_tui.tui.cli.run_to_train import new_run, resumed_run, run_to_continue
from vae_tui.tui.settings import Settings


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"patience": 3}, {"steps": 90, "epochs": None, "patience": 3}),
        ({"steps": 200}, {"steps": 200, "epochs": None, "patience": None}),
        ({"epochs": 7}, {"steps": None, "epochs": 7, "patience": None}),
    ],
)
def test_only_a_new_number_of_epochs_replaces_the_number_of_steps(
    changes: dict[str, Any], expected: dict[str, Any], tmp_path: Path
) -> None:
    config = Config()
    config = dataclasses.replace(config, train=dataclasses.replace(config.train, steps=90))
    with RunDirectory.create(config, tmp_path) as run:
        (run.checkpoints_path / "30").mkdir(parents=True)
    with resumed_run(str(run.path), {"train": changes}, None) as resumed:
        assert {name: getattr(resumed.config.train, name) for name in expected} == expected


def test_a_run_is_like_another_but_for_its_directory_and_the_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, _ = new_run({"data": {"name": "mnist5k"}, "model": {"latents": 7}, "run": {"dir": "first"}}, None)
    first.close()
    changes = {"optim": {"learning_rate": 0.001}}
    second, _ = new_run(changes, None, "first")
    with second:
        assert second.path != first.path
        expected = dataclasses.replace(
            first.config,
            optim=dataclasses.replace(first.config.optim, learning_rate=0.001),
            run=dataclasses.replace(first.config.run, dir=second.config.run.dir),
        )
        assert second.config == expected
    with pytest.raises(UsageError, match="choose one of them"):
        new_run({}, Path("config.json"), "first")


def test_epochs_of_the_command_line_replace_the_steps_of_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    new_run({"data": {"name": "mnist5k"}, "train": {"steps": 50}, "run": {"dir": "first"}}, None)[0].close()
    with new_run({"train": {"epochs": 3}}, None, "first")[0] as run:
        assert (run.config.train.epochs, run.config.train.steps) == (3, None)


def test_a_preset_goes_over_another_run_and_under_the_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base = {"data": {"name": "mnist5k"}, "model": {"latents": 7}, "optim": {"learning_rate": 0.5}}
    new_run(base | {"run": {"dir": "first"}}, None)[0].close()
    with new_run(with_preset("tutorial", {"train": {"batch_size": 64}}), None, "first")[0] as run:
        config = run.config
    assert (config.model.latents, config.optim.learning_rate, config.train.batch_size) == (7, 0.003, 64)


def test_the_same_command_with_a_preset_starts_a_run_and_continues_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    where = {"data": {"name": "mnist5k"}, "run": {"dir": "here"}}
    run, _, is_resumed = run_to_continue(with_preset("conv", where), None, Settings())
    with run:
        assert not is_resumed
        (run.checkpoints_path / "30").mkdir(parents=True)
    run, _, is_resumed = run_to_continue(with_preset("conv", where), None, Settings())
    with run:
        assert is_resumed
        assert run.config.model.arch == "conv"
    with pytest.raises(UsageError, match=r"--model\.hidden is"):
        run_to_continue(with_preset("fast", where), None, Settings())
