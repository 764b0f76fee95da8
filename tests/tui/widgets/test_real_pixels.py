"""Real pixels are shown only where they can be; where not, it is said why."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest
from textual.app import App, ComposeResult
from vae_tui.tui.widgets.real_pixels import PixelSheet, why_no_pixels

needs_package = pytest.mark.skipif(importlib.util.find_spec("textual_image") is None, reason="needs textual-image")

KITTY = {"TERM": "xterm-kitty"}


class SheetApp(App[None]):
    def compose(self) -> ComposeResult:
        yield PixelSheet()


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "vae-tui[pixels]" in why_no_pixels(KITTY)


@needs_package
@pytest.mark.parametrize(
    "inside", [{"TMUX": "/tmp/s,1,0"}, {"STY": "1.pts"}, {"TERM": "tmux-256color"}, {"TERM": "screen"}]
)
def test_tmux_and_screen_are_not_asked(inside: dict[str, str]):
    assert "tmux" in why_no_pixels({**KITTY, **inside})


@needs_package
def test_a_terminal_that_says_nothing_of_pixels_has_none():
    assert "neither" in why_no_pixels(KITTY)  # the tests have no terminal


ASK = """
import sys
from vae_tui.tui.widgets.real_pixels import why_no_pixels
print(repr(why_no_pixels({"TERM": "xterm"})))
"""


@needs_package
@pytest.mark.parametrize(
    ("answers", "reason"),
    [({b"\x1b[c": b"\x1b[?62;4c"}, ""), ({b"\x1b[c": b"\x1b[?62c"}, "neither")],
)
def test_a_terminal_is_asked(answers: dict[bytes, bytes], reason: str):
    """A terminal of our own, which answers whether it has Sixel: 4 among its attributes (DEC STD 070)."""
    import pty

    master, slave = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", ASK], stdin=slave, stdout=slave, stderr=slave, env=os.environ)
    os.close(slave)
    said = b""
    while process.poll() is None or not said.rstrip().endswith((b"'", b'"')):
        try:
            said += os.read(master, 4096)
        except OSError:
            break  # closed with the process
        for question, answer in answers.items():
            if question in said:
                os.write(master, answer)
                said = said.replace(question, b"")
    os.close(master)
    assert process.wait() == 0, said
    assert (reason in said.decode()) if reason else said.decode().rstrip().endswith("''")


@needs_package
async def test_a_sheet_keeps_its_proportions_and_inverts_on_a_light_theme():
    app = SheetApp()
    async with app.run_test(size=(60, 20)) as pilot:
        sheet = app.query_one(PixelSheet)
        app.theme = "textual-light"
        sheet.show(np.zeros((28, 28), np.uint8))
        await pilot.pause()
        picture = sheet.children[0]
        assert picture.region.height == 20
        assert abs(picture.region.width - 40) <= 1, "cells are twice as high as wide"
        assert np.asarray(picture.image).min() == 255  # type: ignore[attr-defined]


@needs_package
async def test_colors_are_the_same_on_a_light_theme():
    app = SheetApp()
    async with app.run_test(size=(60, 20)) as pilot:
        sheet = app.query_one(PixelSheet)
        app.theme = "textual-light"
        sheet.show(np.full((16, 32, 3), (200, 10, 30), np.uint8))
        await pilot.pause()
        picture = sheet.children[0]
        assert (np.asarray(picture.image) == (200, 10, 30)).all()  # type: ignore[attr-defined]
