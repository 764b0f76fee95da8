"""What commands print when they leave a run."""

from pathlib import Path

from compared import append, over, ready, trained_steps
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.protocol.events import Ended, Evaluated
from vae_tui.core.run.rundir import RunDirectory, log_path
from vae_tui.tui.cli.outcome import line_when_over, lines_now, run_after_death
from vae_tui.tui.process.child import DeathError


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


def test_the_users_command_is_told_of_a_process_that_died(tmp_path: Path) -> None:
    command = ("sh", "-c", 'echo "$VAE_TUI_REASON $VAE_TUI_STEP $VAE_TUI_BEST_LOSS $VAE_TUI_MESSAGE"')
    with RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / "run")))) as run:
        append(run, *ready(), *trained_steps(300))
        append(run, Evaluated(step=300, split="validation", loss=7.0, reconstruction=6.0, kl=1.0))
    run_after_death(command, run.path, DeathError("SIGSEGV"))
    assert log_path(run.path).read_text() == "failed 300 7.0000 the training process was ended by SIGSEGV\n"
