"""What every picture panel does: it fills its size, follows it, and sends only what changed."""

from collections.abc import Sequence

import pytest
from panels import PanelApp, color_of, lines
from rich.style import Style
from textual.geometry import Region
from vae_tui.tui.render.cells import Cells
from vae_tui.tui.widgets.cells_panel import TILES, CellsPanel

PATTERN = "abcdefghijklmnopqrstuvwxyz"


class Letters(CellsPanel):
    """Shows the alphabet over and over, or what it is told to on its second line."""

    second_line = ""

    def draw(self, height: int, width: int) -> Cells:
        cells = Cells.blank(height, width)
        for y in range(height):
            cells.write(y, 0, (PATTERN * (width // 26 + 1))[y : y + width], 0)
        cells.write(1, 0, self.second_line, 0)
        return cells

    def make_styles(self) -> Sequence[Style]:
        return [self.rich_style]


class LettersApp(PanelApp):
    CSS = "Letters { border: round red; padding: 0 1; }"

    def __init__(self) -> None:
        self.letters = Letters()
        super().__init__(self.letters)


def watch_refreshes(panel: CellsPanel, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Region]]:
    """Fills with the regions that the panel's slices refresh, with the slice's number."""
    seen: list[tuple[int, Region]] = []
    for number, tile in enumerate(panel.children):
        refresh = tile.refresh

        def watched(*regions: Region, number: int = number, refresh=refresh, **options: bool):
            seen.extend((number, region) for region in regions or (Region(),))
            return refresh(*regions, **options)

        monkeypatch.setattr(tile, "refresh", watched)
    return seen


def inside(screen: list[str]) -> list[str]:
    """The panel's content, without border and padding."""
    return [line[2:-2] for line in screen[1:-1]]


@pytest.mark.parametrize("size", [(60, 6), (61, 6), (63, 9), (8, 5), (5, 3)])
async def test_the_slices_make_one_picture(size):
    app = LettersApp()
    async with app.run_test(size=size):
        width = size[0] - 4
        assert inside(lines(app)) == [(PATTERN * 4)[y : y + width] for y in range(size[1] - 2)]


async def test_the_picture_follows_the_size():
    app = LettersApp()
    async with app.run_test(size=(60, 6)) as pilot:
        for size in [(61, 6), (62, 7), (30, 5), (4, 4), (3, 2), (1, 1), (75, 6)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert inside(lines(app)) == [(PATTERN * 4)[y : y + 71] for y in range(4)]


async def test_only_the_part_of_a_line_that_changed_is_refreshed(monkeypatch):
    app = LettersApp()
    async with app.run_test(size=(60, 8)) as pilot:
        seen = watch_refreshes(app.panel, monkeypatch)
        app.panel.redraw()
        assert seen == []
        app.letters.second_line = "bcdeF"
        app.panel.redraw()
        assert seen == [(0, Region(4, 1, 1, 1))]
        await pilot.pause()
        assert inside(lines(app))[1].startswith("bcdeFghi")


async def test_a_new_theme_redraws_everything():
    app = LettersApp()
    async with app.run_test(size=(40, 6)) as pilot:
        seen = []
        for theme in ("textual-dark", "textual-light"):
            app.theme = theme
            await pilot.pause()
            seen.append(color_of(app, "abc"))
        assert seen[0] != seen[1]


async def test_a_panel_that_is_not_shown_is_not_drawn():
    app = LettersApp()
    async with app.run_test(size=(40, 6)) as pilot:
        app.panel.display = False
        await pilot.pause()
        app.letters.second_line = "hidden"
        app.panel.redraw()
        app.panel.display = True
        await pilot.pause()
        assert inside(lines(app))[1].startswith("hidden")
        assert len(app.panel.children) == TILES
