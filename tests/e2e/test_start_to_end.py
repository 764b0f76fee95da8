"""The whole way through, as a user goes it: a real terminal, real training, real files."""

from pathlib import Path

from commands import VAE_TUI
from runlog import last_step, records, states
from tmux import Terminal


def test_train_pause_checkpoint_sample_quit_and_resume(terminal: Terminal, tmp_path: Path) -> None:
    run = tmp_path / "run"
    terminal.type(f"{VAE_TUI} train --data.name mnist5k --train.steps 100000 --run.dir run")

    # The screen is up before training is, and the loss falls.
    terminal.wait_for(lambda: any(state in terminal.screen() for state in ("preparing data", "compiling")))
    terminal.wait_for("training")
    terminal.wait_for(lambda: last_step(run) >= 60)
    assert states(run)[:3] == ["preparing data", "compiling", "training"]
    losses = [loss for record in records(run, "metrics") for loss in record["loss"]]
    assert sum(losses[50:60]) < 0.7 * sum(losses[:10])

    # Pause: the screen says so, and the step stands still.
    terminal.press("Space")
    terminal.wait_for("paused")
    paused_at = last_step(run)
    assert states(run)[-1] == "paused"
    terminal.wait_for(lambda: str(paused_at) in terminal.screen().replace(",", ""))

    # Checkpoint: the files are there.
    terminal.press("c")
    terminal.wait_for(lambda: any(record["step"] == paused_at for record in records(run, "checkpointed")))
    assert (run / "checkpoints" / str(paused_at)).is_dir()

    # Sample one class.
    terminal.press("7")
    terminal.wait_for(lambda: any(record["label"] == 7 for record in records(run, "sampled")))
    picture = next(record["file"] for record in records(run, "sampled") if record["label"] == 7)
    assert (run / picture).read_bytes().startswith(b"\x89PNG")
    assert last_step(run) == paused_at

    # Go on, then quit with a final checkpoint: the terminal is as it was, and says how to resume.
    terminal.press("Space")
    terminal.wait_for(lambda: last_step(run) > paused_at)
    terminal.press("q", "y")
    terminal.wait_for("--resume")
    terminal.wait_for(lambda: terminal.variable("alternate_on") == "0")
    assert terminal.variable("cursor_flag") == "1"
    assert terminal.variable("mouse_any_flag") == "0"
    stopped_at = last_step(run)
    assert (run / "checkpoints" / str(stopped_at)).is_dir()
    terminal.type("echo $((6 * 7))")
    terminal.wait_for("42")

    # Resume: the run goes on at the very next step.
    terminal.type("clear")
    terminal.type(f"{VAE_TUI} train --resume run")
    terminal.wait_for(lambda: last_step(run) > stopped_at)
    resumed = next(record for record in records(run, "metrics") if record["step"] > stopped_at)
    assert resumed["first_step"] == stopped_at + 1
    terminal.press("q", "y")
    terminal.wait_for("--resume")
