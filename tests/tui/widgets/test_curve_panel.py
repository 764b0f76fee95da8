import numpy as np
import pytest
from panels import SIZES, PanelApp, color_of, lines, trained
from scripted import metrics
from vae_tui.core.history.history import History
from vae_tui.core.protocol.events import Evaluated, Metric, Metrics
from vae_tui.tui.widgets.curve_panel import CURVE_CHOICES, CurvePanel


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
        assert any("The loss curves appear here" in line for line in lines(pilot.app))


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
            app.query_one(CurvePanel).cursor = index if index % 2 else None
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
        for metric in CURVE_CHOICES:
            for log_scale in (True, False):
                panel.metric, panel.log_scale = metric, log_scale
                await pilot.pause()
                assert "loss" in lines(app)[0] if metric == "all" else "train" in lines(app)[0]
        panel.cursor_to_end(-1)
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


async def test_all_metrics_are_shown_where_they_have_room():
    app = PanelApp(CurvePanel(trained()))
    async with app.run_test(size=(100, 24)) as pilot:
        panel = app.query_one(CurvePanel)
        panel.metric = "all"
        await pilot.pause()
        text = "\n".join(lines(app))
        assert all(name in text for name in ("loss", "reconstruction", "KL", "gradient norm"))
        assert panel.border_title == "all metrics"
        panel.cursor = 300
        await pilot.pause()
        assert sum(line.count("│") for line in lines(app)[2:]) > 30
        assert "step 300" in lines(app)[0]
        await pilot.resize_terminal(40, 6)
        panel.cursor = None
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
