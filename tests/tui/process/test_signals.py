"""Signals: how they are counted, and how a process takes them while its main thread is stuck."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from types import SimpleNamespace
from typing import IO
from unittest import mock

import pytest
from hosted import PATIENCE
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.process import signals
from vae_tui.tui.process.signals import ASK_TO_STOP, STOPPING, TOGETHER_SECONDS, Request, StopSignals

INSISTING = (signal.SIGINT, signal.SIGTERM)
LATER = 2 * TOGETHER_SECONDS
SOON = TOGETHER_SECONDS / 2


def count(*steps: tuple[float, signal.Signals]) -> list[Request]:
    """Count signals that come at certain times, in seconds. Return what they come to."""
    stops, requests = StopSignals(), []
    for seconds, number in steps:
        with mock.patch.object(signals, "time", SimpleNamespace(monotonic=lambda seconds=seconds: seconds)):
            requests.append(stops.count(number))
    return requests


@pytest.mark.parametrize("first", INSISTING)
@pytest.mark.parametrize("second", INSISTING)
def test_the_first_signal_asks_and_a_later_one_insists(first: signal.Signals, second: signal.Signals):
    assert count((0, first), (LATER, second)) == [Request.STOP, Request.END]


def test_signals_at_the_same_time_are_one():
    steps = [(0.0, signal.SIGTERM), (SOON, signal.SIGINT), (LATER, signal.SIGINT)]
    assert count(*steps) == [Request.STOP, Request.NOTHING, Request.END]


def test_signals_that_keep_coming_insist_in_the_end():
    """They are together with the first one, not with the one before."""
    assert count(*[(number * SOON, signal.SIGTERM) for number in range(4)])[-1] == Request.END


def test_what_asks_to_stop_never_insists():
    steps = [(number * LATER, ASK_TO_STOP) for number in range(3)]
    assert count(*steps) == [Request.STOP, Request.NOTHING, Request.NOTHING]
    assert count((0, signal.SIGTERM), (LATER, ASK_TO_STOP)) == [Request.STOP, Request.NOTHING]


def test_a_signal_after_what_asks_to_stop_does_not_insist_yet():
    steps = [(0.0, ASK_TO_STOP), (LATER, signal.SIGTERM), (2 * LATER, signal.SIGTERM)]
    assert count(*steps) == [Request.STOP, Request.NOTHING, Request.END]


@given(st.lists(st.tuples(st.floats(0, 5), st.sampled_from(STOPPING)), min_size=1).map(sorted))
def test_the_first_signal_asks_and_no_other_does(steps: list[tuple[float, signal.Signals]]):
    first, *others = count(*steps)
    assert first == Request.STOP
    assert Request.STOP not in others
    ends = {number for (_, number), request in zip(steps[1:], others, strict=True) if request == Request.END}
    assert ASK_TO_STOP not in ends


# -- the thread

PROGRAM = """
    import ctypes, os, signal, sys, threading, time
    from vae_tui.tui.process.signals import STOPPING, SignalPipe, SignalThread

    {before}
    def say(text):
        os.write(1, (text + "\\n").encode())

    with SignalThread(lambda number: say(number.name), (signal.SIGTERM, signal.SIGHUP)):
        say("ready")
        {body}
    {after}
"""


@contextlib.contextmanager
def program(body: str, *, before: str = "", after: str = "") -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """A program that takes signals, does something in its main thread, and tells each signal."""
    code = textwrap.dedent(PROGRAM).format(body=body, before=before, after=after)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout
        finally:
            process.kill()


@pytest.mark.parametrize(
    "hang",
    [
        "os.read(os.pipe()[0], 1)",
        "time.sleep(1000)",
        "lock = threading.Lock(); lock.acquire(); lock.acquire()",
        "libc, lock = ctypes.CDLL(None), ctypes.create_string_buffer(256); libc.pthread_mutex_init(lock, None);"
        " libc.pthread_mutex_lock(lock); libc.pthread_mutex_lock(lock)",
    ],
    ids=["reading", "sleeping", "locked", "in native code"],
)
def test_a_main_thread_that_hangs_delays_no_signal(hang: str):
    with program(hang) as (process, said):
        assert said.readline() == "ready\n"
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTERM):
            process.send_signal(number)
            assert said.readline() == f"{number.name}\n"
        assert process.poll() is None


def test_a_signal_that_was_held_back_is_taken():
    before = "signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING); signal.raise_signal(signal.SIGTERM)"
    with program("time.sleep(1000)", before=before) as (_, said):
        assert {said.readline(), said.readline()} == {"ready\n", "SIGTERM\n"}


def test_other_signals_do_what_they_did():
    with program("time.sleep(1000)") as (process, said):
        assert said.readline() == "ready\n"
        process.send_signal(signal.SIGUSR2)
        assert process.wait(PATIENCE) == -signal.SIGUSR2


def test_afterwards_signals_are_handled_as_before():
    before = "signal.signal(signal.SIGTERM, lambda *_: say('before'))"
    with program("signal.raise_signal(signal.SIGTERM)", before=before, after="signal.raise_signal(signal.SIGTERM)") as (
        process,
        said,
    ):
        assert [said.readline() for _ in range(3)] == ["ready\n", "SIGTERM\n", "before\n"]
        assert process.wait(PATIENCE) == 0


def test_a_signal_that_was_ignored_since_stays_ignored():
    body, after = "signal.signal(signal.SIGHUP, signal.SIG_IGN)", "signal.raise_signal(signal.SIGHUP); say('here')"
    with program(body, after=after) as (process, said):
        assert said.read() == "ready\nhere\n"
        assert process.wait(PATIENCE) == 0


def test_no_thread_is_left_afterwards():
    with program("time.sleep(0)", after="say(str(threading.active_count()))") as (process, said):
        assert said.read() == "ready\n1\n"
        assert process.wait(PATIENCE) == 0
