import numpy as np
import pytest
from panels import SIZES, PanelApp, color_of, lines, strips
from scripted import TOTAL_STEPS, learning_rate, model_ready
from vae_tui.tui.widgets.schedule import SchedulePanel


def panel_at(step: int | None) -> SchedulePanel:
    panel = SchedulePanel()
    ready = model_ready()
    panel.set_schedule(ready.schedule_steps, ready.schedule_rates, ready.total_steps)
    if step is not None:
        panel.set_position(step, float(learning_rate(np.array([step]))[0]))
    return panel


def marker(screen: list[str]) -> tuple[int, int]:
    """Line and column of the mark that says where the run is."""
    ((y, x),) = [(y, line.index("●")) for y, line in enumerate(screen) if "●" in line]
    return y, x


async def test_before_the_schedule_is_known_it_says_so():
    async with PanelApp(SchedulePanel()).run_test(size=(40, 7)) as pilot:
        assert any("not yet known" in line for line in lines(pilot.app))


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
            panel.set_position(step, float(learning_rate(np.array([step]))[0]))
            await pilot.pause()
            places.append(marker(lines(app)))
        rows, columns = zip(*places, strict=True)
        assert list(rows) == sorted(rows)
        assert rows[-1] > rows[0]
        assert columns == tuple(int(step / TOTAL_STEPS * 60) for step in (400, 2000, 4200))


async def test_what_lies_ahead_has_another_colour_than_what_is_done():
    app = PanelApp(panel_at(2000))
    async with app.run_test(size=(60, 10)):
        y, _ = marker(lines(app))
        styles = [segment.style for segment in strips(app)[y] if segment.text.strip()]
        assert len({style.color for style in styles if style}) == 3
        assert color_of(app, "●") in {style.color for style in styles if style}


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
    panel = SchedulePanel()
    panel.set_schedule(np.array([1], np.int32), np.zeros(1, np.float32), 1)
    panel.set_position(1, 0.0)
    async with PanelApp(panel).run_test(size=(30, 5)) as pilot:
        assert lines(pilot.app)[0].split() == ["0", "peak", "0"]
