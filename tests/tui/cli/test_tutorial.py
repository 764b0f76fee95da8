"""The guide: every snippet runs, and prints what the guide says."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import pytest
from command import Commands, run_on_terminal
from vae_tui.core import data
from vae_tui.core.config import DataConfig
from vae_tui.core.data import Dataset, ProgressCallback, Split, load_dataset
from vae_tui.tui.cli.guide import Part, read_guide
from vae_tui.tui.cli.tutorial import run

NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")


def run_guide(capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[int, str, str]]:
    """Run every snippet. Yield the chapter of each output, what was printed, and what the guide says."""
    names: dict[str, Any] = {"__name__": "guide"}
    printed = ""
    for number, chapter in enumerate(read_guide(), 1):
        for part in chapter.parts:
            match part:
                case Part("python", snippet):
                    run(snippet, names)
                    printed = capsys.readouterr().out
                case Part("text", expected):
                    yield number, printed, expected


def words(text: str) -> list[str]:
    return NUMBER.sub("#", text).split()


def assert_alike(printed: str, expected: str) -> None:
    """The same text, with numbers that agree but for the arithmetic of another processor."""
    assert words(printed) == words(expected)
    for one, other in zip(NUMBER.findall(printed), NUMBER.findall(expected), strict=True):
        assert float(one) == pytest.approx(float(other), rel=0.05, abs=0.05)


def test_every_snippet_runs_and_prints_the_words_of_the_guide(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a fifth of the images, so the numbers are the guide's only up to the chapter that trains."""

    def load_some(config: DataConfig, report: ProgressCallback) -> Dataset:
        dataset = load_dataset(config, report)
        return dataclasses.replace(dataset, train=Split(dataset.train.images[::5], dataset.train.labels[::5]))

    monkeypatch.setattr(data, "load_dataset", load_some)
    outputs = list(run_guide(capsys))
    assert len(outputs) > 15
    for chapter, printed, expected in outputs:
        if chapter < 3:
            assert_alike(printed, expected)
        assert words(printed) == words(expected)


@pytest.mark.soak
def test_every_snippet_prints_the_numbers_of_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    for _, printed, expected in run_guide(capsys):
        assert_alike(printed, expected)


def test_the_guide_has_its_chapters() -> None:
    titles = [chapter.title for chapter in read_guide()]
    assert [title[:2] for title in titles] == ["1.", "2.", "3.", "4.", "5."]
    assert all(any(part.kind == "python" for part in chapter.parts) for chapter in read_guide())


def test_a_chapter_that_does_not_exist_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    Commands(capfd)("tutorial", 6).assert_refused("there is no chapter 6; the chapters are 1 to 5")


@pytest.mark.process
@pytest.mark.parametrize("end", ["q\n", "\x04"], ids=["q", "ctrl+d"])
def test_on_a_terminal_enter_runs_a_snippet_and_q_ends(end: str) -> None:
    shown = run_on_terminal(
        "from vae_tui.tui.cli.tutorial import tutorial; tutorial(2)",
        keys={"Enter runs this": "\n", "EmptyState(), EmptyState()": end},
    )
    assert "An optimizer is a pair of functions" in shown
    assert "TraceState" not in shown
