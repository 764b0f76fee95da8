"""Training in the background: real processes, what the command says of them, and what reaches them afterwards."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import COMMAND, Answer, environment, vae_tui
from hosted import LONG, SMALL, is_in_state, records, wait_for
from pseudoterminal import PseudoTerminal, is_alive
from vae_tui.core.run.rundir import holder, is_locked, last_checkpoint
from vae_tui.tui.process.exit_codes import INTERRUPTED

pytestmark = pytest.mark.process

TRAIN = ("train", "--detach", "--data.name", "mnist5k", *SMALL, "--train.steps", str(LONG), "--run.dir", "run")

STAND_IN = """
    import os
    from pathlib import Path
    from vae_tui.core.protocol.commands import Stop
    from vae_tui.core.protocol.events import Ended
    from vae_tui.core.live import live_run
    from vae_tui.tui.app import training_process
    from vae_tui.tui.cli import main

    def run_training(run, commands, listen, launch, *, attended, limits):
        {body}

    live_run.run_training = run_training
    training_process.START_SECONDS = {seconds}
    main()
"""
"""`vae-tui` with a stand-in for the training."""

STARTING = """
    import os, signal, sys
    from vae_tui.core.errors import UsageError
    from vae_tui.tui.process.background import start_in_background
    from vae_tui.tui.process.child import DeathError, Report
    from vae_tui.tui.process.terminal import end_process, let_go_of_terminal

    def work(pipe):
        {body}

    try:
        print("report", start_in_background(work))
    except DeathError as error:
        print("death", error.cause)
    print("pid", os.getpid())
"""
"""A program that starts a function in the background."""


WAITING = """
    Path("begun").touch()
    assert commands.get() == Stop(checkpoint=True)
    Path("stopped").touch()
    last = Ended(step=0, reason="stopped")
    listen(last)
    return last
"""
"""A stand-in that prepares the training until it is told to stop."""


def stand_in(body: str, *, seconds: float = 1000) -> tuple[str, ...]:
    """Return the command that trains in the background with a stand-in, and waits so many seconds for it."""
    indented = textwrap.indent(textwrap.dedent(body), "    ").strip()
    return sys.executable, "-c", textwrap.dedent(STAND_IN).format(body=indented, seconds=seconds), *TRAIN


def run_to_its_end(command: tuple[str, ...], folder: Path) -> Answer:
    """Run a command without a terminal."""
    result = subprocess.run(
        command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return Answer(result.returncode, result.stdout, result.stderr)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Path]:
    """The directory of a run. A process that still trains it at the end is killed."""
    yield tmp_path / "run"
    if (pid := holder(tmp_path / "run")) is not None:
        os.kill(pid, signal.SIGKILL)


def process_of(answer: Answer) -> int:
    """The process that trains, as the command says it."""
    found = re.search(r"^training    goes on in the background \(process (\d+)\)$", answer.stdout, re.MULTILINE)
    assert found is not None, answer
    return int(found[1])


# -- a run in the background


def test_it_is_told_once_the_model_trains_and_ends_properly(run: Path) -> None:
    answer = vae_tui(*TRAIN, cwd=run.parent)
    assert answer.code == 0, answer
    assert answer.stderr == ""
    pid = process_of(answer)
    assert holder(run) == pid
    name, _, attach, stop = answer.stdout.splitlines()
    assert (name, attach, stop) == (
        "run         run", "attach      vae-tui attach run", "stop        vae-tui stop run",
    )  # fmt: skip
    # On a slow machine it is told before, after START_SECONDS.
    wait_for(lambda: any(record["type"] == "model_ready" for record in records(run)))
    wait_for(lambda: is_in_state(run, "training"))
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not is_locked(run))
    last = records(run)[-1]
    assert (last["type"], last["reason"]) == ("ended", "stopped")
    assert last_checkpoint(run) == run / "checkpoints" / str(last["step"])
    wait_for(lambda: not is_alive(pid))


def test_no_terminal_reaches_it(run: Path) -> None:
    """Neither the signals of its terminal nor the end of it, and nothing is said there any more."""
    with PseudoTerminal(*COMMAND, *TRAIN, cwd=run.parent, environment=environment()) as terminal:
        assert terminal.wait() == 0
        pid = holder(run)
        assert pid is not None
        listed = subprocess.run(["ps", "-o", "tty=", "-p", str(pid)], capture_output=True, text=True, check=True)
        assert listed.stdout.strip() in ("?", "??")
        assert os.getsid(pid) == pid
        if sys.platform == "linux":
            opened = [os.readlink(descriptor) for descriptor in Path(f"/proc/{pid}/fd").iterdir()]
            assert not any(name.startswith(("/dev/pts", "/dev/tty")) for name in opened)
        terminal.cut()
    os.kill(pid, signal.SIGHUP)
    wait_for(lambda: is_in_state(run, "training"))
    before = len(records(run))
    wait_for(lambda: len(records(run)) > before)
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not is_alive(pid))
    assert records(run)[-1]["reason"] == "stopped"


def test_a_long_preparation_is_not_waited_for(run: Path) -> None:
    answer = run_to_its_end(stand_in(WAITING, seconds=0.2), run.parent)
    assert answer.code == 0, answer
    os.kill(process_of(answer), signal.SIGTERM)
    wait_for((run.parent / "stopped").exists)
    wait_for(lambda: not is_locked(run))


def test_a_run_that_ends_first_is_told_with_its_end(run: Path) -> None:
    answer = run_to_its_end(stand_in('listen(last := Ended(step=0, reason="stopped")); return last'), run.parent)
    assert answer.code == 0, answer
    assert answer.stderr == ""
    assert answer.stdout.splitlines() == [
        "run         run",
        "checkpoint  none yet",
        "resume      not possible without a checkpoint; start a new run",
    ]
    assert not is_locked(run)


def test_what_is_impossible_is_one_line_and_leaves_nothing_behind(run: Path) -> None:
    vae_tui(*TRAIN, "--optim.freeze", "encodre", cwd=run.parent).assert_refused(
        "optim.freeze is encodre; it must be a pattern of a parameter's path"
    )
    assert list(run.parent.iterdir()) == []


def test_a_run_that_fails_is_told_with_its_log(run: Path) -> None:
    answer = run_to_its_end(stand_in("raise ArithmeticError('no such number')"), run.parent)
    assert answer.code == 1
    assert "no such number" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not is_locked(run)


def test_ctrl_c_ends_it_before_it_is_told(run: Path) -> None:
    with PseudoTerminal(*stand_in(WAITING), cwd=run.parent, environment=environment()) as terminal:
        terminal.wait_for((run.parent / "begun").exists)
        terminal.type("\x03")
        assert terminal.wait() == INTERRUPTED
        assert "Traceback" not in terminal.text
    wait_for((run.parent / "stopped").exists)
    wait_for(lambda: not is_locked(run))


@pytest.mark.parametrize(
    ("end", "cause"),
    [
        ("os.abort()", "SIGABRT: a library aborted the process"),
        ("os.kill(os.getpid(), 9)", "SIGKILL: it was killed, perhaps because memory ran out"),
        ("os._exit(3)", "exit code 3"),
    ],
)
def test_a_process_that_dies_is_one_explained_error(run: Path, end: str, cause: str) -> None:
    answer = run_to_its_end(stand_in(f"os.write(2, b'before\\nwhat():  std::bad_alloc\\nafter\\n'); {end}"), run.parent)
    assert answer.code == 1
    assert answer.stdout == ""
    first, *others = answer.stderr.splitlines()
    assert first == f"vae-tui: the training process was ended by {cause}"
    assert others == [
        "what():  std::bad_alloc",
        "log         run/train.log",
        "run         run",
        "checkpoint  none yet",
        "resume      not possible without a checkpoint; start a new run",
    ]
    assert not is_locked(run)


# -- a function in the background


def start(body: str, folder: Path) -> list[str]:
    """Start a function with this body in the background. Return what the program says of it."""
    code = textwrap.dedent(STARTING).format(body=body)
    answer = run_to_its_end((sys.executable, "-c", code), folder)
    assert answer.code == 0, answer
    return answer.stdout.splitlines()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("pipe.send(Report(3)); pipe.send(Report(4)); end_process(0)", "report Report(result=3, "),
        ("raise UsageError('there is no such thing')", "report Report(result=None, error=UsageError('there is no "),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "death SIGSEGV"),
        ("end_process(3)", "death exit code 3"),
        ("raise type('Local', (UsageError,), {})()", "death exit code 1"),
    ],
    ids=["report", "error", "death", "no report", "no pickle"],
)
def test_a_function_reports_once_or_dies(tmp_path: Path, body: str, said: str) -> None:
    first, second = start(body, tmp_path)
    assert first.startswith(said)
    assert second.startswith("pid "), "the function's process never goes on as its parent"


def test_a_long_report_comes_in_whole(tmp_path: Path) -> None:
    first, _ = start("pipe.send(Report('x' * 300_000)); end_process(0)", tmp_path)
    assert len(first) > 300_000


def test_it_goes_on_after_its_report(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    body = "let_go_of_terminal(); pipe.send(Report()); open('fifo').read(); open('done', 'w').close(); end_process(0)"
    start(body, tmp_path)
    (tmp_path / "fifo").write_text("go on")
    wait_for((tmp_path / "done").exists)
