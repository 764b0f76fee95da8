"""Settings for the tests of the user interface."""

from __future__ import annotations

import dataclasses
import fcntl
import gc
import os
import pickle
import queue
import shutil
import time
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from pytest_textual_snapshot import SVGImageExtension
from saved_run import CONFIG, STEPS, Replayed, Start
from stage import Stage
from syrupy.location import PyTestLocation
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.widgets import Input
from vae_tui.core.protocol.commands import Stop
from vae_tui.core.protocol.events import Ended, Event
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.core.training.launch import Launch
from vae_tui.core.training.run_training import run_training
from vae_tui.tui.session.replay.replay_session import ReplaySession

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"


class ReadablePictures:
    """Where golden pictures live and what they are called: `test_x[monitor_80x24]` has snapshots/monitor_80x24.svg."""

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(SNAPSHOTS)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: object = 0) -> str:
        return test_location.testname.partition("[")[2].rstrip("]")


# The plug-in has no option for either, and syrupy still asks when the session is over: a fixture would be too short.
SVGImageExtension.dirname = ReadablePictures.dirname  # type: ignore[method-assign]
SVGImageExtension.get_snapshot_name = ReadablePictures.get_snapshot_name  # type: ignore[method-assign]


def pytest_collection_finish() -> None:
    """Collect garbage rarely, and nothing that was imported: collections take a third of the time of an app's test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


@pytest.fixture(scope="session", autouse=True)
def _style_sheets_parsed_once() -> Iterator[None]:
    """Let all apps share parsed style sheets, where the colors of their themes are the same."""
    parse = Stylesheet._parse_rules
    parsed: dict[tuple[Hashable, ...], list[RuleSet]] = {}

    def parse_once(sheet: Stylesheet, css: str, **source: Any) -> list[RuleSet]:
        key = (frozenset(sheet._variables.items()), css, *source.values())
        if key not in parsed:
            parsed[key] = parse(sheet, css, **source)
        return parsed[key]

    with patch.object(Stylesheet, "_parse_rules", parse_once):
        yield


@pytest.fixture(scope="session", autouse=True)
def _cursors_do_not_blink() -> Iterator[None]:
    """Keep cursors visible: on a busy machine a picture may be taken when a blinking one is not."""
    with patch.object(Input, "_toggle_cursor", lambda _: None):
        yield


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times are shown in UTC, and nothing of the developer's terminal shows through."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A folder for a parent and its child; what is left of them is ended."""
    stage = Stage(tmp_path)
    try:
        yield stage
    finally:
        stage.clean_up()


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """A run that has finished, and all that it has said. One process of the tests trains it, for all of them."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    path, said = folder / "runs" / "run", folder / "said"
    with (folder / "trained.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            said.write_bytes(pickle.dumps(_train(path)))
    return path, pickle.loads(said.read_bytes())


def _train(path: Path) -> list[Event]:
    """Train a run. Returns what it said."""
    events: list[Event] = []
    config = dataclasses.replace(CONFIG, run=dataclasses.replace(CONFIG.run, dir=str(path), keep_checkpoints=4))
    with RunDirectory.create(config) as run:
        run_training(run, queue.Queue(), events.append, Launch(is_resumed=False), attended=lambda: False)
    assert isinstance(events[-1], Ended)
    assert sorted(int(folder.name) for folder in (path / "checkpoints").iterdir()) == list(STEPS)
    return events


@pytest.fixture
def copied(trained: tuple[Path, list[Event]], tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(trained[0], tmp_path / "run"))


@pytest.fixture
def start() -> Iterator[Start]:
    opened: list[Replayed] = []

    def start(path: Path, **arguments: object) -> Replayed:
        opened.append(Replayed(ReplaySession(path, **arguments)))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for replayed in opened:
        replayed.session.send(Stop())
        assert replayed.session.join(60)
