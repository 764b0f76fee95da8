"""A storm of keys and sizes leaves the screen right and the training as it would have been without."""

import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import TRAIN, VAE_TUI
from runlog import metrics, records
from textual.keys import key_to_character
from tmux import Terminal
from vae_tui.tui.control.actions import ACTIONS

pytestmark = pytest.mark.soak

ARGUMENTS = (*TRAIN, "--train.steps", "300000")
RESIZES = 120
KEYS = 1200

LEAVING = {"quit", "interrupt", "detach", "suspend_process"}
STEERING = {"pause", "rewind", "learning_rate_down", "learning_rate_up", "beta_down", "beta_up"}
"""Actions that change the course of the training, as they should."""

NAMES = {"space": "Space", "escape": "Escape", "enter": "Enter", "tab": "Tab", "shift+tab": "BTab", "home": "Home",
         "end": "End", "pageup": "PPage", "pagedown": "NPage", "up": "Up", "down": "Down", "left": "Left",
         "right": "Right", "shift+left": "S-Left", "shift+right": "S-Right", "backspace": "BSpace"}  # fmt: skip
"""tmux's names of the keys that are no characters."""


def keys_of_the_storm() -> list[str]:
    """By tmux's names: all keys of the app but those that end it or steer the training, and those of every screen."""
    keys = {key for action in ACTIONS if action.id not in LEAVING | STEERING for key in action.key.split(",")}
    named = {NAMES.get(key) or key_to_character(key) for key in keys} - {None, ";"}
    return sorted(str(name) for name in named | set(NAMES.values()) - {"Space"})


def is_seen(terminal: Terminal, words: str, run: Path) -> bool:
    """Whether words are on the screen, which has not failed."""
    said = (run / "train.log").read_text()
    assert "Traceback" not in said, said
    return words in terminal.screen()


def press_until(terminal: Terminal, *keys: str, condition: Callable[[], bool], seconds: float) -> None:
    """Press keys, and again after a time: an app that is a thousand keys behind drops what comes on top."""
    pressed_at = 0.0

    def is_so() -> bool:
        nonlocal pressed_at
        if time.monotonic() > pressed_at + seconds:
            for key in keys:
                terminal.press(key)
                time.sleep(0.3)  # apart, for what follows an escape at once belongs to it
            pressed_at = time.monotonic()
        return condition()

    terminal.wait_for(is_so)


def screen_of(terminal: Terminal) -> str:
    """What is on the screen; digits do not count, for a meter of the app itself goes on while nothing else does."""
    return re.sub(r"\d", "0", terminal.screen())


def test_a_storm_of_keys_and_sizes_disturbs_nothing(
    terminal: Terminal, tmp_path: Path, start_calm: Callable[..., Path]
) -> None:
    calm_run = start_calm(*ARGUMENTS)
    run, rng, keys = tmp_path / "run", random.Random(4), keys_of_the_storm()
    terminal.type(f"{VAE_TUI} {' '.join(ARGUMENTS)} --run.dir run; echo code $?")
    terminal.wait_for(lambda: metrics(run))

    before = max(metrics(run))
    for _ in range(RESIZES):
        terminal.resize(rng.randint(20, 250), rng.randint(5, 80))
        terminal.press(*rng.choices(keys, k=KEYS // RESIZES))
        time.sleep(0.1)
    assert max(metrics(run)) > before, "it trained all the while"

    # The panels are back, alive, and hold what drawing all of them anew would show.
    terminal.resize(120, 40)
    words = ("● training", "status", "learning rate", "images", "log", "pause")
    press_until(terminal, "Escape", condition=lambda: all(is_seen(terminal, each, run) for each in words), seconds=0.2)
    # The panels may have been seen between two screens that keys of the storm open; so leave again.
    leave_and_pause = ("Escape", "Escape", "Space")
    press_until(terminal, *leave_and_pause, condition=lambda: is_seen(terminal, "● paused", run), seconds=20)

    def is_as_drawn_anew() -> bool:
        shown = screen_of(terminal)
        terminal.resize(100, 30)
        time.sleep(1)
        terminal.resize(120, 40)
        time.sleep(1)
        return screen_of(terminal) == shown

    terminal.wait_for(is_as_drawn_anew)
    terminal.press("q", "y")
    terminal.wait_for("code 0")

    # The run has taken the very steps that it takes without a screen.
    stormy = metrics(run)
    terminal.wait_for(lambda: max(metrics(calm_run), default=0) >= max(stormy), seconds=300)
    calm = metrics(calm_run)
    assert {step: calm[step] for step in stormy} == stormy
    last = max(stormy)
    evaluations = [
        [(record["step"], record["loss"]) for record in records(path, "evaluated")] for path in (run, calm_run)
    ]
    assert evaluations[0] == [found for found in evaluations[1] if found[0] <= last]
