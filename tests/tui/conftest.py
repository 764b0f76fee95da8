"""Settings for the tests of the user interface."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_textual_snapshot import SVGImageExtension
from stage import Stage
from syrupy.location import PyTestLocation

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
    """A folder for a parent, a screen and a host; what is left of them is ended."""
    stage = Stage(tmp_path)
    try:
        yield stage
    finally:
        stage.clean_up()
