"""The guide: every snippet runs, and prints what the guide says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from command import Commands, run_on_terminal
from vae_tui.tui.cli.guide import Part, read_guide
from vae_tui.tui.cli.tutorial import run

NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")


def assert_alike(printed: str, expected: str) -> None:
    """The same text, with numbers that agree but for the arithmetic of another processor."""
    assert NUMBER.sub("#", printed).split() == NUMBER.sub("#", expected).split()
    for one, other in zip(NUMBER.findall(printed), NUMBER.findall(expected), strict=True):
        assert float(one) == pytest.approx(float(other), rel=0.05, abs=0.05)


def test_every_snippet_runs_and_prints_what_the_guide_says(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "guide"}
    printed = ""
    outputs = 0
    for part in (part for chapter in read_guide() for part in chapter.parts):
        match part:
            case Part("python", snippet):
                run(snippet, names)
                printed = capsys.readouterr().out
            case Part("text", expected):
                assert_alike(printed, expected)
                outputs += 1
    assert outputs > 15


def test_the_guide_has_its_chapters() -> None:
    titles = [chapter.title for chapter in read_guide()]
    assert [title[:2] for title in titles] == ["1.", "2.", "3.", "4.", "5."]
    assert all(any(part.kind == "python" for part in chapter.parts) for chapter in read_guide())


def test_a_chapter_that_does_not_exist_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    Commands(capfd)("tutorial", 6).assert_refused("there is no chapter 6; the chapters are 1 to 5")


@pytest.mark.process
def test_on_a_terminal_enter_runs_a_snippet_and_q_ends() -> None:
    shown = run_on_terminal(
        "from vae_tui.tui.cli.tutorial import tutorial; tutorial(2)",
        keys={"Enter runs this": "\n", "EmptyState(), EmptyState()": "q\n"},
    )
    assert "An optimizer is a pair of functions" in shown
    assert "TraceState" not in shown
