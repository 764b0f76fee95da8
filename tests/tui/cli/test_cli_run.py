"""A run from the command line, really trained on the packaged digits: begun, resumed, drawn from, measured."""

import json
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from command import COMMAND, Answer, Commands, environment, vae_tui
from logs import read_records
from PIL import Image
from pseudoterminal import wait_for
from safetensors.numpy import load_file
from vae_tui.core.run.rundir import is_locked

SMALL = (
    *("--data.name", "mnist5k", "--train.batch-size", 50, "--run.sample-steps", 10),
    *("--model.hidden", 32, "--model.latents", 4),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    """A finished run of 20 steps in a folder of its own, and what the command said. Not to be written to."""
    folder = tmp_path_factory.mktemp("trained")
    answer = vae_tui(*SMALL, "--train.steps", 20, "--run.dir", "run", cwd=folder)
    return folder / "run", answer


@pytest.fixture
def run(trained: tuple[Path, Answer], tmp_path: Path) -> Path:
    """A copy of the finished run."""
    return Path(shutil.copytree(trained[0], tmp_path / "run"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Commands:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return Commands(capfd)


def files(path: Path) -> dict[str, float]:
    return {str(file): file.stat().st_mtime for file in path.rglob("*")}


def metrics_steps(run: Path) -> list[int]:
    """The steps that the log has metrics of, in its order."""
    lines = [record for record in read_records(run / "events.jsonl") if record["type"] == "metrics"]
    assert all(len(line[name]) == line["step"] - line["first_step"] + 1 for line in lines for name in ("loss", "kl"))
    return [step for line in lines for step in range(line["first_step"], line["step"] + 1)]


def test_a_run_says_where_it_is_and_how_to_go_on(trained: tuple[Path, Answer]) -> None:
    _, answer = trained
    assert answer.code == 0, answer
    assert answer.stderr == (
        "vae-tui: standard input is not a terminal: training without the screen, as with --headless\n"
    )
    *_, trained_in, validation, run, checkpoint, go_on, sample, evaluate = answer.stdout.splitlines()
    assert re.fullmatch(r"trained     20 steps in [\d:]+.*", trained_in)
    assert re.fullmatch(r"validation  \d+\.\d\d at step 20", validation)
    assert (run, checkpoint) == ("run         run", "checkpoint  run/checkpoints/20")
    assert go_on == "go on       vae-tui train --resume run --train.steps 40"
    assert sample == "sample      vae-tui sample run"
    assert evaluate == "evaluate    vae-tui eval run --split validation", "these images have no test split"
    assert any("validation loss at step 20" in line for line in answer.stdout.splitlines())


def test_the_run_directory_has_what_is_promised(trained: tuple[Path, Answer]) -> None:
    run, _ = trained
    assert json.loads((run / "config.json").read_text())["model"]["hidden"] == [32]
    assert metrics_steps(run) == list(range(1, 21))
    records = read_records(run / "events.jsonl")
    assert all(list(record)[:3] == ["type", "time", "step"] for record in records)
    assert records[-1]["type"] == "ended"
    pictures = [record["file"] for record in records if record["type"] == "sampled"]
    assert len(pictures) == 3  # before the first step, and every ten
    assert all(Image.open(run / picture).format == "PNG" for picture in pictures)
    assert (run / "checkpoints" / "20").is_dir()
    assert (run / "train.log").exists()


def test_a_failure_is_one_line_with_the_log_and_exit_code_1(here: Commands, tmp_path: Path) -> None:
    answer = here(*SMALL, "--headless", "--run.dir", "bad", "-l", "1e30", "--optim.warmup-steps", 0)
    assert answer.code == 1
    reason, log, resume = answer.stderr.splitlines()
    assert reason.startswith("vae-tui: the loss is not finite at step ")
    assert log == "log         bad/train.log"
    assert resume.startswith("resume      ")
    assert "Traceback" not in answer.stdout
    assert "Traceback" in (tmp_path / "bad" / "train.log").read_text()


@pytest.mark.process
def test_a_finished_run_can_be_made_longer_and_stopped(run: Path) -> None:
    arguments = ("--resume", "run", "--train.steps", "1000000")
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=run.parent, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        while process.poll() is None and metrics_steps(run)[-1] == 20:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    steps = metrics_steps(run)
    assert steps == list(range(1, steps[-1] + 1))
    assert json.loads((run / "config.json").read_text())["train"]["steps"] == 1_000_000
    assert f"checkpoint  run/checkpoints/{steps[-1]}\nresume      vae-tui train --resume run\n" in stdout
    assert (run / "checkpoints" / str(steps[-1])).is_dir()


class TestSample:
    def test_one_class_as_files(self, trained: tuple[Path, Answer], here: Commands, tmp_path: Path) -> None:
        before = files(trained[0])
        answer = here("sample", trained[0], "--label", 7, "--count", 5, "--png", "a.png", "--npz", "a.npz")
        assert answer.code == 0, answer
        assert "5 samples from step 20" in answer.stdout
        with np.load(tmp_path / "a.npz") as arrays:
            assert arrays["images"].shape == (5, 28, 28)
            assert arrays["images"].dtype == np.uint8
            assert arrays["labels"].tolist() == [7] * 5
            images = arrays["images"]
        picture = np.asarray(Image.open(tmp_path / "a.png"))
        assert picture.shape == (2 + 2 * 30, 2 + 3 * 30)
        np.testing.assert_array_equal(picture[2:30, 32:60], images[1])
        assert files(trained[0]) == before
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "a.png"]

    def test_every_class_has_a_row(self, trained: tuple[Path, Answer], here: Commands, tmp_path: Path) -> None:
        assert here("sample", trained[0], "--count", 2, "--png", "a.png", "--npz", "a.npz").code == 0
        with np.load(tmp_path / "a.npz") as arrays:
            assert arrays["labels"].tolist() == [label for label in range(10) for _ in range(2)]
        assert Image.open(tmp_path / "a.png").size == (2 + 2 * 30, 2 + 10 * 30)

    def test_the_seed_decides(self, trained: tuple[Path, Answer], here: Commands) -> None:
        def drawn(*arguments: object) -> str:
            return here("sample", trained[0], "--label", 3, "--count", 1, "--temperature", 3, *arguments).stdout

        first = drawn()
        assert drawn("--seed", 0) == first
        assert drawn("--seed", 1) != first

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ("--count 10001", "at most 100,000"),
            ("--count 1 --label 10", "there is no class 10; classes are 0 to 9"),
            ("--count 1 --label -1", "there is no class -1"),
            ("--count 1 --checkpoint 7", "there is no checkpoint 7"),
            ("--count 1 --checkpoint newest", "there is no checkpoint newest"),
            ("--count 1 --png .", "cannot write ."),
        ],
    )
    def test_refusals(self, trained: tuple[Path, Answer], here: Commands, words: str, said: str) -> None:
        here("sample", trained[0], *words.split()).assert_refused(said)


class TestEval:
    def test_the_figures_are_those_of_the_training(self, trained: tuple[Path, Answer], here: Commands) -> None:
        before = files(trained[0])
        answer = here("eval", trained[0], "--split", "validation")
        assert answer.code == 0, answer
        figures = {line.split()[0]: line.split()[1] for line in answer.stdout.splitlines()}
        found = [record for record in read_records(trained[0] / "events.jsonl") if record["type"] == "evaluated"][-1]
        for name in ("loss", "reconstruction", "kl"):
            assert float(figures[name]) == pytest.approx(found[name], abs=0.006)
        assert files(trained[0]) == before

    def test_a_data_set_without_that_split(self, trained: tuple[Path, Answer], here: Commands) -> None:
        here("eval", trained[0], "--split", "test").assert_refused("mnist5k has no test split")


def test_fine_tuning_starts_from_another_run_and_leaves_what_is_frozen(here: Commands, run: Path) -> None:
    tuned = ("--train.init-from", "run", "--optim.freeze", "encoder", "prior", "--run.dir", "tuned")
    answer = here(*SMALL, "--headless", "--train.steps", 5, *tuned)
    assert answer.code == 0, answer
    assert re.search(r"from .*run, step 20: (\d+) of \1 arrays", answer.stdout)
    assert "parameters are frozen" in answer.stdout
    assert json.loads((run.parent / "tuned" / "config.json").read_text())["train"]["init_from"] == str(run)
    for name in ("run", "tuned"):
        here("export", name, "--safetensors", f"{name}.safetensors")
    before, after = (load_file(run.parent / f"{name}.safetensors") for name in ("run", "tuned"))
    changed = {path.split("/")[0] for path in before if (before[path] != after[path]).any()}
    assert changed == {"decoder"}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--optim.freeze", "encodre"), "optim.freeze is encodre; it must be a pattern of a parameter's path"),
        (("--train.init-from", "nowhere"), "there is no run nowhere"),
        (("--train.init-from", "no.safetensors"), "there is no file no.safetensors"),
        (("--optim.schedule", "exponential", "--optim.end-factor", 0), "optim.end-factor is 0.0; it must be above 0"),
    ],
)
def test_what_cannot_be_trained_leaves_no_run_behind(
    here: Commands, tmp_path: Path, flags: tuple[object, ...], said: str
) -> None:
    answer = here(*SMALL, "--headless", "--train.steps", 5, "--run.dir", "new", *flags)
    assert answer.code == 2
    (line,) = answer.stderr.splitlines()
    assert said in line
    assert not (tmp_path / "new").exists()


@pytest.mark.process
def test_a_run_in_the_background_is_joined_only_where_it_can_be_shown(here: Commands, tmp_path: Path) -> None:
    started = vae_tui(*SMALL, "--detach", "--run.dir", "new", "--train.steps", 1_000_000, cwd=tmp_path)
    assert started.code == 0, started
    try:
        here("attach", "new").assert_refused("is not a terminal: attach from a terminal that can show the screen")
        here("--resume", "new").assert_refused("new is in use by process ")
    finally:
        assert here("stop", "new").code == 0
    assert not is_locked(tmp_path / "new")


@pytest.mark.process
@pytest.mark.parametrize(("flag", "closed"), [("--detach", "<&-"), ("--headless", "2>&-"), ("--detach", "<&- 2>&-")])
def test_a_run_keeps_its_lock_where_a_standard_stream_is_closed(tmp_path: Path, flag: str, closed: str) -> None:
    """As cron and ssh may leave it: the next file that is opened gets the number of the stream."""
    words = map(str, (*COMMAND, *SMALL, flag, "--run.dir", "new", "--train.steps", 300))
    script = f'"$@" {closed}'
    code = subprocess.run(["sh", "-c", script, "sh", *words], cwd=tmp_path, env=environment(), check=False).returncode
    assert code == 0
    wait_for(lambda: not is_locked(tmp_path / "new"))
    assert read_records(tmp_path / "new" / "events.jsonl")[-1]["reason"] == "finished"


def test_event_files_are_written_beside_the_run(here: Commands, tmp_path: Path) -> None:
    answer = here(*SMALL, "--headless", "--train.steps", 5, "--run.dir", "new", "--run.tensorboard")
    assert answer.code == 0, answer
    assert any(file.stat().st_size for file in (tmp_path / "new" / "tensorboard").iterdir())


def test_the_importance_weighted_bound_is_measured_when_asked_for(here: Commands, run: Path) -> None:
    plain = here("eval", "run", "--split", "validation")
    tighter = here("eval", "run", "--split", "validation", "--iw-samples", 20)
    loss, bound = (re.search(rf"^{name} +([\d.]+) ", tighter.stdout, re.MULTILINE) for name in ("loss", "iw bound"))
    assert loss is not None
    assert bound is not None
    assert float(bound[1]) < float(loss[1])
    assert "iw bound" not in plain.stdout
    assert re.search(r"^class +2\.30 ", plain.stdout, re.MULTILINE)
    assert re.search(r"active latents +\d of 4 ", plain.stdout)
    assert here("eval", "run", "--iw-samples", -1).code == 2
