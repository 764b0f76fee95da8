"""The screen's own cost, and the governor that keeps it within its budgets."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from vae_tui.tui.state.meter import WINDOW, Cost, Governor, Meter

FASTEST, SLOWEST = 0.5, 5.0


@dataclass
class Screen:
    """A screen whose frames cost CPU time and bytes, on a clock of its own; `idle` is CPU time beside the frames."""

    frame_cpu: float
    frame_bytes: float
    idle: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        self.now = self.cpu = 0.0
        self.interval = FASTEST
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
        chosen, end = list[float](), self.now + seconds
        while self.now < end:
            self.frame(self.interval)
            self.interval = governor.after_frame(self.meter.last_frame, screens)
            chosen.append(self.interval)
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
    assert screen.meter.last_frame is None
    assert Governor().after_frame(None) == FASTEST


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


@given(cpu=st.floats(0, 0.014), size=st.floats(0, 3900), noise=st.floats(0, 1))
def test_a_cheap_screen_keeps_its_pace(cpu: float, size: float, noise: float):
    assert set(Screen(cpu / (1 + noise), size / (1 + noise), noise=noise).govern(Governor(), 120)) == {FASTEST}


@given(
    cpu=st.floats(0, 0.1),
    size=st.floats(0, 30_000),
    idle=st.floats(0, 0.01),
    noise=st.floats(0, 0.3),
    budget_bytes=st.sampled_from([1500, 8000]),
)
def test_a_screen_is_within_its_budgets_from_the_first_second(cpu, size, idle, noise, budget_bytes):
    assume(1.3 * size / SLOWEST < budget_bytes and 1.3 * cpu / SLOWEST + idle < 0.03)
    screen, governor = Screen(cpu, size, idle, noise), Governor(0.03, budget_bytes)
    screen.frame(0)  # the first frame is free
    start_cpu, start_bytes = screen.cpu, screen.written
    for _ in range(100):
        screen.govern(governor, 5)
        assert screen.cpu - start_cpu <= 0.03 * (screen.now + SLOWEST) + 1e-9
        assert screen.written - start_bytes <= budget_bytes * (screen.now + SLOWEST)


def test_a_slow_link_is_spared_from_the_start():
    screen, governor = Screen(0.005, 4000), Governor(budget_bytes=1500, fastest=2.0)  # 2 kB/s at the usual pace
    screen.govern(governor, 20)
    assert screen.written / screen.now <= 1500 * (1 + SLOWEST / screen.now)
    screen.govern(governor, 300)
    cost = screen.meter.cost
    assert cost is not None
    assert cost.bytes_per_second <= 1501


def test_once_it_is_cheap_again_it_comes_back_to_its_pace():
    screen, governor = Screen(0.1, 1000), Governor()
    assert screen.govern(governor, 60)[-1] > 3
    screen.frame_cpu = 0.005
    assert screen.govern(governor, 10)[-1] == FASTEST


def test_a_dear_frame_now_and_then_is_paid_for_by_the_cheap_ones():
    screen, governor = Screen(0.0, 1000), Governor()
    screen.govern(governor, 30)
    screen.frame_bytes = 20_000
    screen.frame(FASTEST)
    screen.frame_bytes = 1000
    assert governor.after_frame(screen.meter.last_frame) == FASTEST


def test_nothing_is_slower_than_the_slowest():
    assert Screen(4.0, 10**6).govern(Governor(), 120)[-1] == SLOWEST


@given(screens=st.integers(1, 40), cpu=st.floats(0, 0.02))
def test_many_screens_on_a_run_share_what_they_cost_it(screens: int, cpu: float):
    screen, governor = Screen(cpu, 100), Governor()
    chosen = screen.govern(governor, 300, screens)
    assert min(chosen) >= min(SLOWEST, FASTEST * screens), "at once"
    assert max(chosen) <= SLOWEST
    if chosen[-1] < SLOWEST:
        assert cpu / chosen[-1] <= 0.03 / screens * 1.01
