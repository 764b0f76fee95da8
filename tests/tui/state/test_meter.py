"""The screen's own cost, and the governor that keeps it within its budgets."""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import dataclass

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from vae_tui.tui.state.meter import WINDOW, Cost, Governor, Meter


@dataclass
class Screen:
    """A screen whose frames cost CPU time and bytes, on a clock of its own; `idle` is CPU time beside the frames."""

    frame_cpu: float
    frame_bytes: float
    idle: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        self.now = self.cpu = 0.0
        self.written = 0
        self.meter = Meter(lambda: self.now, lambda: self.cpu)
        self._random = random.Random(0)

    def frame(self, interval: float) -> None:
        """Let the time to the next frame pass, and paint it."""
        self.now += interval
        factor = 1 + self.noise * self._random.uniform(-1, 1)
        self.cpu += self.frame_cpu * factor + self.idle * interval
        self.meter.count(round(self.frame_bytes * factor))
        self.written += round(self.frame_bytes * factor)
        self.meter.count_frame()

    def govern(self, governor: Governor, seconds: float, screens: int = 1) -> list[float]:
        """Paint for some seconds as a governor wants it; the intervals that it chose."""
        chosen, end = [governor.interval], self.now + seconds
        while self.now < end:
            self.frame(chosen[-1])
            chosen.append(governor.after_frame(self.meter.cost, screens))
        return chosen


@given(interval=st.floats(0.05, 5), cpu=st.floats(0, 0.05), size=st.integers(0, 20_000), frames=st.integers(2, 300))
def test_the_cost_is_that_of_the_last_seconds(interval: float, cpu: float, size: int, frames: int):
    screen = Screen(cpu, size)
    for _ in range(frames):
        screen.frame(interval)
    cost = screen.meter.cost
    assert cost is not None
    assert cost.share == pytest.approx(cpu / interval, abs=1e-9)
    assert cost.bytes_per_second == pytest.approx(size / interval)
    assert cost.frames_per_second == pytest.approx(1 / interval)


def test_what_was_long_ago_is_forgotten():
    screen = Screen(0.4, 20_000)
    screen.frame(0.5)
    screen.frame_cpu = screen.frame_bytes = 0
    for _ in range(round(WINDOW / 0.5) + 2):
        screen.frame(0.5)
    assert screen.meter.cost == Cost(share=0.0, bytes_per_second=0.0, frames_per_second=2.0)


def test_before_two_frames_nothing_is_known():
    screen = Screen(0.01, 100)
    assert screen.meter.cost is None
    screen.frame(0.5)
    assert screen.meter.cost is None
    assert Governor().after_frame(None) == Governor.FASTEST


def test_the_real_clocks_tell_work_from_waiting():
    meter = Meter()
    meter.count_frame()
    time.sleep(0.2)
    meter.count_frame()
    waiting = meter.cost
    end = time.thread_time() + 0.1
    while time.thread_time() < end:
        pass
    meter.count_frame()
    working = meter.cost
    assert waiting is not None
    assert working is not None
    assert waiting.share < 0.5 * working.share


@given(cpu=st.floats(0, 0.012), size=st.floats(0, 3500))
def test_a_cheap_screen_keeps_its_pace(cpu: float, size: float):
    assert set(Screen(cpu, size).govern(Governor(), 120)) == {Governor.FASTEST}


@given(
    cpu=st.floats(0, 0.2),
    size=st.floats(0, 60_000),
    idle=st.floats(0, 0.02),
    budget_bytes=st.sampled_from([1500, 8000]),
)
def test_a_dear_screen_slows_down_until_it_is_within_its_budgets_and_stays(cpu, size, idle, budget_bytes):
    assume(idle + cpu / Governor.SLOWEST < 0.0299)
    assume(size / Governor.SLOWEST < budget_bytes - 1)
    screen, governor = Screen(cpu, size, idle), Governor(0.03, budget_bytes)
    chosen = screen.govern(governor, 400)
    assert chosen == sorted(chosen), "never faster, then slower again"
    settled = screen.govern(governor, 400)
    assert len(set(settled)) == 1
    cost = screen.meter.cost
    assert cost is not None
    assert cost.share <= 0.03
    assert cost.bytes_per_second <= budget_bytes


@given(cpu=st.floats(0.005, 0.1), size=st.floats(500, 30_000), noise=st.floats(0, 0.2))
def test_uneven_frames_do_not_make_it_swing(cpu: float, size: float, noise: float):
    screen, governor = Screen(cpu, size, noise=noise), Governor()
    screen.govern(governor, 300)
    chosen = screen.govern(governor, 1200)
    changes = [after - before for before, after in itertools.pairwise(chosen) if after != before]
    assert len(changes) <= 1, "at the edge of a budget a run of dear frames may cost one step, not more"


def test_a_slow_link_is_spared_within_a_minute():
    screen = Screen(0.005, 4000)  # 8 kB/s at the usual pace
    screen.govern(Governor(budget_bytes=1500, interval=2.0), 60)
    assert screen.written / screen.now < 1.2 * 1500
    cost = screen.meter.cost
    assert cost is not None
    assert cost.bytes_per_second <= 1500


def test_once_it_is_cheap_again_it_comes_back_to_its_pace():
    screen, governor = Screen(0.1, 1000), Governor()
    assert screen.govern(governor, 60)[-1] > 3
    screen.frame_cpu = 0.005
    assert screen.govern(governor, 180)[-1] == Governor.FASTEST


def test_the_beginning_is_no_measure():
    screen, governor = Screen(0.2, 30_000), Governor()
    chosen = screen.govern(governor, 5)
    screen.frame_cpu, screen.frame_bytes = 0.005, 2000
    chosen += screen.govern(governor, 60)
    assert set(chosen) == {Governor.FASTEST}


def test_nothing_is_slower_than_the_slowest():
    assert Screen(4.0, 10**6).govern(Governor(), 120)[-1] == Governor.SLOWEST


def test_a_change_is_judged_by_what_came_after_it():
    screen, governor = Screen(0.03, 100), Governor()  # 6 % of a core: twice the budget
    chosen = screen.govern(governor, 200)
    assert sorted(set(chosen)) == [0.5, pytest.approx(1.125)]


@given(screens=st.integers(1, 40), cpu=st.floats(0, 0.02))
def test_many_screens_on_a_run_share_what_they_cost_it(screens: int, cpu: float):
    screen, governor = Screen(cpu, 100), Governor()
    chosen = screen.govern(governor, 300, screens)
    assert chosen[1] >= min(Governor.SLOWEST, Governor.FASTEST * screens), "at once"
    assert governor.interval <= Governor.SLOWEST
    if governor.interval < Governor.SLOWEST:
        assert cpu / governor.interval <= 0.03 / screens * 1.01
