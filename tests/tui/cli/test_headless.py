"""Training without the screen: what is said of the events."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import threading

import pytest
from scripted import (
    START,
    TOTAL_STEPS,
    checkpointed,
    data_ready,
    evaluated,
    metrics,
    model_ready,
    notice,
    opening,
    state,
    training,
)
from vae_tui.core.config import Config
from vae_tui.core.protocol.events import Event, Progress, RunState
from vae_tui.tui.cli.headless import reporter


def said_of(*events: Event) -> list[str]:
    """The plain lines on some events, without the time of day."""
    out = io.StringIO()
    with reporter(out, Config()) as report:
        for event in events:
            report(event)
    lines = out.getvalue().splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d  ", line) for line in lines)
    return [line[10:] for line in lines]


def drawn_of(*events: Event) -> str:
    """What appears on a terminal on some events."""
    controller, terminal = pty.openpty()
    shown: list[bytes] = []

    def read() -> None:
        # A terminal buffers a few KB: without a reader the writer would wait, and one read does not get all.
        with contextlib.suppress(OSError):  # Linux says EIO when the last writer has gone, others say nothing more
            while block := os.read(controller, 1 << 16):
                shown.append(block)

    reader = threading.Thread(target=read)
    reader.start()
    with open(terminal, "w") as out, reporter(out, Config()) as report:
        for event in events:
            report(event)
    reader.join()
    os.close(controller)
    return b"".join(shown).decode()


def test_each_step_of_the_way_is_a_line() -> None:
    lines = said_of(
        state(RunState.PREPARING),
        data_ready("no network: packaged digits"),
        state(RunState.COMPILING),
        model_ready(),
        state(RunState.TRAINING),
        evaluated(350),
        checkpointed(350),
        state(RunState.FINISHED, TOTAL_STEPS),
    )
    for said in (
        "data: mnist5k",
        "no network: packaged digits",
        "compiling",
        "step 350: validation loss",
        "saved checkpoint 350",
        "finished",
        "validation loss at step 350",
    ):
        assert sum(said in line for line in lines) == 1, lines


def test_the_figures_come_every_few_seconds_only() -> None:
    lines = [line for line in said_of(*opening(), *training(TOTAL_STEPS)) if "steps/s" in line]
    assert len(lines) == 4  # 15 seconds of training, one every 5 seconds from the first chunk on
    assert re.fullmatch(
        r"step [\d,]+ of 4,270 · loss [\d.]+ · validation loss [\d.]+ · 0:\d\d left · 280 steps/s · epoch \d+ of 122",
        lines[1],
    )


def test_short_epochs_do_not_flood_the_output() -> None:
    lines = [line for line in said_of(*opening(), *training(TOTAL_STEPS)) if ": validation loss" in line]
    assert 15 <= len(lines) <= 21  # of 122 epochs
    assert lines[-1].startswith("step 4,270: "), "the last one is always there"


def test_a_preparation_says_how_far_it_has_come() -> None:
    progress = [
        Progress(step=0, time=START + second, label="downloading", done=second * 10**6, total=9_900_000, unit="bytes")
        for second in range(8)
    ]
    assert said_of(*progress) == ["downloading: 0.0 of 9.9 MB", "downloading: 5.0 of 9.9 MB"]


def test_training_goes_on_when_nobody_reads_any_more() -> None:
    reading, writing = os.pipe()
    out = open(writing, "w", buffering=1)  # noqa: SIM115 (closing it would fail: that is the point)
    with reporter(out, Config()) as report:
        report(data_ready())
        os.close(reading)
        for event in training(500):
            report(event)
    with pytest.raises(BrokenPipeError):
        out.close()


def test_on_a_terminal_there_is_a_bar() -> None:
    shown = drawn_of(*opening("packaged digits"), *training(2135), notice("look"), metrics(2136, 2170))
    assert "packaged digits" in shown
    assert "look" in shown
    assert "training" in shown
    assert "step 2,170 of 4,270" in shown
    assert "\x1b[?25l" not in shown  # the cursor is never hidden: nothing could show it after ctrl+z


@pytest.mark.parametrize("name", ["dumb", "unknown", None])
def test_on_a_terminal_that_cannot_move_its_cursor_there_are_lines(
    monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    if name is None:
        monkeypatch.delenv("TERM")
    else:
        monkeypatch.setenv("TERM", name)
    shown = drawn_of(*opening("packaged digits"), *training(500))
    assert "\x1b" not in shown
    assert all(re.match(r"\d\d:\d\d:\d\d  ", line) for line in shown.splitlines())
    assert "packaged digits" in shown
