"""The figures of a run, read at once or as its log grows."""

import dataclasses
from pathlib import Path

import pytest
from compared import START, append, evaluated, metrics, over, ready, trained_steps, write_run
from msgspec import structs
from vae_tui.core.errors import RunError
from vae_tui.core.protocol.events import Event, ModelReady, Rewound
from vae_tui.core.run.run_figures import MAX_CURVE, read_figures
from vae_tui.core.run.rundir import RunDirectory


def test_reading_what_was_added_gives_what_reading_all_gives(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    known = read_figures(run)
    went_back = Rewound(step=120, time=START, from_step=300)
    test = evaluated(300, 91.0, split="test")
    for event in [*ready(), *trained_steps(300), test, went_back, *trained_steps(50), *over(50)]:
        with RunDirectory.resume(run) as resumed:
            append(resumed, event)
        known = read_figures(run, known)
        assert known == read_figures(run)
    assert (known.word, known.is_final, known.step, known.test_loss) == ("finished", True, 50, None)


@pytest.mark.parametrize(
    "back",
    [
        Rewound(step=120, time=START, from_step=300),
        dataclasses.replace(ready()[-1], step=120, devices=8, processes=2),  # type: ignore[call-arg]
    ],
    ids=["rewound", "resumed"],
)
def test_going_back_takes_back_losses_but_not_the_time(tmp_path: Path, back: Event) -> None:
    run = write_run(tmp_path / "run", *ready(), *trained_steps(300), evaluated(300, 91.0, split="test"))
    whole = read_figures(run)
    assert (whole.step, whole.test_loss, whole.seconds) == (300, 91.0, pytest.approx(3.0))
    assert whole.best == whole.curve[-1]
    with RunDirectory.resume(run) as resumed:
        append(resumed, back)
    after = read_figures(run, whole)
    assert (after.step, after.training_loss, after.test_loss, after.seconds) == (120, None, None, whole.seconds)
    assert [step for step, _ in after.curve] == [50, 100]
    assert after.validation_loss == after.curve[-1][1]
    assert (after.devices, after.processes) == ((8, 2) if isinstance(back, ModelReady) else (1, 1))


def test_a_long_curve_is_bounded_and_keeps_the_lowest_loss(tmp_path: Path) -> None:
    losses = [100 + (step * 37) % 101 for step in range(1, 1001)]
    losses[613] = 50
    figures = read_figures(write_run(tmp_path / "run", *(evaluated(i + 1, loss) for i, loss in enumerate(losses))))
    assert MAX_CURVE / 2 <= len(figures.curve) <= MAX_CURVE
    assert figures.best == (614, 50)
    assert figures.validation_loss == figures.curve[-1][1] == losses[-1]


def test_damaged_lines_are_skipped_and_a_log_without_others_is_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", *ready(), metrics(1, 50))
    log = run / "events.jsonl"
    lines = log.read_text().splitlines()
    log.write_text("\n".join([*lines, '{"type":"evaluated","step":9}', '{"type":"metrics","time":1,"step":', ""]))
    assert read_figures(run).step == 50
    log.write_text("nonsense\n")
    with pytest.raises(RunError, match=r"nothing in .* can be read"):
        read_figures(run)


@pytest.mark.parametrize(
    "damaged",
    [
        b"nonsense",
        b'{"type":"notice"}',
        b'{"type":"notice","time":1e300,"step":60}',
        b'{"type":"metrics","time":1,"step":60,"seconds":1}',
        b'{"type":"metrics","time":1,"step":60,"seconds":1,"loss":[]}',
        b'{"type":"metrics","time":1,"step":%d,"seconds":1,"loss":[1]}' % 10**30,
        b'{"type":"metrics","time":1,"step":60,"seconds":1,"loss":["low"]}',
        b'{"type":"evaluated","time":1,"step":60,"split":"validation"}',
        b"[" * 100_000,
    ],
    ids=lambda line: str(line[:60]),
)
def test_a_damaged_line_changes_nothing_wherever_it_is(tmp_path: Path, damaged: bytes) -> None:
    run = write_run(tmp_path / "run", *ready(), *trained_steps(50))
    whole = read_figures(run)
    log = run / "events.jsonl"
    lines = log.read_bytes().splitlines()
    for position in range(len(lines) + 1):
        log.write_bytes(b"\n".join([*lines[:position], damaged, *lines[position:], b""]))
        assert structs.replace(read_figures(run), position=whole.position) == whole
