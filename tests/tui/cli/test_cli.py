"""The command line as a user meets it: help, refusals, exit codes. The real command in its own process."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command import COMMAND, Answer, Commands, environment, vae_tui
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.cli.command_line import COMMANDS


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Commands:
    """Commands in this process and in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Commands(capfd)


HEADINGS = ("", "Training", "Runs", "Model", "More")
NO_COMMAND_YET = ["jax", "flax", "optax", "orbax", "textual", "numpy", "tensorflow_datasets"]


@pytest.mark.parametrize("words", ["--help", "--version", "train --help", "data prepare --help"])
def test_help_is_quick_because_little_is_imported(words: str, tmp_path: Path) -> None:
    code = f"""
import atexit, sys
atexit.register(lambda: print("imported:", *(name for name in {NO_COMMAND_YET!r} if name in sys.modules)))
from vae_tui.tui.cli import main
main()
"""
    result = subprocess.run(
        [sys.executable, "-c", code, *words.split()], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1].split() == ["imported:"]
    assert len(result.stdout) > len("imported:\n0.1\n")
    assert list(tmp_path.iterdir()) == []


def test_every_command_shows_its_help_without_importing_the_app_or_the_model(tmp_path: Path) -> None:
    code = """
import sys
from vae_tui.tui.cli.command_line import COMMANDS, app
for _, name, _, _ in COMMANDS:
    app.meta([name, "--help"])
print("imported:", *(name for name in ("jax", "flax", "orbax", "textual") if name in sys.modules))
"""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "imported:"
    for _, name, _, text in COMMANDS:
        assert f"Usage: vae-tui {name} " in result.stdout
        assert " ".join(text.split()[:3]) in result.stdout


def test_the_help_is_one_screen_with_train_first(here: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = here("--help").stdout.rstrip("\n").splitlines()
    assert len(lines) <= 22
    names = [line[9:].split()[0] for line in lines if line[9:10].strip() and line[:9].strip() in HEADINGS]
    assert names == [*(name for _, name, _, _ in COMMANDS), "--version"]
    assert names[0] == "train"
    assert "--debug" in "".join(lines)


def test_the_help_has_every_flag_with_its_default(tmp_path: Path) -> None:
    text = vae_tui("train", "--help", cwd=tmp_path).stdout
    headings = [line.split()[1] for line in text.splitlines() if line.startswith("╭")]
    assert headings[:4] == ["Common", "Start", "Data", "Model"]
    words = " ".join(text.replace("│", " ").split())
    assert "--train.batch-size -b INT Images per step. [default: 128]" in words
    assert "--run.dir -o STR The run's directory (default: runs/DATE-DATASET-N in the working directory)" in words
    for section, fields in Config().to_json().items():
        for name in fields:
            assert f"--{section}.{name.replace('_', '-')} " in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--epochs 3", "Did you mean --train.epochs?"),
        ("trian", "Did you mean train?"),
        ("data prepair mnist", "Did you mean prepare?"),
        ("--train.patience 0", "train.patience is 0; it must be at least 1 evaluation"),
        ("--train.epochs 0", "train.epochs is 0; it must be at least 1 epoch"),
        ("--model.latents 0", "model.latents is 0"),
        ("--optim.learning-rate -0.1", "optim.learning-rate is -0.1"),
        ("--config missing.json", "cannot read the configuration file missing.json"),
        ("--config broken.json", "broken.json is not valid JSON"),
        ("--config odd.json", "unknown field trian"),
        ("--data.name elefant", "elefant"),
        ("--data.name mnist5k --run.dir taken", "holds a run already; continue it with --resume taken"),
        ("--data.name mnist5k --run.dir file", "is a file"),
        ("--data.name mnist5k --run.dir file/below", "cannot make the run directory"),
        ("--like nowhere", "there is no run nowhere"),
        ("--like taken --resume taken", "choose one of them"),
        ("--preset conv --resume taken", "leave out --preset"),
        ("--preset slow", "Choose from"),
        ("--resume nowhere", "there is no run nowhere"),
        ("--resume latest", "there are no runs"),
        ("--resume taken --train.seed 3", "--train.seed cannot be changed when a run is resumed"),
        ("--resume taken --optim.learning-rate 1e-4", "`,` and `.` on the screen change the rate"),
        ("--resume taken --config odd.json", "--config cannot be changed"),
        ("sample nowhere", "there is no run nowhere"),
        ("sample taken --count 0", "--count is 0"),
        ("sample taken --temperature nan", "--temperature is nan"),
        ("sample taken --seed -1", "--seed is -1"),
        ("sample taken --png missing/out.png", "cannot write missing/out.png"),
        ("sample taken", "no checkpoint"),
        ("eval taken --split all", 'Choose from: "test", "validation", "train"'),
        ("data prepare elefant", "elefant"),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(words: str, said: str, here: Commands, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "odd.json").write_text('{"trian": {}}')
    RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / "taken")))).close()
    before = sorted(tmp_path.rglob("*"))
    here(*words.split()).assert_refused(said)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_locked_run_is_refused(tmp_path: Path) -> None:
    with RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / "run")))):
        vae_tui("--resume", "run", cwd=tmp_path).assert_refused(f"in use by process {os.getpid()}")


def test_debug_shows_where_an_error_came_from(here: Commands) -> None:
    result = here("--debug", "--train.epochs", 0)
    assert result.code == 2
    assert "Traceback" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("vae-tui: train.epochs is 0")


class TestRuns:
    def test_none(self, here: Commands) -> None:
        result = here("runs")
        assert result.code == 0
        assert "there are no runs" in result.stdout

    def test_labels_deletion_and_json(self, here: Commands, tmp_path: Path) -> None:
        for name in ("kept", "sweep-seed/gone"):
            RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / "runs" / name)))).close()
        assert here("runs", "tag", "kept", "good", "base").stdout == "kept: base good\n"
        assert here("runs", "note", "kept", "a [/] note").stdout == "kept: a [/] note\n"
        refused = here("runs", "delete", "sweep-seed/gone")
        assert (refused.code, "--yes" in refused.stderr) == (2, True), "there is no terminal to ask on"
        deleted = here("runs", "delete", "sweep-seed/gone", "--yes").stdout
        assert deleted == "runs/sweep-seed/gone is in the trash; `vae-tui runs restore` brings it back\n"
        (listed,) = json.loads(here("runs", "--json").stdout)
        assert (listed["path"], listed["tags"], listed["note"]) == (
            str(tmp_path / "runs" / "kept"),
            ["base", "good"],
            "a [/] note",
        )
        assert here("runs", "restore").stdout == "runs/sweep-seed/gone is back\n"
        assert {run["name"] for run in json.loads(here("runs", "--json").stdout)} == {"kept", "sweep-seed/gone"}

    def test_plain_columns(self, here: Commands, tmp_path: Path) -> None:
        columns = {name: [99.5] for name in ("loss", "reconstruction", "kl", "grad_norm", "learning_rate")}
        metrics = {"type": "metrics", "time": 1.0, "step": 1234, "first_step": 1234, "seconds": 0.1} | columns
        evaluated = {"type": "evaluated", "time": 1.0, "step": 1234, "split": "validation"}
        evaluated |= {"loss": 105.678, "reconstruction": 80.0, "kl": 25.678}
        ends = {
            "first": {"type": "ended", "time": 2.0, "step": 1234, "reason": "finished"},
            "second": {"type": "state_changed", "time": 2.0, "step": 1234, "state": "training"},
        }
        for name, end in ends.items():
            with RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / "all" / name)))) as run:
                lines = [json.dumps(line, separators=(",", ":")) + "\n" for line in (metrics, evaluated, end)]
                run.events_path.write_text("".join(lines))
        result = here("runs", "all", "--plain")
        assert result.code == 0
        assert here("runs", "--base", "all").stdout == result.stdout
        here("runs", "all/first").assert_refused("all/first is a run, not a folder of runs")
        here("runs", "restor").assert_refused("there is no folder restor; did you mean `vae-tui runs restore`?")
        header, first, second = result.stdout.splitlines()
        assert header.split() == ["run", "data", "set", "model", "state", "step", "loss", "validation", "started"]
        assert first.split()[:7] == ["first", "auto", "dense", "finished", "1,234", "99.50", "105.68"]
        assert second.split()[3] == "crashed"

    @pytest.mark.parametrize(
        ("width", "left_out"), [(120, ()), (80, ("started",)), (60, ("started", "model", "data set")), (20, None)]
    )
    def test_a_narrow_terminal_has_whole_names_and_fewer_columns(
        self,
        here: Commands,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        width: int,
        left_out: tuple[str, ...] | None,
    ) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(width))
        name = "2026-11-25-mnist5k-1"
        RunDirectory.create(Config(run=RunConfig(dir=str(tmp_path / "runs" / name)))).close()
        lines = re.sub(r"\x1b\[[\d;]*m", "", here("runs").stdout).splitlines()
        assert all(len(line) <= width for line in lines)
        if left_out is not None:
            (header,) = (line for line in lines if "state" in line)
            assert {word for word in ("data set", "model", "started") if word not in header} == set(left_out)
            assert any(name in line for line in lines)


def test_data_lists_the_packaged_digits_as_ready(here: Commands, tmp_path: Path) -> None:
    result = here("data", "--data.dir", tmp_path)
    assert result.code == 0
    rows = {line.split()[0]: line.split()[1] for line in result.stdout.splitlines()[1:]}
    assert rows["mnist5k"] == "yes"
    assert rows["kmnist"] == "no"


def test_a_reader_who_leaves_is_no_error(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "data"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_a_batch_that_does_not_fit_leaves_no_directory(here: Commands, tmp_path: Path) -> None:
    answer = here("train", "--headless", "-d", "mnist5k", "-b", 5000, "-o", "run")
    answer.assert_refused("train.batch-size is 5000, but the training split has only 4,500 images")
    assert not (tmp_path / "run").exists()


def test_a_run_without_a_checkpoint_cannot_be_resumed(here: Commands, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{}")
    here("train", "--resume", "run").assert_refused("run has no checkpoint to resume from")


@pytest.mark.process
def test_an_interpreter_without_the_texts_of_the_help_is_refused(tmp_path: Path) -> None:
    command = (sys.executable, "-OO", *COMMAND[1:], "train", "--help")
    result = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    Answer(result.returncode, result.stdout, result.stderr).assert_refused("unset PYTHONOPTIMIZE, or set it to 1")


@pytest.mark.process
@pytest.mark.parametrize("words", ["runs", "--help"])
def test_output_that_cannot_be_written_is_one_line(tmp_path: Path, words: str) -> None:
    command = [*COMMAND, words]
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            command, cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert result.returncode == 1
    assert result.stderr == "vae-tui: cannot write to standard output: No space left on device\n"
