"""When a replay tells what: the times of a log as times of its playing, and the player that goes along them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.session.replay.clock import (
    FASTEST,
    FITTING_SECONDS,
    IDLE_SECONDS,
    SLOWEST,
    Player,
    fitting_speed,
    play_times,
    turned_speed,
)

START = 1.7e9

lines = st.lists(
    st.tuples(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), st.booleans()), min_size=1, max_size=30
)
"""When each line was written, from START on, and whether the time before it was idle."""

speeds = st.floats(SLOWEST, FASTEST)


def split(lines: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([START + time for time, _ in lines]), np.array([idle for _, idle in lines])


@given(lines)
def test_time_never_runs_backwards_nor_longer_than_it_took(lines: list[tuple[float, bool]]) -> None:
    times, idle = split(lines)
    played = play_times(times, idle)
    assert played.shape == times.shape
    assert np.isfinite(played).all()
    assert played[0] == 0
    gaps = np.diff(played)
    assert (gaps >= 0).all()
    assert (gaps[idle[1:]] <= IDLE_SECONDS + 1e-6).all()
    known = times[~np.isnan(times)]
    if len(known):
        assert played[-1] <= known.max() - known[0] + 1e-3


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=30), st.lists(st.floats(0, 1e4), max_size=30))
def test_work_takes_as_long_as_it_took_and_idling_a_second(work: list[float], pauses: list[float]) -> None:
    gaps = [0.0, *work, *pauses]
    idle = np.array([False, *(False for _ in work), *(True for _ in pauses)])
    played = play_times(START + np.cumsum(gaps), idle)
    expected = sum(work) + sum(min(pause, IDLE_SECONDS) for pause in pauses)
    np.testing.assert_allclose(played[-1], expected, atol=1e-3)


def test_a_clock_that_was_set_back_stands_still_and_unknown_times_are_those_before() -> None:
    times = START + np.array([np.nan, 0, 10, 5, np.nan, 12])
    np.testing.assert_allclose(play_times(times, np.zeros(6, bool)), [0, 0, 10, 10, 10, 12])


def test_a_log_without_lines_takes_no_time() -> None:
    assert play_times(np.zeros(0), np.zeros(0, bool)).shape == (0,)
    player = Player(np.zeros(0))
    assert player.is_at_end
    assert player.seconds == 0
    player.play(1.0)
    assert player.wait(2.0) is None
    assert player.due(3.0) == 0


@given(speeds)
def test_speeds_turn_by_powers_of_two(speed: float) -> None:
    faster, slower = turned_speed(speed, 1), turned_speed(speed, -1)
    assert SLOWEST <= slower <= speed <= faster <= FASTEST
    assert speed < faster or speed == FASTEST
    assert slower < speed or speed == SLOWEST
    for new in (faster, slower):
        assert np.log2(new) == round(np.log2(new))
        assert 0.5 <= new / speed <= 2


@given(st.floats(0, 1e7))
def test_the_fitting_speed_is_the_least_power_of_two_that_fits(seconds: float) -> None:
    speed = fitting_speed(seconds)
    assert speed == FASTEST or seconds / speed <= FITTING_SECONDS
    assert speed == 1 or seconds / (speed / 2) > FITTING_SECONDS


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=20).map(sorted),
    st.lists(
        st.tuples(
            st.floats(0, 20),
            st.one_of(
                st.sampled_from(["play", "pause", "tell"]), st.sampled_from([1, -1]), st.integers(0, 20).map(str)
            ),
        ),
        max_size=20,
    ),
)
def test_a_player_is_where_its_speeds_and_pauses_have_brought_it(
    times: list[float], actions: list[tuple[float, str | int]]
) -> None:
    """Against a model that adds up each stretch of time by itself."""
    player = Player(np.array(times))
    now, moment, position, is_playing = 1000.0, 0.0, 0, False
    for seconds, action in actions:
        now += seconds
        moment += seconds * player.speed * is_playing
        match action:
            case "play":
                player.play(now)
                is_playing = True
            case "pause":
                player.pause(now)
                is_playing = False
            case "tell":
                player.position = player.due(now)
                assert player.position >= position
            case int():
                before = player.speed
                player.turn(action, now)
                assert player.speed == turned_speed(before, action)
            case _:
                place = min(int(action), len(times))
                player.go_to(place, now)
                moment = times[place - 1] if place else 0.0
        position = player.position
        told = np.array(times) <= moment
        near = np.isclose(times, moment, atol=1e-6)
        if not near.any():
            assert player.due(now) == max(position, np.count_nonzero(told))
        wait = player.wait(now)
        assert (wait is None) == (not is_playing or player.is_at_end)
        if wait is not None and not near.any():
            expected = max(0.0, (times[position] - moment) / player.speed)
            np.testing.assert_allclose(wait, expected, atol=1e-6)
