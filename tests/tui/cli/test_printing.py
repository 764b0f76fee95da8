"""What commands print of a run whose names and messages came from elsewhere."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from command import Commands
from vae_tui.core.config import Config, RunConfig
from vae_tui.core.protocol.events import Failed
from vae_tui.core.run.event_log import RunLog
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.cli.printing import print_text
from vae_tui.tui.cli.table import print_table

EVIL = "\x1b]2;owned\x07\u202e[b]\udcff"
SHOWN = "\ufffd]2;owned\ufffd\ufffd[b]\ufffd"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / "runs" / EVIL
    with RunDirectory.create(Config(run=RunConfig(dir=str(path)))) as directory:
        log = RunLog(directory)
        log.record(Failed(step=0, message=EVIL, traceback=EVIL))
        log.close()
    return path


def test_names_are_printed_without_what_a_terminal_would_obey(run: Path, capfd: pytest.CaptureFixture[str]) -> None:
    answer = Commands(capfd)("runs", "--base", run.parent)
    assert answer.code == 0
    assert SHOWN in answer.stdout
    assert not set("\x1b\x07\u202e") & set(answer.stdout)


@pytest.mark.parametrize("flags", [(), ("--debug",)])
def test_errors_are_printed_without_it(run: Path, capfd: pytest.CaptureFixture[str], flags: tuple[str, ...]) -> None:
    answer = Commands(capfd)("attach", run, *flags)
    assert answer.code == 2
    assert SHOWN in answer.stderr
    assert not set("\x1b\x07\u202e") & set(answer.stderr)


def test_a_table_on_a_terminal_shows_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_table(("run",), [(EVIL,), ("[/]",)])
    assert SHOWN in out.getvalue()
    assert "[/]" in out.getvalue()
    assert "\x1b]" not in out.getvalue()


def test_what_an_encoding_does_not_have_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out, "ascii"))
    print_text("é\x1b", flush=True)
    assert out.getvalue() == b"??\n"
