import pytest
from panels import PanelApp, lines, trained
from scripted import metrics
from textual.events import MouseScrollDown, MouseScrollUp
from vae_tui.core.history.history import History
from vae_tui.core.protocol.events import KnobsChanged, Rewound, RunState, StateChanged
from vae_tui.tui.render.chart.curve_picture import CURVES
from vae_tui.tui.widgets.curve_panel import CurvePanel


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
        app.query_one(CurvePanel).cursor = 123
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
        app.query_one(CurvePanel).cursor = 310
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
        app.query_one(CurvePanel).cursor = 20
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
        panel.cursor_to_end(-1)
        panel.move_cursor(-1)
        panel.move_cursor(1)
        panel.cursor_to_end(1)
        panel.move_cursor(5)
        panel.cursor = 10**9
        panel.cursor = 500
        panel.cursor = None
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
        panel.cursor = 500
        await pilot.pause()
        (column,) = {line.rindex("│") for line in lines(app)[2:-2] if line.count("│") > 1}
        assert abs(column - (4 + 116 / 2)) <= 1
        panel.back_to_newest()
        await pilot.pause()
        assert lines(app) == before


async def test_the_view_scrolls_when_the_cursor_leaves_it_and_back_to_live_leads_back():
    app = PanelApp(CurvePanel(trained(2000)))
    async with app.run_test(size=(120, 16)) as pilot:
        panel = app.query_one(CurvePanel)
        panel.zoom(4)
        zoomed = panel.viewport
        assert zoomed.range(1, 2000)[0] > 1000
        panel.cursor_to_end(-1)
        await pilot.pause()
        start, end = panel.viewport.range(1, 2000)
        assert start == 1
        assert end - start == zoomed.range(1, 2000)[1] - zoomed.range(1, 2000)[0]
        assert panel.border_title == f"loss, steps 1-{end:,}"
        panel.back_to_newest()
        assert panel.cursor is None
        assert not panel.viewport.is_full
        panel.back_to_newest()
        assert panel.viewport.is_full


async def test_zoom_is_around_the_cursor_and_pan_goes_by_columns():
    app = PanelApp(CurvePanel(trained(2000)))
    async with app.run_test(size=(84, 16)) as pilot:
        panel = app.query_one(CurvePanel)
        panel.cursor = 700
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
        first, last = panel.viewport.range(1, 2030)
        assert panel.border_title == f"loss, steps {first:,}-{last:,}"


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
        panel.cursor = 900
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
        app.query_one(CurvePanel).cursor = 500
        await pilot.pause()
        assert "learning rate x0.5" in lines(app)[0]
        assert "paused" not in lines(app)[0]


async def test_before_the_first_step_every_key_is_harmless():
    app = WatchedApp(CurvePanel(History()))
    async with app.run_test(size=(60, 12)) as pilot:
        panel = app.query_one(CurvePanel)
        panel.move_cursor(-5)
        panel.cursor_to_end(-1)
        panel.cursor_to_end(1)
        panel.cursor = 7
        panel.zoom(2)
        panel.pan(3)
        panel.next_span()
        panel.back_to_newest()
        await pilot.pause()
        assert panel.cursor is None
        assert not app.steps
        assert any("The loss curves appear here" in line for line in lines(app))
