import numpy as np
import pytest
from panels import SIZES, PanelApp, color_of, lines
from scripted import evaluated, metrics
from textual.events import MouseScrollDown, MouseScrollUp
from vae_tui.core.events import Evaluated, KnobsChanged, Metrics, Rewound, RunState, StateChanged
from vae_tui.core.history import History, Metric
from vae_tui.tui.render.picture import CURVES
from vae_tui.tui.widgets.curves import METRICS, CurvePanel


def trained(steps: int = 500) -> History:
    history = History()
    for first in range(1, steps + 1, 35):
        history.add(metrics(first, first + 34))
        history.add(evaluated(first + 34))
    return history


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[CurvePanel]:
    """Grows with each drawing of a panel."""
    seen: list[CurvePanel] = []
    draw = CurvePanel.draw

    def counted(self: CurvePanel, height: int, width: int):
        seen.append(self)
        return draw(self, height, width)

    monkeypatch.setattr(CurvePanel, "draw", counted)
    return seen


async def test_before_the_first_step_it_says_so():
    async with PanelApp(CurvePanel(History())).run_test(size=(60, 12)) as pilot:
        assert any("waiting for the first step" in line for line in lines(pilot.app))


async def test_the_legend_has_the_present_values():
    history = trained()
    async with PanelApp(CurvePanel(history)).run_test(size=(90, 16)) as pilot:
        legend = lines(pilot.app)[0]
        values = history.evaluations()
        best = min(event.loss for event in values)
        assert f"train {history.last('loss'):.2f}" in legend
        assert f"smoothed {history.last_smoothed('loss'):.2f}" in legend
        assert f"valid {values[-1].loss:.2f}" in legend
        assert f"best {best:.2f}" in legend


async def test_it_shows_new_steps_when_it_is_repainted():
    history = trained(70)
    app = PanelApp(CurvePanel(history))
    async with app.run_test(size=(90, 16)) as pilot:
        before = lines(app)
        for first in range(71, 700, 35):
            history.add(metrics(first, first + 34))
        await pilot.pause()
        assert lines(app) == before
        app.query_one(CurvePanel).repaint()
        await pilot.pause()
        assert lines(app) != before
        assert f"train {history.last('loss'):.2f}" in lines(app)[0]


async def test_it_draws_only_when_there_is_something_new(drawings):
    history = trained(70)
    app = PanelApp(CurvePanel(history))
    async with app.run_test(size=(90, 16)):
        panel = app.query_one(CurvePanel)
        panel.repaint()
        drawings.clear()
        panel.repaint()
        assert not drawings
        history.add(metrics(71, 80))
        panel.repaint()
        assert len(drawings) == 1


async def test_each_metric_has_its_curve_and_its_unit():
    history = trained()
    app = PanelApp(CurvePanel(history))
    async with app.run_test(size=(90, 16)) as pilot:
        panel = app.query_one(CurvePanel)
        seen = set()
        cases: list[tuple[Metric, str, bool]] = [
            ("loss", "loss, nats per image", True),
            ("reconstruction", "reconstruction, nats per image", True),
            ("kl", "KL divergence, nats per image", True),
            ("grad_norm", "gradient norm", False),
        ]
        for metric, title, has_validation in cases:
            panel.metric = metric
            await pilot.pause()
            assert panel.border_title == title
            assert f"train {history.last(metric):.2f}" in lines(app)[0]
            assert ("valid" in lines(app)[0]) is has_validation
            seen.add("".join(lines(app)[1:]))
        assert len(seen) == 4


async def test_the_logarithmic_scale_is_another_picture_and_says_so():
    app = PanelApp(CurvePanel(trained()))
    async with app.run_test(size=(90, 16)) as pilot:
        panel = app.query_one(CurvePanel)
        linear = lines(app)
        panel.log_scale = True
        await pilot.pause()
        assert lines(app)[1:] != linear[1:]
        assert "log" in str(panel.border_title)
        panel.log_scale = False
        await pilot.pause()
        assert lines(app) == linear


async def test_spread_curve_and_marks_have_colours_of_their_own():
    app = PanelApp(CurvePanel(trained()))
    async with app.run_test(size=(90, 16)):
        assert len({color_of(app, glyph) for glyph in "⣿━●◆"}) == 4


async def test_without_unicode_it_is_ascii(monkeypatch):
    monkeypatch.setenv("TERM", "vt100")
    app = PanelApp(CurvePanel(trained()))
    async with app.run_test(size=(90, 16)):
        assert "".join(lines(app)).isascii()


@pytest.mark.parametrize("steps", [1, 40, 4000])
@pytest.mark.parametrize("metric", ["loss", "all"])
async def test_it_bears_any_size(steps, metric):
    history = trained(steps)
    app = PanelApp(CurvePanel(history))
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(CurvePanel).metric = metric
        for index, (width, height) in enumerate(SIZES):
            app.query_one(CurvePanel).set_cursor(index if index % 2 else None)
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            assert [len(line) for line in lines(app)] == [width] * height


async def test_it_bears_values_that_are_no_numbers():
    wild = np.array([np.nan, np.inf, -np.inf, 1e38, -5, 0, 3], np.float32)
    history = History()
    history.add(
        Metrics(
            step=7, first_step=1, seconds=1, loss=wild, reconstruction=wild, kl=wild, grad_norm=wild, learning_rate=wild
        )
    )
    history.add(Evaluated(step=7, split="validation", loss=np.nan, reconstruction=np.inf, kl=0.0))
    app = PanelApp(CurvePanel(history))
    async with app.run_test(size=(120, 24)) as pilot:
        panel = app.query_one(CurvePanel)
        for metric in METRICS:
            for log_scale in (True, False):
                panel.metric, panel.log_scale = metric, log_scale
                await pilot.pause()
                assert "loss" in lines(app)[0] if metric == "all" else "train" in lines(app)[0]
        panel.cursor_home()
        await pilot.pause()
        assert "nan" in lines(app)[0]


async def test_a_run_whose_past_is_missing_begins_at_its_first_known_step():
    history = History()
    for first in range(5001, 5500, 50):
        history.add(metrics(first, first + 49))
    app = PanelApp(CurvePanel(history))
    async with app.run_test(size=(90, 16)):
        assert lines(app)[-1].split()[0] == "5k"
        assert lines(app)[-1].split()[-2:] == ["5.5k", "steps"]


class WatchedApp(PanelApp):
    """Keeps the steps that the cursor was at."""

    def __init__(self, panel: CurvePanel) -> None:
        super().__init__(panel)
        self.steps: list[int | None] = []

    def on_curve_panel_cursor_moved(self, message: CurvePanel.CursorMoved) -> None:
        self.steps.append(message.step)


async def test_the_cursor_reads_out_everything_at_its_step():
    history = trained()
    app = PanelApp(CurvePanel(history))
    async with app.run_test(size=(160, 16)) as pilot:
        app.query_one(CurvePanel).set_cursor(123)
        await pilot.pause()
        words = lines(app)[0]
        values = {metric: float(history.envelope(metric, 123, 123, 1)[0][0]) for metric in CURVES}
        valid = next(event for event in history.evaluations() if event.step == 105)
        assert "step 123" in words
        assert f"loss {values['loss']:.2f}" in words
        assert f"reconstruction {values['reconstruction']:.2f}" in words
        assert f"KL {values['kl']:.2f}" in words
        assert f"gradient norm {values['grad_norm']:.2f}" in words
        assert "rate 0.002" in words
        assert f"valid {valid.loss:.2f} rec {valid.reconstruction:.2f} KL {valid.kl:.2f} at 105" in words


@pytest.mark.parametrize("width", [49, 74])
async def test_the_read_out_of_a_small_panel_leaves_nothing_important_out(width):
    history = trained()
    history.add(KnobsChanged(step=310, learning_rate_scale=0.5, beta_scale=1.0))
    app = PanelApp(CurvePanel(history))
    async with app.run_test(size=(width, 10)) as pilot:
        app.query_one(CurvePanel).set_cursor(310)
        await pilot.pause()
        words = " ".join(lines(app)[:2])
        for name in ("step 310", "loss", "rec", "KL", "grad", "rate", "valid", "↕"):
            assert name in words
        assert f"{history.envelope('grad_norm', 310, 310, 1)[0][0]:.2f}" in words


async def test_an_old_step_is_read_out_as_what_it_is_between():
    history = History(capacity=16)
    for first in range(1, 3000, 35):
        history.add(metrics(first, first + 34))
    app = PanelApp(CurvePanel(history))
    async with app.run_test(size=(160, 16)) as pilot:
        app.query_one(CurvePanel).set_cursor(20)
        await pilot.pause()
        low, high = (float(value[0]) for value in history.envelope("loss", 20, 20, 1))
        assert low < high
        assert f"loss {low:.3g}..{high:.3g}" in lines(app)[0]


async def test_the_cursor_moves_by_columns_and_tells_where_it_is():
    app = WatchedApp(CurvePanel(trained(980)))
    async with app.run_test(size=(84, 16)) as pilot:
        panel = app.query_one(CurvePanel)
        panel.move_cursor(-1)
        panel.move_cursor(-10)
        panel.cursor_home()
        panel.move_cursor(-1)
        panel.move_cursor(1)
        panel.cursor_end()
        panel.move_cursor(5)
        panel.set_cursor(10**9)
        panel.set_cursor(500)
        panel.set_cursor(None)
        await pilot.pause()
        assert app.steps.pop() is None
        first, second, home, away, end, middle = (step or 0 for step in app.steps)
        column = 1000 / 80
        assert home == 1
        assert end == 980
        assert middle == 500
        assert 980 - 2 * column < first < 980
        assert abs(first - second - 10 * column) <= column
        assert 1 < away < 3 * column


async def test_the_cursor_has_a_line_at_its_step_and_none_without_it():
    app = PanelApp(CurvePanel(trained(980)))
    async with app.run_test(size=(120, 16)) as pilot:
        panel = app.query_one(CurvePanel)
        before = lines(app)
        panel.set_cursor(500)
        await pilot.pause()
        (column,) = {line.rindex("│") for line in lines(app)[2:-2] if line.count("│") > 1}
        assert abs(column - (4 + 116 / 2)) <= 1
        panel.back_to_live()
        await pilot.pause()
        assert lines(app) == before


async def test_the_view_scrolls_when_the_cursor_leaves_it_and_back_to_live_leads_back():
    app = PanelApp(CurvePanel(trained(2000)))
    async with app.run_test(size=(120, 16)) as pilot:
        panel = app.query_one(CurvePanel)
        panel.zoom(4)
        zoomed = panel.viewport
        assert zoomed.range(1, 2000)[0] > 1000
        panel.cursor_home()
        await pilot.pause()
        start, end = panel.viewport.range(1, 2000)
        assert start == 1
        assert end - start == zoomed.range(1, 2000)[1] - zoomed.range(1, 2000)[0]
        assert f"steps 1-{end:,} of 2,030" in lines(app)[-1]
        panel.back_to_live()
        assert panel.cursor is None
        assert not panel.viewport.is_full
        panel.back_to_live()
        assert panel.viewport.is_full


async def test_zoom_is_around_the_cursor_and_pan_goes_by_columns():
    app = PanelApp(CurvePanel(trained(2000)))
    async with app.run_test(size=(84, 16)) as pilot:
        panel = app.query_one(CurvePanel)
        panel.set_cursor(700)
        panel.zoom(8)
        start, end = panel.viewport.range(1, 2000)
        assert start <= 700 <= end
        assert (end - start + 1) == pytest.approx(3000 / 8, abs=1)
        panel.pan(-8)
        moved = panel.viewport.range(1, 2000)[0]
        assert start - moved == pytest.approx(8 * (3000 / 8) / 80, abs=2)
        panel.next_span()
        assert panel.viewport.is_full
        panel.next_span()
        await pilot.pause()
        assert panel.viewport.recent
        assert "of 2,030" in lines(app)[-1]


async def test_the_wheel_zooms_at_the_pointer_and_pans_with_shift_and_a_click_sets_the_cursor():
    app = PanelApp(CurvePanel(trained(2000)))
    async with app.run_test(size=(84, 16)) as pilot:
        panel = app.query_one(CurvePanel)
        await pilot.click(offset=(4 + 40, 8))
        assert panel.cursor == pytest.approx(1520, abs=40)
        await pilot._post_mouse_events([MouseScrollUp], CurvePanel, offset=(4 + 20, 8), button=0)
        start, end = panel.viewport.range(1, 2030)
        assert end - start + 1 == 2400
        assert (760 - start) / 2400 == pytest.approx(0.25, abs=0.02)
        await pilot._post_mouse_events([MouseScrollDown], CurvePanel, offset=(4 + 20, 8), button=0, shift=True)
        assert panel.viewport.range(1, 2030) == (start + 120, end + 120)
        await pilot._post_mouse_events([MouseScrollDown], CurvePanel, offset=(0, 0), button=0)
        assert panel.viewport.range(1, 2030) == (start + 120, end + 120), "outside of the plot"


async def test_a_rewind_takes_the_cursor_along():
    history = trained(980)
    app = WatchedApp(CurvePanel(history))
    async with app.run_test(size=(84, 16)) as pilot:
        panel = app.query_one(CurvePanel)
        panel.set_cursor(900)
        history.add(Rewound(step=400, from_step=980))
        panel.repaint()
        await pilot.pause()
        assert panel.cursor == 400
        assert app.steps[-1] == 400


async def test_what_happened_is_marked_at_the_axis_and_told_at_the_cursor():
    history = trained(980)
    history.add(KnobsChanged(step=500, learning_rate_scale=0.5, beta_scale=1.0))
    history.add(StateChanged(step=700, state=RunState.PAUSED))
    app = PanelApp(CurvePanel(history))
    async with app.run_test(size=(160, 16)) as pilot:
        rule = lines(app)[-2]
        assert rule.index("↕") == pytest.approx(4 + 156 / 2, abs=1)
        assert rule.index("‖") == pytest.approx(4 + 156 * 0.7, abs=1)
        app.query_one(CurvePanel).set_cursor(500)
        await pilot.pause()
        assert "learning rate x0.5" in lines(app)[0]
        assert "paused" not in lines(app)[0]


async def test_all_metrics_are_shown_where_they_have_room():
    app = PanelApp(CurvePanel(trained()))
    async with app.run_test(size=(100, 24)) as pilot:
        panel = app.query_one(CurvePanel)
        panel.metric = "all"
        await pilot.pause()
        text = "\n".join(lines(app))
        assert all(name in text for name in ("loss", "reconstruction", "KL", "gradient norm"))
        assert panel.border_title == "all metrics"
        panel.set_cursor(300)
        await pilot.pause()
        assert sum(line.count("│") for line in lines(app)[2:]) > 30
        assert "step 300" in lines(app)[0]
        await pilot.resize_terminal(40, 6)
        panel.set_cursor(None)
        await pilot.pause()
        assert str(panel.border_title).startswith("loss")
        assert "room" in str(panel.border_title)
        assert "train" in lines(app)[0]


async def test_the_symbols_can_be_chosen():
    app = PanelApp(CurvePanel(trained()))
    async with app.run_test(size=(90, 16)) as pilot:
        panel = app.query_one(CurvePanel)
        braille = "".join(lines(app))
        panel.symbols = "block"
        await pilot.pause()
        blocks = "".join(lines(app)[1:])
        panel.symbols = "ascii"
        await pilot.pause()
        assert any(0x2800 < ord(c) < 0x2900 for c in braille)
        assert any(c in "▀▄▌▐█▖▗▘▝" for c in blocks)
        assert not any(0x2800 < ord(c) < 0x2900 for c in blocks)
        assert "".join(lines(app)).isascii()


async def test_without_colours_the_curves_differ_by_what_they_are_drawn_with(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = PanelApp(CurvePanel(trained()))
    async with app.run_test(size=(90, 16)):
        screen = lines(app)
        assert "░ train" in screen[0]
        assert "━ smoothed" in screen[0]
        plot = "".join(screen[1:-2])
        assert {"░", "·", "●"} <= set(plot)
        assert any(0x2800 < ord(c) < 0x2900 for c in plot)


async def test_before_the_first_step_every_key_is_harmless():
    app = WatchedApp(CurvePanel(History()))
    async with app.run_test(size=(60, 12)) as pilot:
        panel = app.query_one(CurvePanel)
        panel.move_cursor(-5)
        panel.cursor_home()
        panel.cursor_end()
        panel.set_cursor(7)
        panel.zoom(2)
        panel.pan(3)
        panel.next_span()
        panel.back_to_live()
        await pilot.pause()
        assert panel.cursor is None
        assert not app.steps
        assert any("waiting for the first step" in line for line in lines(app))
