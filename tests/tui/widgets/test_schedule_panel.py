import dataclasses

import numpy as np
import pytest
from panels import SIZES, PanelApp, color_of, lines, strips
from scripted import TOTAL_STEPS, learning_rate, metrics, model_ready
from vae_tui.core.history.history import History
from vae_tui.tui.render.chart.schedule_chart import ScheduleInk
from vae_tui.tui.widgets.schedule_panel import SchedulePanel


def panel_at(step: int | None, scale: float = 1.0) -> SchedulePanel:
    """The panel after some steps, taken as scheduled, before a step that is not."""
    history = History()
    panel = SchedulePanel(history)
    ready = model_ready()
    panel.set_schedule(ready.schedule_steps, ready.schedule_rates, ready.total_steps)
    if step:
        history.add(metrics(1, step))
    if step is not None:
        panel.set_position(step, scale * float(learning_rate(np.array([step]))[0]), scale)
    return panel


def marker(screen: list[str]) -> tuple[int, int]:
    """Line and column of the mark that says where the run is."""
    ((y, x),) = [(y, line.index("●")) for y, line in enumerate(screen) if "●" in line]
    return y, x


async def test_before_the_schedule_is_known_it_says_so():
    async with PanelApp(SchedulePanel(History())).run_test(size=(40, 7)) as pilot:
        assert any("plan of the learning rate" in line for line in lines(pilot.app))


async def test_the_numbers_are_the_present_rate_and_the_peak():
    async with PanelApp(panel_at(50)).run_test(size=(40, 7)) as pilot:
        assert lines(pilot.app)[0].split() == ["0.001", "peak", "0.002"]


async def test_the_whole_schedule_is_drawn_before_the_first_step():
    async with PanelApp(panel_at(None)).run_test(size=(60, 10)) as pilot:
        screen = lines(pilot.app)
        assert all(any(line[x] not in " " for line in screen[1:-1]) for x in range(59))
        assert "●" not in "".join(screen)
        assert screen[-1].split()[0] == "0"
        assert screen[-1].split()[-1] == "4.27k"


async def test_the_warm_up_is_named():
    async with PanelApp(panel_at(1)).run_test(size=(60, 10)) as pilot:
        assert "warm-up to 1" in lines(pilot.app)[-1]


async def test_the_mark_moves_along_and_leaves_a_brighter_curve_behind():
    app = PanelApp(panel_at(400))
    async with app.run_test(size=(60, 10)) as pilot:
        panel = app.query_one(SchedulePanel)
        places = [marker(lines(app))]
        for step in (2000, 4200):
            panel.set_position(step, float(learning_rate(np.array([step]))[0]), 1.0)
            await pilot.pause()
            places.append(marker(lines(app)))
        rows, columns = zip(*places, strict=True)
        assert list(rows) == sorted(rows)
        assert rows[-1] > rows[0]
        assert columns == tuple(int(step / TOTAL_STEPS * 60) for step in (400, 2000, 4200))


async def test_what_lies_ahead_has_another_colour_than_what_is_done():
    app = PanelApp(panel_at(2000))
    async with app.run_test(size=(60, 10)):
        _, x = marker(lines(app))
        colors = {
            segment.style.color if segment.style else None
            for strip in strips(app)[1:8]
            for part in (strip.crop(0, x), strip.crop(x, x + 1), strip.crop(x + 1, 60))
            for segment in part
            if segment.text.strip()
        }
        assert len(colors) == 3
        assert color_of(app, "●") in colors


def heights(panel: SchedulePanel, *inks: ScheduleInk) -> np.ndarray:
    """How high the uppermost cell of some inks is in each column, in lines above the lowest; -1 where there is none."""
    styles = panel.draw(12, 60).styles[1:10]
    found = np.isin(styles, inks)
    return np.where(found.any(axis=0), len(styles) - 1 - found.argmax(axis=0), -1)


async def test_a_factor_is_written_and_scales_what_lies_ahead_only():
    curves, screens = [], []
    for scale in (1.0, 0.5):
        panel = panel_at(1200, scale)
        async with PanelApp(panel).run_test(size=(60, 12)) as pilot:
            curves.append(heights(panel, ScheduleInk.AHEAD, ScheduleInk.DONE))
            screens.append(lines(pilot.app))
    as_scheduled, halved = curves
    here = int(1200 / TOTAL_STEPS * 60)
    assert screens[1][0].split()[1:] == ["x0.5", "peak", "0.002"]
    assert "x" not in screens[0][0]
    assert (halved[: here - 1] == as_scheduled[: here - 1]).all()
    assert (np.abs(halved[here + 2 :] - as_scheduled[here + 2 :] / 2) <= 1).all()


async def test_dots_show_what_was_planned_where_a_factor_made_something_else_of_it():
    for scale in (1.0, 0.5):
        panel = panel_at(1200, scale)
        async with PanelApp(panel).run_test(size=(60, 12)):
            dotted, ahead = heights(panel, ScheduleInk.AXIS)[20:40], heights(panel, ScheduleInk.AHEAD)[20:40]
            assert (dotted > ahead).any() is np.bool_(scale == 0.5)


async def test_the_cursor_reads_out_a_rate_that_was_taken_or_is_scheduled():
    panel = panel_at(1200, 0.5)
    app = PanelApp(panel)
    async with app.run_test(size=(60, 12)) as pilot:
        for step, scale in ((700, 1.0), (3000, 0.5)):
            panel.set_cursor(step)
            await pilot.pause()
            rate = scale * float(learning_rate(np.array([step]))[0])
            words = lines(app)[0].split()
            assert words[:2] == ["step", f"{step:,}"]
            assert float(words[3]) == pytest.approx(rate, rel=0.01)
            assert ("x0.5" in words) is (step == 3000)
            (column,) = {line.index("│") for line in lines(app) if "│" in line}
            assert column == int(step / TOTAL_STEPS * 60)
        panel.set_cursor(None)
        await pilot.pause()
        assert "│" not in "".join(lines(app))


async def test_the_phases_are_named_under_their_parts():
    async with PanelApp(panel_at(400)).run_test(size=(60, 12)) as pilot:
        words = lines(pilot.app)[-1]
        assert words.index("warm-up") < words.index("decay")
        assert abs(words.index("decay") + 2 - 30) <= 3


async def test_a_factor_above_one_makes_room_above_the_peak():
    async with PanelApp(panel_at(1200, 2.0)).run_test(size=(60, 12)) as pilot:
        screen = lines(pilot.app)
        rate, factor, _, peak = screen[0].split()
        assert factor == "x2"
        assert float(peak) > 0.003
        assert float(peak) == pytest.approx(float(rate), rel=0.01)


async def test_what_was_taken_with_another_factor_stays_as_it_was():
    history = History()
    panel = SchedulePanel(history)
    ready = model_ready()
    panel.set_schedule(ready.schedule_steps, ready.schedule_rates, ready.total_steps)
    taken = metrics(1, 2000)
    history.add(dataclasses.replace(taken, learning_rate=taken.learning_rate * np.float32(0.1)))
    panel.set_position(2000, float(learning_rate(np.array([2000]))[0]), 1.0)
    async with PanelApp(panel).run_test(size=(60, 12)):
        taken, ahead = heights(panel, ScheduleInk.DONE), heights(panel, ScheduleInk.AHEAD)
        assert taken[:25].max() <= 1, "a tenth of the schedule is at the bottom"
        assert ahead[30:35].min() >= 3, "the rest is as scheduled"


async def test_without_unicode_it_is_ascii(monkeypatch):
    monkeypatch.setenv("TERM", "vt100")
    async with PanelApp(panel_at(400)).run_test(size=(40, 7)) as pilot:
        text = "".join(lines(pilot.app))
        assert text.isascii()
        assert {".", "o"} <= set(text)


@pytest.mark.parametrize("step", [None, 0, 1, TOTAL_STEPS, TOTAL_STEPS + 5])
async def test_it_bears_any_size(step):
    app = PanelApp(panel_at(step))
    async with app.run_test(size=(40, 7)) as pilot:
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            assert [len(line) for line in lines(app)] == [width] * height


async def test_a_schedule_of_one_step_and_a_rate_of_zero_can_be_shown():
    panel = SchedulePanel(History())
    panel.set_schedule(np.array([1], np.int32), np.zeros(1, np.float32), 1)
    panel.set_position(1, 0.0, 1.0)
    async with PanelApp(panel).run_test(size=(30, 5)) as pilot:
        assert lines(pilot.app)[0].split() == ["0", "peak", "0"]
