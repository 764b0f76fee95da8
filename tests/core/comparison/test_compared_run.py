"""A run is read from its directory, on each axis, and followed while it grows."""

import dataclasses
import json

import numpy as np
import pytest
from compared import append, evaluated, metrics, over, ready, trained_steps, write_run
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.comparison import AXES, ComparedRun, read_runs, results
from vae_tui.core.comparison.curves_csv import write_curves_csv
from vae_tui.core.comparison.step_times import MAX_KNOTS, StepTimes
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.errors import RunError, UsageError
from vae_tui.core.protocol.events import KnobsChanged, ModelReady, Rewound, SystemMeasured
from vae_tui.core.run.rundir import RunDirectory


@pytest.fixture
def run(tmp_path):
    memory = (SystemMeasured(step=step, cpu=1.0, memory=size) for step, size in ((50, 3000), (99, 7000), (200, 5000)))
    events = (*ready(), *memory, *trained_steps(), evaluated(300, 99.0, "test"), *over())
    run = ComparedRun(write_run(tmp_path / "one", *events))
    run.read()
    return run


def test_results(run):
    found = results(run)
    assert (found.step, found.best_step) == (300, 300)
    assert found.seconds == pytest.approx(3.0)
    assert found.training_loss == pytest.approx(100.5, abs=0.5)
    assert found.best_validation_loss == found.validation_loss
    assert found.test_loss == 99.0
    assert (found.memory_peak, found.device_peak) == (7000, None)
    assert run.state == "finished"


def test_results_of_a_run_without_steps(tmp_path):
    run = ComparedRun(write_run(tmp_path / "none"))
    assert not run.read()
    found = results(run)
    assert (found.step, found.seconds) == (0, 0)
    assert found.training_loss is found.validation_loss is found.best_validation_loss is found.test_loss is None
    assert all(run.step_at(axis, 0) is None for axis in AXES)


@pytest.mark.parametrize("axis", AXES)
def test_a_position_leads_back_to_its_step(run, axis):
    for step in (1, 2, 49, 50, 51, 299, 300):
        assert run.step_at(axis, run.position(axis, step)) == step
    assert run.step_at(axis, run.position(axis, 300) + 1) is None


def test_positions_on_the_axes(run):
    assert run.spans("step") == (1, 300)
    assert run.spans("epoch") == (200, 60_000)
    assert run.spans("time") == (10, 3000)
    assert [run.final(axis) for axis in AXES] == [300, 60_000, 3000]


def test_a_live_run_grows(tmp_path):
    config = Config(run=RunConfig(dir=str(tmp_path / "live")))
    with RunDirectory.create(config) as directory:
        append(directory, *ready(), *trained_steps(100))
        run = ComparedRun(directory.path)
        run.read()
        assert run.is_live
        assert run.history.last_step == 100
        assert not run.follow()
        append(directory, metrics(101, 120))
        assert run.follow()
        assert run.history.last_step == 120
        assert run.times.last == pytest.approx(1.2)
        assert run.final("time") is None
    assert run.follow()
    assert not run.is_live


def test_a_log_that_breaks_while_it_is_followed_is_a_problem_told_once(run):
    with (run.path / "events.jsonl").open("a") as file:
        file.write("{nonsense\n")
    assert run.follow()
    assert "is damaged" in run.problem
    assert not run.follow()


def test_a_rewind_undoes_time_and_knobs(tmp_path):
    turned = KnobsChanged(step=80, learning_rate_scale=0.5, beta_scale=1.0)
    rewound = Rewound(step=60, from_step=100)
    run = ComparedRun(write_run(tmp_path / "one", *ready(), *trained_steps(100), turned, rewound, metrics(61, 70)))
    run.read()
    assert run.knob_changes == []
    assert run.times.last == pytest.approx(0.7)


def test_a_resumed_run_goes_on_from_its_checkpoint(tmp_path):
    opening = ready()
    again = [dataclasses.replace(event, step=50) if isinstance(event, ModelReady) else event for event in opening]
    run = ComparedRun(write_run(tmp_path / "one", *opening, *trained_steps(100), *again, metrics(51, 60)))
    run.read()
    assert run.history.last_step == 60
    assert run.times.last == pytest.approx(0.6)


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0.001, 5)), min_size=1, max_size=40), st.integers(0, 2000))
def test_times_are_those_of_the_steps_that_hold(chunks, cut):
    times, ends = StepTimes(), [0.0]
    for steps, each in chunks:
        times.add(len(ends), len(ends) + steps - 1, steps * each)
        ends += [ends[-1] + each * (number + 1) for number in range(steps)]
    known = np.arange(len(ends), dtype=float)
    np.testing.assert_allclose(times.at(known), ends, rtol=1e-6)
    np.testing.assert_allclose(times.steps_at(np.array(ends)), known, rtol=1e-6, atol=1e-6)
    times.cut(cut)
    assert times.last == pytest.approx(ends[min(cut, len(ends) - 1)])


def test_times_take_bounded_memory():
    times = StepTimes()
    for step in range(1, 3 * MAX_KNOTS):
        times.add(step, step, 0.5)
    assert len(times._steps) <= MAX_KNOTS
    assert times.at(np.array([1000.0])) == pytest.approx(500)


def test_runs_that_cannot_be_compared(tmp_path):
    for name in ("a", "b"):
        write_run(tmp_path / name, *ready(), *trained_steps(50))
    with pytest.raises(UsageError, match="1 to 8 runs"):
        read_runs(["a"] * 9, tmp_path)
    with pytest.raises(UsageError, match="given twice"):
        read_runs(["a", str(tmp_path / "a")], tmp_path)
    with pytest.raises(RunError, match="there is no run c"):
        read_runs(["a", "c"], tmp_path)
    with (tmp_path / "b" / "events.jsonl").open("a") as file:
        file.write("{nonsense\n" + json.dumps({"type": "notice", "time": 0, "step": 0}) + "\n")
    with pytest.raises(RunError, match=r"line \d+ of .*b/events.jsonl is damaged"):
        read_runs(["a", "b"], tmp_path)


def test_a_csv_file_has_at_most_a_thousand_points_of_a_run_and_metric(tmp_path):
    for name, steps in (("short", 100), ("long", 2500)):
        write_run(tmp_path / name, *ready(), *trained_steps(steps))
    rows = write_curves_csv(read_runs(["short", "long"], tmp_path), tmp_path / "curves.csv")
    header, *lines = (tmp_path / "curves.csv").read_text().splitlines()
    assert header == "run,metric,step,epoch,seconds,value"
    assert len(lines) == rows
    counts = {name: sum(line.startswith(f"{name},loss,") for line in lines) for name in ("short", "long")}
    assert counts == {"short": 100, "long": 1000}
    assert sum(line.startswith("long,validation_loss,") for line in lines) == 50
    assert next(line for line in lines if line.startswith("long,loss,2500,")).split(",")[3:5] == ["50", "25"]
