"""What a user meets in a real terminal: a small one, failures, a loss that is not finite, knobs."""

from pathlib import Path

import pytest
from commands import VAE_TUI
from runlog import last_step, records, states
from tmux import Terminal

pytestmark = pytest.mark.e2e


def test_a_small_terminal_says_so_and_recovers(terminal: Terminal, tmp_path: Path) -> None:
    run = tmp_path / "run"
    terminal.resize(50, 12)
    terminal.type(f"{VAE_TUI} train --data.name mnist5k --train.steps 100000 --run.dir run")
    terminal.wait_for("60")  # the size that is needed
    terminal.wait_for(lambda: last_step(run) > 0)
    terminal.resize(100, 30)
    terminal.wait_for("training")
    terminal.press("q", "y")
    terminal.wait_for("--resume")


def test_ctrl_c_asks_and_a_second_one_quits_at_once(terminal: Terminal, tmp_path: Path) -> None:
    run = tmp_path / "run"
    terminal.type(f"{VAE_TUI} train --data.name mnist5k --train.steps 100000 --run.dir run; echo code $?")
    terminal.wait_for(lambda: last_step(run) > 0)
    terminal.press("C-c")
    terminal.wait_for("ctrl+c")
    before = last_step(run)
    terminal.wait_for(lambda: last_step(run) > before)  # asking stops nothing
    terminal.press("C-c")
    terminal.wait_for("code 130")
    assert terminal.variable("alternate_on") == "0"
    assert "Traceback" not in terminal.screen()


def test_a_failure_while_training_is_shown_and_explained(terminal: Terminal, tmp_path: Path) -> None:
    run = tmp_path / "run"
    terminal.type(f"{VAE_TUI} train --data.name mnist5k --train.steps 100000 --run.dir run; echo code $?")
    terminal.wait_for(lambda: last_step(run) > 0)
    (run / "samples").rename(tmp_path / "elsewhere")
    (run / "samples").touch()  # the next picture cannot be written
    terminal.press("s")
    terminal.wait_for("training failed")
    assert terminal.variable("alternate_on") == "1"  # still on the screen, as an error panel
    terminal.press("q")
    terminal.wait_for("code 1")
    screen = terminal.screen()
    assert "cannot write to the run directory" in screen
    assert "train.log" in screen
    assert "Traceback" not in screen


def test_a_loss_that_is_not_finite_pauses_and_the_run_can_go_back(terminal: Terminal, tmp_path: Path) -> None:
    run = tmp_path / "run"
    terminal.type(
        f"{VAE_TUI} train --data.name mnist5k --optim.learning-rate 3e3 --optim.schedule constant --optim.name sgd"
        f" --optim.clip none --train.steps 100000 --run.dir run; echo code $?"
    )
    terminal.wait_for(lambda: states(run)[-1:] == ["paused"])
    terminal.wait_for("not finite")
    stuck_at = last_step(run)
    terminal.press("r")  # there is no checkpoint to go back to: that is said, and nothing else happens
    terminal.wait_for("no checkpoint")
    terminal.press("q", "y")
    terminal.wait_for("code 0")
    assert last_step(run) == stuck_at
    assert (run / "checkpoints" / str(stuck_at)).is_dir()


def test_the_knobs_are_turned_and_a_run_goes_back_by_keys(terminal: Terminal, tmp_path: Path) -> None:
    run = tmp_path / "run"
    terminal.type(f"{VAE_TUI} train --data.name mnist5k --train.steps 100000 --run.dir run; echo code $?")
    terminal.wait_for(lambda: last_step(run) > 0)
    terminal.press("c")
    terminal.wait_for(lambda: records(run, "checkpointed"))
    terminal.press(",")
    terminal.wait_for(lambda: records(run, "knobs_changed"))
    (changed,) = records(run, "knobs_changed")
    assert changed["learning_rate_scale"] < 1.0
    terminal.wait_for(lambda: last_step(run) > changed["step"])
    terminal.press("r", "y")
    terminal.wait_for(lambda: records(run, "rewound"))
    (rewound,) = records(run, "rewound")
    assert (run / "checkpoints" / str(rewound["step"])).is_dir()
    terminal.wait_for(lambda: states(run)[-1:] == ["paused"])
    terminal.press("Space")
    terminal.wait_for(lambda: records(run, "metrics")[-1]["time"] > rewound["time"])
    after = next(record for record in records(run, "metrics") if record["time"] > rewound["time"])
    assert after["first_step"] == rewound["step"] + 1
    terminal.press("i")
    terminal.wait_for("scale_by_adam")
    terminal.press("i", "q", "y")
    terminal.wait_for("code 0")
