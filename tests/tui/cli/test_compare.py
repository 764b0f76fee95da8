"""`vae-tui compare` without its screen: tables, JSON, CSV, input that is refused, and ctrl+c before the screen."""

import csv
import json
import sys
from pathlib import Path

import pytest
from command import Commands
from compared import ready, write_run
from compared_runs import write_variants
from PIL import Image
from pseudoterminal import PseudoTerminal
from vae_tui.tui.process.exit_codes import INTERRUPTED


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Commands:
    write_variants(tmp_path / "runs", 3)
    monkeypatch.chdir(tmp_path)
    return Commands(capfd)


def test_tables(here):
    answer = here("compare", "defaults", "gaussian")
    assert answer.code == 0, answer
    words = [line.split() for line in answer.stdout.splitlines()]
    assert ["setting", "A", "defaults", "B", "gaussian"] in words
    assert ["model.likelihood", "bernoulli", "gaussian"] in words
    assert ["comparable", "to", "A", "yes", "no:", "other", "likelihood"] in words
    assert ["at", "step", "300", "300"] in words
    assert ["training", "time", "0:03", "0:04"] in words


def test_json(here):
    found = json.loads(here("compare", "defaults", "low-rate", "gaussian", "--json").stdout)
    assert [row["setting"] for row in found["differences"]] == ["model.likelihood", "optim.learning_rate"]
    assert found["differences"][0]["values"] == ["bernoulli", "bernoulli", "gaussian"]
    assert [run["name"] for run in found["runs"]] == ["defaults", "low-rate", "gaussian"]
    assert [run["best_step"] for run in found["runs"]] == [300, 300, 300]
    assert found["runs"][1]["not_comparable"] == []
    assert found["runs"][2]["not_comparable"] == [{"losses": "all", "reason": "other likelihood"}]
    assert found["runs"][0]["test_loss"] is None


def test_csv(here):
    answer = here("compare", "defaults", "low-rate", "--csv", "curves.csv")
    assert answer.code == 0, answer
    with open("curves.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert f"{len(rows):,} values of 2 runs" in answer.stdout
    last = [row for row in rows if row["metric"] == "loss" and row["step"] == "300"]
    assert [(row["run"], row["epoch"], row["seconds"]) for row in last] == [
        ("defaults", "6", "3"),
        ("low-rate", "5", "3.6"),
    ]


def test_png(here):
    answer = here("compare", "defaults", "low-rate", "--png", "curves.png")
    assert answer.code == 0, answer
    assert answer.stdout == "curves.png: the losses of 2 runs\n"
    with Image.open("curves.png") as picture:
        colors = {color for _, color in picture.getcolors(1 << 21) or ()}
        assert picture.size == (1600, 900)
        assert {(0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)} <= colors, "a curve of each run"
        assert (0x00, 0x9E, 0x73) not in colors


def test_a_png_of_a_run_without_a_step(here):
    write_run(Path("runs/empty"), *ready())
    assert here("compare", "empty", "--png", "curves.png", "--json").code == 0
    assert Path("curves.png").stat().st_size


def test_bad_input_is_refused_and_nothing_is_written(here):
    here("compare").assert_refused("name the runs to compare")
    here("compare", "defaults", "nothing", "--csv", "out.csv").assert_refused("there is no run nothing")
    here("compare", "defaults", "runs/defaults", "--json").assert_refused("is given twice")
    here("compare", *["defaults"] * 9).assert_refused("1 to 8 runs; 9 were given")
    here("compare", "defaults", "--csv", "no/such/out.csv").assert_refused("there is no folder")
    here("compare", "defaults", "--csv", "out", "--png", "out").assert_refused("cannot write out twice")
    with open("runs/low-rate/events.jsonl", "a") as file:
        file.write("{nonsense\n")
    here("compare", "defaults", "low-rate", "--csv", "out.csv").assert_refused("low-rate/events.jsonl is damaged")
    assert not Path("out.csv").exists()


READING = """
import time
from pathlib import Path
from vae_tui.core.comparison import ComparedRun
from vae_tui.tui.cli import main

def read(run):
    Path("reading").touch()
    time.sleep(10**6)

ComparedRun.read = read
main()
"""


@pytest.mark.process
def test_ctrl_c_ends_it_while_long_logs_are_read(tmp_path: Path) -> None:
    write_variants(tmp_path / "runs", 2)
    command = (sys.executable, "-c", READING, "compare", "defaults", "low-rate")
    with PseudoTerminal(*command, cwd=tmp_path) as terminal:
        terminal.wait_for((tmp_path / "reading").exists)
        terminal.type("\x03")
        assert terminal.wait() == INTERRUPTED
        assert "Traceback" not in terminal.text
        assert terminal.modes == terminal.modes_before
