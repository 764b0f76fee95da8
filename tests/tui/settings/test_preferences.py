"""The user's settings: the file, what is remembered, and which of them wins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from vae_tui.core.errors import ConfigError
from vae_tui.tui.app.screen_options import checked_settings
from vae_tui.tui.settings.memory import Memory
from vae_tui.tui.settings.preferences import Preferences, load_preferences
from vae_tui.tui.settings.settings import Settings


def loaded(folder: Path, text: str | bytes = "", **remembered: object) -> Preferences:
    """What holds with a settings file and remembered values."""
    (folder / "settings.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "remembered.json").write_text(json.dumps(remembered))
    return load_preferences(folder / "settings.toml", Memory(folder / "remembered.json"))


def test_without_files_the_defaults_hold(tmp_path: Path) -> None:
    found = load_preferences(tmp_path / "no" / "settings.toml", Memory(tmp_path / "no" / "remembered.json"))
    assert found.settings == Settings()
    assert found.source("theme") == "default"


def test_the_file_wins_over_what_is_remembered_and_that_over_the_defaults(tmp_path: Path) -> None:
    text = 'theme = "nord"\nrun.temperature = 1\n[keys]\npause = "P"'
    found = loaded(tmp_path, text, theme="dracula", picture_style="braille", ascii=True)
    assert (found.settings.theme, found.settings.picture_style, found.settings.ascii) == ("nord", "braille", False)
    assert (found.settings.run.temperature, found.settings.keys) == (1.0, {"pause": "P"})
    names = ("theme", "picture_style", "run.temperature", "keys.pause", "ascii")
    assert [found.source(name) for name in names] == ["file", "remembered", "file", "file", "default"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theme = = 1", "not valid TOML: .* line 1"),
        (b"ascii = true\ntheme = '\xff'", r"not UTF-8 \(at line 2\)"),
        ("theem = 1", "unknown field theem; the known fields are theme, "),
        ("run.temprature = 1", "unknown field run.temprature"),
        ('mouse = "no"', "mouse is 'no'; it must be true or false"),
        ('notify = "loud"', "notify is 'loud'; it must be auto, bell or off"),
        ("run.temperature = -1", "run.temperature is -1.0; it must be zero or a positive number"),
        ('run.dir = "here"', "run.dir is here; it must be left out"),
        ("run = 3", "run must be a section"),
        ("keys.pause = 3", "keys.pause is 3; it must be a text"),
        ('theme = "nrod"', 'no theme "nrod"; did you mean nord'),
        ('keys.pause = "q"', 'keys.pause is "q", which is the key of quit'),
    ],
)
def test_a_mistake_in_the_file_is_one_line_with_the_file(text: str | bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said) as refusal:
        checked_settings(loaded(tmp_path, text))
    assert f"in the settings file {tmp_path / 'settings.toml'}: " in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_remembered_values_of_another_version_are_left_out(tmp_path: Path) -> None:
    found = loaded(tmp_path, theme="gone", picture_style="cubes", log_scale=True)
    assert checked_settings(found) == Settings(log_scale=True)
    (tmp_path / "remembered.json").write_text("{")
    assert Memory(tmp_path / "remembered.json").recall() == {}


@pytest.mark.process
def test_apps_that_remember_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state" / "remembered.json"
    code = """
import sys
from pathlib import Path
from vae_tui.tui.settings.memory import Memory
problems = [Memory(Path(sys.argv[1])).remember(f"{sys.argv[2]}{n}", n) for n in range(20)]
assert not any(problems), problems
"""
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert Memory(path).recall() == {f"{name}{n}": n for name in "abc" for n in range(20)}
