"""The log's view: what is in sight, and what is marked."""

from __future__ import annotations

from textual.app import App, ComposeResult
from vae_tui.tui.state.log_book import LogBook
from vae_tui.tui.state.messages import Level, LogLine
from vae_tui.tui.widgets.log_panel import LogView

TIME = 1_800_000_000.0


class LogApp(App[None]):
    """A view of a book that fills the screen."""

    def __init__(self, book: LogBook, **arguments: int) -> None:
        super().__init__()
        self.view = LogView(book, **arguments)

    def compose(self) -> ComposeResult:
        yield self.view


def book_of(number: int, level: Level = "info") -> LogBook:
    book = LogBook()
    for i in range(number):
        book.add(LogLine(TIME, f"entry {i:03} of many", level))
    return book


def shown(app: App[None]) -> list[str]:
    """The lines on the screen, without their times."""
    return [strip.text[9:].rstrip() for strip in app.screen._compositor.render_strips() if strip.text.strip()]


def add(app: LogApp, text: str) -> None:
    app.view.book.add(LogLine(TIME, text))
    app.view.paint()


async def test_it_shows_the_newest_and_follows():
    app = LogApp(book_of(30))
    async with app.run_test(size=(40, 10)) as pilot:
        assert shown(app)[-1] == "entry 029 of many"
        assert len(shown(app)) == 10
        add(app, "the last word")
        await pilot.pause()
        assert shown(app)[-2:] == ["entry 029 of many", "the last word"]
        assert app.view.is_at_end


async def test_what_is_scrolled_back_to_stays_in_sight():
    app = LogApp(book_of(30))
    async with app.run_test(size=(40, 10)) as pilot:
        app.view.focus()
        await pilot.press("up", "up", "k")
        held = shown(app)
        assert held[-1] == "entry 026 of many"
        for number in range(5):
            add(app, f"news {number}")
        await pilot.pause()
        assert shown(app) == held
        await pilot.resize_terminal(24, 10)  # each entry takes two lines now
        await pilot.pause()
        assert shown(app)[0] == "entry 017 of"
        assert not app.view.is_at_end
        await pilot.press("end")
        assert shown(app)[-1] == "news 4"
        add(app, "followed again")
        await pilot.pause()
        assert shown(app)[-1] == "followed again"


async def test_keys_go_to_both_ends_and_no_further():
    app = LogApp(book_of(30))
    async with app.run_test(size=(40, 10)) as pilot:
        app.view.focus()
        await pilot.press("home", "up", "pageup")
        assert shown(app)[0] == "entry 000 of many"
        await pilot.press("pagedown")
        assert shown(app)[0] == "entry 009 of many"
        await pilot.press("pagedown", "pagedown", "pagedown", "down")
        assert app.view.is_at_end
        assert shown(app)[-1] == "entry 029 of many"


async def test_the_oldest_fall_out_of_a_view_of_few():
    app = LogApp(book_of(5), most=3)
    async with app.run_test(size=(40, 10)) as pilot:
        assert shown(app) == [f"entry {i:03} of many" for i in (2, 3, 4)]
        add(app, "one more")
        await pilot.pause()
        assert shown(app) == ["entry 003 of many", "entry 004 of many", "one more"]


async def test_a_search_stands_on_the_newest_match_and_goes_round():
    book = book_of(30)
    app = LogApp(book)
    async with app.run_test(size=(40, 10)) as pilot:
        app.view.search("5 of")
        await pilot.pause()
        numbers = app.view.matching
        assert [number for number, line in book.entries() if "5 of" in line.text] == numbers == [5, 15, 25]
        assert app.view.found == 25
        app.view.step(-1)
        await pilot.pause()
        assert any("entry 015" in line for line in shown(app))
        assert not app.view.is_at_end
        app.view.step(-1)
        app.view.step(-1)
        assert app.view.found == 25
        app.view.step(1)
        assert app.view.found == 5
        app.view.search("no such words")
        app.view.step(1)
        assert app.view.found is None


async def test_the_match_looks_unlike_other_text_without_colours():
    app = LogApp(book_of(3))
    async with app.run_test(size=(40, 10)) as pilot:
        app.view.search("entry")
        await pilot.pause()
        styles = {
            segment.text: segment.style
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.text in ("entry", " 000 of many", " 002 of many")
        }
        first = next(iter(app.screen._compositor.render_strips()))
        match = next(segment.style for segment in first if segment.text == "entry")
        assert match is not None
        assert match.underline
        assert styles["entry"] is not None
        assert styles["entry"].reverse, "the last one is the one it stands on"


async def test_levels_are_filtered():
    book = book_of(3)
    book.add(LogLine(TIME, "slow steps", "warning"))
    book.add(LogLine(TIME, "no space", "error"))
    app = LogApp(book)
    async with app.run_test(size=(40, 10)) as pilot:
        app.view.filter("warning")
        await pilot.pause()
        assert shown(app) == ["! slow steps", "!! no space"]
        app.view.filter("error")
        await pilot.pause()
        assert shown(app) == ["!! no space"]
        app.view.filter("info")
        await pilot.pause()
        assert len(shown(app)) == 5


async def test_the_smallest_sizes_are_borne():
    app = LogApp(book_of(3))
    async with app.run_test(size=(40, 10)) as pilot:
        for size in [(1, 1), (5, 2), (12, 1), (200, 50)]:
            await pilot.resize_terminal(*size)
            app.view.search("many")
            await pilot.pause()
            assert len(app.view.numbers) == 3
