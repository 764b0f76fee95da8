"""`vae-tui train`: train a new or a resumed run.

`vae-tui --help` shows the flags of this command, so NumPy, JAX and Textual are imported only when it runs.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ...core.errors import UsageError
from ..process.background import start_in_background
from ..process.child import DeathError, ScreenError
from ..process.exit_codes import INTERRUPTED
from ..process.printable import printable
from ..process.supervisor import OnHangup, Supervisor
from ..process.terminal import end_process, output_to, why_no_screen
from ..process.watcher import Watcher
from .config_flags import Flags, given
from .printing import print_text
from .screen_flags import Screen, ScreenFlags, screen_options_of

if TYPE_CHECKING:
    from ...core.run import RunDirectory
    from ..app.screen_options import ScreenOptions


def train(
    *,
    flags: Annotated[Flags, Parameter(name="*")] = Flags(),  # noqa: B008 # pyright: ignore[reportInvalidTypeForm]
    config: Path | None = None,
    like: str | None = None,
    resume: str | None = None,
    headless: bool = False,
    detach: bool = False,
    on_hangup: Literal["continue", "stop"] = "continue",
    screen: Screen = ScreenFlags(),  # noqa: B008 (frozen)
) -> int:
    """Train a model, with the screen where there is a terminal. `vae-tui` without a command does the same.

    Parameters
    ----------
    config:
        A JSON file with some or all settings, like a run's config.json; flags override it.
    like:
        Take the settings of another run (directory, name, or latest); flags override them.
    resume:
        Resume a run (directory, name, or latest); --train.steps, --train.epochs and --train.patience change its length.
    headless:
        Train without the screen.
    detach:
        Train in the background, and print how to attach.
    on_hangup:
        What to do when the terminal is lost: continue without it, or stop with a checkpoint.
    """
    from .run_to_train import new_run, resumed_run

    if headless and detach:
        raise UsageError("--headless trains in this terminal, --detach in the background: choose one of them")
    options = screen_options_of(screen)
    if resume and like:
        raise UsageError("--resume continues a run with its own settings; --like starts a new one: choose one of them")
    if resume:
        run, note = resumed_run(resume, given(flags), config), ""
    else:
        run, note = new_run(given(flags), config, like)
    is_resumed = resume is not None
    if detach:
        return _train_detached(run, resume=is_resumed, note=note)
    reason = "" if headless else why_no_screen()
    if reason:
        print_text(f"vae-tui: {reason}: training without the screen, as with --headless", error=True)
    if headless or reason:
        return _train_here(run, resume=is_resumed, on_hangup=on_hangup, note=note)
    return _train_on_screen(run, resume=is_resumed, on_hangup=on_hangup, note=note, options=options)


def _train_here(run: RunDirectory, *, resume: bool, on_hangup: OnHangup, note: str) -> int:
    """Train without a screen, in this process, and report in plain text."""
    from ...core.protocol import Failed
    from ...core.training.run_training import is_preparing
    from .headless import train_headless
    from .outcome import error_of, error_of_death, lines_when_over

    path, log_start = run.path, _size(run.log_path)
    death = DeathError("a signal, perhaps because memory ran out, or by a library")
    watcher = Watcher(lambda: f"\nvae-tui: {error_of_death(path, death, log_start)}\n")
    with run, watcher, output_to(run.log_path) as terminal:
        last = train_headless(run, terminal, watcher.dismiss, resume=resume, note=note, on_hangup=on_hangup)
        if isinstance(last, Failed):
            raise error_of(path, last)
        terminal.stdout.write(f"{printable(lines_when_over(path, last))}\n")
    if is_preparing():  # a compilation cannot be interrupted, and would crash while the interpreter shuts down
        end_process(0)
    return 0


def _train_on_screen(run: RunDirectory, *, resume: bool, on_hangup: OnHangup, note: str, options: ScreenOptions) -> int:
    """Train in a child process that shows the run."""
    from ...core.protocol import Failed
    from ..app.training_process import train_on_screen
    from ..session import Detached
    from .outcome import error_of, error_of_death, lines_now, lines_when_live, lines_when_over

    path, log_start = run.path, _size(run.log_path)
    show = partial(train_on_screen, run, resume=resume, note=note, on_hangup=on_hangup, options=options)
    with Supervisor() as supervisor:
        try:
            last = supervisor.show(show, handed=run)
        except DeathError as error:
            raise error_of_death(path, error, log_start) from error
        except ScreenError as error:
            raise ScreenError(f"{error}\n{lines_now(path)}") from error
        if supervisor.hung_up:
            return supervisor.wait()
    match last:
        case Detached():
            print_text(lines_when_live(path))
            return 0
        case Failed():
            raise error_of(path, last)
    print_text(lines_when_over(path, last))
    return INTERRUPTED if last is None else 0


def _train_detached(run: RunDirectory, *, resume: bool, note: str) -> int:
    """Train in the background; return when ready, or after a while."""
    from ...core.protocol import Ended, Failed
    from ..app.training_process import train_in_background
    from .outcome import error_of, error_of_death, lines_when_live, lines_when_over

    path, log_start = run.path, _size(run.log_path)
    with run:
        try:
            report = start_in_background(partial(train_in_background, run, resume=resume, note=note))
        except DeathError as error:
            raise error_of_death(path, error, log_start) from error
    if report.error is not None:
        raise report.error
    if isinstance(report.result, Failed):
        raise error_of(path, report.result)
    print_text(lines_when_over(path, report.result) if isinstance(report.result, Ended) else lines_when_live(path))
    return 0


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
