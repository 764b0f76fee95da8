"""`vae-tui export`: the files of a run with checkpoints and metrics, and what is refused."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from command import Commands
from safetensors import safe_open
from safetensors.numpy import load_file
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.learning.checkpoint import CheckpointStore
from vae_tui.core.learning.mesh import local_mesh
from vae_tui.core.learning.train_state import TrainState, create_knobs
from vae_tui.core.protocol.events import Evaluated, Metrics
from vae_tui.core.run.event_log import RunLog
from vae_tui.core.run.rundir import RunDirectory

LOSSES = {10: 2.0, 20: 1.0, 30: 3.0}


def metrics(first_step: int, last_step: int) -> Metrics:
    values = np.arange(first_step, last_step + 1, dtype=np.float32)
    return Metrics(
        step=last_step,
        first_step=first_step,
        seconds=1.0,
        loss=values,
        reconstruction=values / 2,
        kl=values / 4,
        grad_norm=values / 8,
        learning_rate=values / 16,
    )


def save_checkpoints(run: RunDirectory) -> None:
    """One at each step of LOSSES: the raw parameters are the step, the averaged ones its half."""
    store = CheckpointStore(run.checkpoints_path, keep=5)
    for step, loss in LOSSES.items():
        raw = {
            "encoder": {"kernel": jnp.full((2, 3), float(step)), "bias": jnp.full(3, float(step))},
            "mean_image": jnp.full((2, 2), float(step)),
        }
        state = TrainState.create(
            apply_fn=lambda: None,
            params=raw,
            tx=optax.identity(),
            ema_params=jax.tree.map(lambda leaf: leaf / 2, raw),
            rng=jax.random.key(0),
            knobs=create_knobs(local_mesh()),
        )
        store.save(state.replace(step=jnp.int32(step)), run.config, tuple("0123456789"), loss)
    store.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 30 steps; the last ten were taken twice. Not to be written to."""
    path = tmp_path_factory.mktemp("runs") / "run"
    with RunDirectory.create(Config(run=RunConfig(dir=str(path)))) as run:
        log = RunLog(run)
        log.record(metrics(1, 20))
        log.record(metrics(21, 30))
        log.record(metrics(21, 30))
        log.record(Evaluated(step=30, split="validation", loss=3.0, reconstruction=2.0, kl=1.0))
        log.close()
        save_checkpoints(run)
    return path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Commands:
    monkeypatch.chdir(tmp_path)
    return Commands(capfd)


@pytest.mark.parametrize(
    ("words", "step", "source", "value"),
    [
        ("", 20, "ema", 10.0),
        ("--raw", 20, "raw", 20.0),
        ("--checkpoint best", 20, "ema", 10.0),
        ("--checkpoint latest", 30, "ema", 15.0),
        ("--checkpoint 10 --raw", 10, "raw", 10.0),
    ],
)
def test_the_parameters_of_a_checkpoint(
    run: Path, here: Commands, words: str, step: int, source: str, value: float, tmp_path: Path
) -> None:
    answer = here("export", run, "--safetensors", "a.safetensors", *words.split())
    assert answer.code == 0, answer
    kind = {"ema": "averaged", "raw": "raw"}[source]
    assert answer.stdout == f"a.safetensors: 13 {kind} parameters of {run}, step {step}\n"
    arrays = load_file(tmp_path / "a.safetensors")
    shapes = {"encoder/kernel": (2, 3), "encoder/bias": (3,), "mean_image": (2, 2)}
    assert {name: array.shape for name, array in arrays.items()} == shapes
    assert all((array == value).all() for array in arrays.values())
    with safe_open(tmp_path / "a.safetensors", "numpy") as file:
        assert (file.metadata()["step"], file.metadata()["source"]) == (str(step), source)


def test_the_metrics_as_a_table(run: Path, here: Commands, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    answer = here("export", run, "--csv", "a.csv", "--safetensors", "a.safetensors")
    assert answer.code == 0, answer
    assert answer.stdout.splitlines()[-1] == f"a.csv: the metrics of 30 steps of {run}"
    with open(tmp_path / "a.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(1, 31))
    assert [float(row["loss"]) for row in rows] == list(range(1, 31))
    assert [float(row["learning_rate"]) for row in rows] == [step / 16 for step in range(1, 31)]
    assert [row["validation_loss"] for row in rows] == [""] * 29 + ["3.0"]
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.safetensors"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "nothing to export; give --safetensors FILE, --csv FILE, or both"),
        ("--safetensors missing/a", "cannot write missing/a: there is no folder missing"),
        ("--csv .", "cannot write .: it is a folder"),
        ("--csv /proc/a.csv", "cannot write /proc/a.csv"),
        ("--safetensors /proc/a", "cannot write /proc/a"),
        ("--csv a --safetensors ./a", "cannot write a twice; name a file of its own for each output"),
        ("--safetensors a --checkpoint 7", "there is no checkpoint 7"),
    ],
)
def test_refusals(run: Path, here: Commands, words: str, said: str, tmp_path: Path) -> None:
    here("export", run, *words.split()).assert_refused(said)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_read_only_stays_as_it_is(run: Path, here: Commands) -> None:
    Path("a.csv").write_text("mine")
    Path("a.csv").chmod(0o444)
    here("export", run, "--csv", "a.csv").assert_refused("cannot write a.csv: it is read-only")
    assert Path("a.csv").read_text() == "mine"


def test_a_device_stays_one(run: Path, here: Commands) -> None:
    assert here("export", run, "--csv", "/dev/null", "--safetensors", "/dev/null").code == 0
    assert Path("/dev/null").is_char_device()


def test_no_such_run(here: Commands) -> None:
    here("export", "nowhere", "--csv", "a.csv").assert_refused("there is no run nowhere")
    here("export", "nowhere", "--safetensors", "a").assert_refused("there is no run nowhere")


def test_the_table_is_made_without_loading_jax(run: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from vae_tui.tui.cli.command_line import app; app.meta(sys.argv[1:]); print('jax' in sys.modules)"
    )
    words = ("export", str(run), "--csv", str(tmp_path / "a.csv"))
    result = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "False"


def test_where_a_checkpoint_is_damaged_the_next_one_is_written(run: Path, here: Commands, tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(run, tmp_path / "damaged"))
    shutil.rmtree(damaged / "checkpoints" / "30" / "state")
    reason = f"the checkpoint {damaged / 'checkpoints' / '30'} is damaged: its arrays cannot be read"
    answer = here("export", damaged, "--safetensors", "a.safetensors", "--checkpoint", "latest")
    assert answer.code == 0
    assert answer.stderr == f"vae-tui: {reason}; step 20 is used instead\n"
    assert answer.stdout.endswith(f"of {damaged}, step 20\n")
    answer = here("export", damaged, "--safetensors", "b.safetensors", "--checkpoint", "30")
    answer.assert_refused(reason)
    assert not Path("b.safetensors").exists()

    answer = here("runs", "check", damaged)
    assert answer.code == 1
    lines = answer.stdout.splitlines()
    assert lines == [
        f"the checkpoint {damaged / 'checkpoints' / '10'} is sound",
        f"the checkpoint {damaged / 'checkpoints' / '20'} is sound",
        reason,
    ]
    answer = here("runs", "check", run)
    assert (answer.code, answer.stdout.count("is sound")) == (0, 3)
