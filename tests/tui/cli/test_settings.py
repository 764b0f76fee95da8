"""`vae-tui settings`, and commands that take what it shows as their defaults."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import Commands
from vae_tui.core.config import Config, load_config
from vae_tui.tui.cli.run_to_train import new_run
from vae_tui.tui.cli.screen_flags import ScreenFlags, screen_options_of
from vae_tui.tui.settings import load_preferences, settings_path
from vae_tui.tui.settings.memory import Memory, state_path

TEXT = """
theme = "nord"
low_bandwidth = true
notify = "bell"
keys.pause = "P"
[data]
dir = "sets"
[run]
temperature = 1.0
sample_steps = 7
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Commands:
    """Commands in an empty folder, with a settings file."""
    monkeypatch.chdir(tmp_path)
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text(TEXT)
    return Commands(capfd)


def test_every_setting_is_shown_with_its_source(here: Commands) -> None:
    assert Memory(state_path()).remember("log_scale", True) == ""
    answer = here("settings")
    assert answer.code == 0
    assert answer.stdout.startswith(f"settings file: {settings_path()}\n")
    rows = [line.split()[:3] for line in answer.stdout.splitlines()]
    assert ["theme", '"nord"', "file"] in rows
    assert ["log_scale", "true", "remembered"] in rows
    assert ["run.sample_steps", "7", "file"] in rows
    assert ["mouse", "true", "default"] in rows
    keys = [line.split()[:3] for line in here("settings", "--keys").stdout.splitlines()]
    assert ["keys.pause", '"P"', "file"] in keys
    assert ["keys.studio_pin", '"enter"', "default"] in keys


def test_a_mistake_stops_every_command_that_reads_the_file(here: Commands, tmp_path: Path) -> None:
    settings_path().write_text("mouse = 1")
    for words in ("settings", "train", "data"):
        here(*words.split()).assert_refused(f"in the settings file {settings_path()}: mouse is 1; it must be true or")
    assert list(tmp_path.glob("runs*")) == []


@pytest.mark.usefixtures("here")
def test_flags_win_over_the_environment_and_that_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    found = screen_options_of(ScreenFlags())
    assert (found.theme, found.low_bandwidth, found.announcements.title) == ("nord", True, False)
    monkeypatch.setenv("TEXTUAL_THEME", "dracula")
    assert screen_options_of(ScreenFlags()).theme == "dracula"
    found = screen_options_of(ScreenFlags(theme="gruvbox", low_bandwidth=False))
    assert (found.theme, found.low_bandwidth) == ("gruvbox", False)


@pytest.mark.usefixtures("here")
def test_runs_begin_with_the_settings_below_files_and_flags(tmp_path: Path) -> None:
    settings = load_preferences().settings
    file = tmp_path / "some.json"
    file.write_text('{"run": {"temperature": 0.5}, "train": {"epochs": 3}}')
    asked = {"data": {"name": "mnist5k"}, "run": {"dir": "one", "sample_steps": 9}}
    with new_run(asked, file, settings=settings)[0] as run:
        assert (run.config.run.temperature, run.config.run.sample_steps, run.config.data.dir) == (0.5, 9, "sets")
    with new_run({"run": {"dir": "two"}}, None, "one", settings)[0] as run:
        assert run.config.run.sample_steps == 9, "another run's settings are whole"
    assert load_config(file) == Config.from_json({"run": {"temperature": 0.5}, "train": {"epochs": 3}})
