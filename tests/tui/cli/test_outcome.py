"""What commands print when they leave a run."""

from pathlib import Path

from compared import append, over, ready, trained_steps
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.protocol.events import Ended
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.cli.outcome import line_when_over, lines_now


def test_a_run_that_has_finished_is_summed_up_while_its_process_waits_for_viewers(tmp_path: Path) -> None:
    changed, ended = over()
    with RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / "run")))) as run:
        append(run, *ready(), *trained_steps(300))
        assert "goes on in the background" in lines_now(run.path)
        (run.path / "checkpoints" / "300").mkdir(parents=True)
        append(run, changed)
        waiting = lines_now(run.path)
        append(run, ended)
    assert "trained     300 steps" in waiting
    assert "--train.steps 600" in waiting
    assert "in the background" not in waiting
    assert "in the background" not in lines_now(run.path)


def test_the_line_of_a_sweeps_run_keeps_its_name_apart_from_its_results(tmp_path: Path) -> None:
    for name in ("seed=0", "learning-rate=1e-3,seed=0"):
        with RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / name)))) as run:
            append(run, *ready(), *trained_steps(300), *over())
        first, _, rest = line_when_over(run.path, Ended(step=300, reason="finished")).partition(" ")
        assert first == name
        assert rest.lstrip().startswith("300 steps in ")
