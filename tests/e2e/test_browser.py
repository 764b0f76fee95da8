"""A run in a real browser: what is drawn, what is typed, and whom it asks for anything."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, PATIENCE, Page, page_of_browser
from hosted import hosted, is_in_state, wait_for
from jaxtyping import UInt8
from PIL import Image
from served import served, viewers_of

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")]


@pytest.fixture(scope="module")
def live_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run that is being trained all the while."""
    path = tmp_path_factory.mktemp("runs") / "run"
    with hosted(path):
        wait_for(lambda: is_in_state(path, "training"))
        yield path


async def picture_of(page: Page) -> UInt8[np.ndarray, "rows columns 3"]:
    return np.asarray(Image.open(io.BytesIO(await page.screenshot())).convert("RGB"))


def is_drawn(picture: UInt8[np.ndarray, "rows columns 3"]) -> bool:
    """Whether there is something light on a dark ground, and colours."""
    levels = picture.astype(int)
    colourful = np.ptp(levels, axis=2) > 60
    return bool(np.median(levels) < 32 and np.mean(levels > 128) > 0.01 and np.mean(colourful) > 0.002)


@pytest.mark.parametrize(
    ("scale", "sizes"), [(1, [(1280, 800)]), (2, [(390, 844), (844, 390)])], ids=["desktop", "phone"]
)
async def test_a_run_is_looked_at(live_run: Path, tmp_path: Path, scale: int, sizes: list[tuple[int, int]]) -> None:
    with served(live_run) as (server, address):
        async with page_of_browser(tmp_path / "profile", scale=scale) as page, asyncio.timeout(PATIENCE):
            for width, height in sizes:
                await page.show(address, width, height)
                await page.wait_for("learning rate")
                await page.wait_for("help")  # the footer is there without a click, and keys are taken
                await page.type("?")
                await page.wait_for("palette")
                await page.type("?")
                while not is_drawn(picture := await picture_of(page)):
                    await asyncio.sleep(0.2)
                assert picture.shape == (scale * height, scale * width, 3)
            assert page.hosts == {address.split("/")[2]}, "nothing is asked of anybody else"
            assert page.errors == []
            await page.close()
            await asyncio.to_thread(wait_for, lambda: not viewers_of(server))
