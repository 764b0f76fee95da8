"""The table of metrics: every step once, and the newest metrics of it."""

import csv
import json
import resource
import signal
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.protocol.events import Evaluated, Event, Metrics, Notice, Rewound
from vae_tui.core.protocol.records import to_record
from vae_tui.core.run.metrics_csv import COLUMNS, write_metrics_csv

METRICS = ("loss", "reconstruction", "kl", "grad_norm", "learning_rate")


def metrics(first_step: int, count: int, seed: int) -> Metrics:
    rng = np.random.default_rng(seed)
    rows = {name: rng.lognormal(sigma=8, size=count).astype(np.float32) for name in METRICS}
    return Metrics(step=first_step + count - 1, first_step=first_step, seconds=1.0, **rows)  # type: ignore[arg-type]


def evaluated(step: int, seed: int, split: str = "validation") -> Evaluated:
    loss, reconstruction, kl = np.random.default_rng(seed).normal(size=3).tolist()
    return Evaluated(step=step, split=split, loss=loss, reconstruction=reconstruction, kl=kl)  # type: ignore[arg-type]


def write_log(path: Path, events: Sequence[Event]) -> Path:
    path.write_text("".join(json.dumps(to_record(event)) + "\n" for event in events))
    return path


def read_table(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        reader = csv.DictReader(file)
        assert tuple(reader.fieldnames or ()) == COLUMNS
        return list(reader)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Runs that go on, are measured, and go back in both ways: by a rewind, and by a resume from a checkpoint."""
    events: list[Event] = []
    step = 0
    for seed, action in enumerate(draw(st.lists(st.sampled_from("mmmerst"), max_size=15))):
        if action == "m":
            events.append(metrics(step + 1, draw(st.integers(1, 4)), seed))
            step = events[-1].step
        elif action in "et":
            events.append(evaluated(step, seed, "validation" if action == "e" else "test"))
        else:
            earlier = draw(st.integers(0, step))
            if action == "r":
                events.append(Rewound(step=earlier, from_step=step))
            step = earlier
        events.append(Notice(step=step, level="info", text="something else"))
    return events


def expected(events: list[Event]) -> tuple[dict[int, list[float]], dict[int, Evaluated]]:
    """The metrics and the validations that hold in the end, by step."""
    rows: dict[int, list[float]] = {}
    validations: dict[int, Evaluated] = {}
    for event in events:
        if isinstance(event, Metrics | Rewound):
            first_step = event.first_step if isinstance(event, Metrics) else event.step + 1
            for known in (rows, validations):
                for step in [step for step in known if step >= first_step]:
                    del known[step]
        if isinstance(event, Metrics):
            for i in range(len(event.loss)):
                rows[event.first_step + i] = [getattr(event, name)[i] for name in METRICS]
        elif isinstance(event, Evaluated) and event.split == "validation":
            validations[event.step] = event
    return rows, validations


@given(histories())
def test_the_newest_metrics_of_each_step_hold(events: list[Event]) -> None:
    rows, validations = expected(events)
    with TemporaryDirectory() as folder:
        log = write_log(Path(folder, "events.jsonl"), events)
        table = Path(folder, "table.csv")
        assert write_metrics_csv(log, table, pytest.fail) == len(rows)
        lines = read_table(table)
        assert sorted(path.name for path in Path(folder).iterdir()) == ["events.jsonl", "table.csv"]
    assert [int(line["step"]) for line in lines] == sorted(rows)
    for line in lines:
        step = int(line["step"])
        np.testing.assert_array_equal([np.float32(line[name]) for name in METRICS], rows[step])
        cells = [line[f"validation_{name}"] for name in ("loss", "reconstruction", "kl")]
        if step in validations:
            found = validations[step]
            assert [float(cell) for cell in cells] == [found.loss, found.reconstruction, found.kl]
        else:
            assert cells == ["", "", ""]


def test_numbers_have_no_more_digits_than_they_need(tmp_path: Path) -> None:
    values = {name: np.array([0.1], np.float32) for name in METRICS}
    measured = Metrics(step=1, first_step=1, seconds=1.0, **values)  # type: ignore[arg-type]
    log = write_log(tmp_path / "log", [measured, evaluated(1, 0)])
    write_metrics_csv(log, tmp_path / "table.csv", pytest.fail)
    header, line = (tmp_path / "table.csv").read_text().splitlines()
    assert header.startswith("step,loss,reconstruction,kl,grad_norm,learning_rate,validation_loss,")
    assert line.startswith("1,0.1,0.1,0.1,0.1,0.1,")


def test_a_run_without_metrics_is_a_table_without_rows(tmp_path: Path) -> None:
    assert write_metrics_csv(tmp_path / "missing", tmp_path / "table.csv", pytest.fail) == 0
    assert read_table(tmp_path / "table.csv") == []


def test_of_a_damaged_log_the_rest_is_written_and_what_was_left_out_is_told(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log", [metrics(first_step, 3, 0) for first_step in (1, 4, 7)])
    first, second, third = log.read_text().splitlines()
    log.write_text("\n".join(("nonsense", first, second[:-9], third, "")))
    warnings: list[str] = []
    assert write_metrics_csv(log, tmp_path / "table.csv", warnings.append) == 6
    assert [row["step"] for row in read_table(tmp_path / "table.csv")] == list("123789")
    (warning,) = warnings
    assert warning.startswith(f"line 1 of {log} is damaged, as is another one: ")
    assert warning.endswith("; the rest is used")


def test_a_full_disk_leaves_the_old_table(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log", [metrics(1, 1000, 0)])
    (tmp_path / "table.csv").write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_metrics_csv(log, tmp_path / "table.csv", pytest.fail)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert (tmp_path / "table.csv").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "table.csv"]


def test_a_long_run_needs_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    lines = 40
    log = write_log(tmp_path / "log", [metrics(1 + 512 * i, 512, 0) for i in range(lines)])
    tracemalloc.start()
    try:
        assert write_metrics_csv(log, tmp_path / "table.csv", pytest.fail) == 512 * lines
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (tmp_path / "table.csv").stat().st_size / 2
