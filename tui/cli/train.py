"""`vae-tui train`: train a new or a resumed run.

`vae-tui --help` shows the flags of this command, so NumPy, JAX and Textual are imported only when it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ...core.errors import UsageError
from ...core.training.cluster import JOIN_SECONDS, ClusterAddress
from ..process.background import start_in_background
from ..process.child import DeathError, ScreenError
from ..process.exit_codes import INTERRUPTED
from ..process.printable import printable
from ..process.supervisor import OnHangup, Supervisor
from ..process.terminal import end_process, output_to, why_no_screen
from ..process.watcher import Watcher
from .cluster import follow_cluster, place_in_cluster
from .config_flags import Flags, given
from .end_command import parse_command
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
    on_end: str = "",
    cluster: str | None = None,
    cluster_wait: int = JOIN_SECONDS,
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
        Resume a run (directory, name, or latest); --train.steps, --train.epochs and --train.patience change its length,
        --train.devices its devices. auto: continue the run in --run.dir if it has a checkpoint, else start it.
    headless:
        Train without the screen.
    detach:
        Train in the background, and print how to attach.
    on_hangup:
        What to do when the terminal is lost: continue without it, or stop with a checkpoint.
    on_end:
        A command to run when the run has finished, stopped or failed: a program and its arguments, without a shell.
        The variables VAE_TUI_RUN, _REASON, _STEP, _LOSS, _BEST_LOSS, _TEST_LOSS and _MESSAGE tell it about the run.
    cluster:
        Train in several processes: auto (Slurm, Open MPI, Kubernetes, Cloud TPU), or HOST:PORT,COUNT,INDEX: the address
        of process 0, the number of processes, and this one's number. Process 0 has the run and the screen.
    cluster_wait:
        Seconds to wait for the other processes of a cluster.
    """
    from .run_to_train import new_run, resumed_run, run_to_continue

    if headless and detach:
        raise UsageError("--headless trains in this terminal, --detach in the background: choose one of them")
    options, command = screen_options_of(screen), parse_command(on_end)
    if resume and like:
        raise UsageError("--resume continues a run with its own settings; --like starts a new one: choose one of them")
    address = None if cluster is None else place_in_cluster(cluster, cluster_wait)
    if address is not None and not address.is_lead:
        return follow_cluster(address)
    if resume == "auto":
        run, note, is_resumed = run_to_continue(given(flags), config)
    elif resume:
        run, note, is_resumed = resumed_run(resume, given(flags), config), "", True
    else:
        run, note = new_run(given(flags), config, like)
        is_resumed = False
    if detach:
        return _train_detached(run, resume=is_resumed, note=note, on_end=command, cluster=address)
    reason = "" if headless else why_no_screen()
    if reason:
        print_text(f"vae-tui: {reason}: training without the screen, as with --headless", error=True)
    if headless or reason:
        return _train_here(run, resume=is_resumed, on_hangup=on_hangup, note=note, on_end=command, cluster=address)
    return _train_on_screen(
        run,
        resume=is_resumed,
        on_hangup=on_hangup,
        note=note,
        on_end=command,
        options=options,
        cluster=address,
    )


def _train_here(
    run: RunDirectory,
    *,
    resume: bool,
    on_hangup: OnHangup,
    note: str,
    on_end: Sequence[str],
    cluster: ClusterAddress | None,
) -> int:
    """Train without a screen, in this process, and report in plain text."""
    from ...core.protocol import Failed
    from ...core.training.run_training import is_preparing
    from .headless import train_headless
    from .outcome import error_of, error_of_death, lines_when_over, run_after_death

    path, log_start = run.path, _size(run.log_path)
    death = DeathError("a signal, perhaps because memory ran out, or by a library")

    def report_death() -> str:
        run_after_death(on_end, path, death)
        return f"\nvae-tui: {error_of_death(path, death, log_start)}\n"

    watcher = Watcher(report_death)
    with run, watcher, output_to(run.log_path) as terminal:
        last = train_headless(
            run,
            terminal,
            watcher.dismiss,
            resume=resume,
            note=note,
            on_end=on_end,
            on_hangup=on_hangup,
            cluster=cluster,
        )
        if isinstance(last, Failed):
            raise error_of(path, last)
        terminal.stdout.write(f"{printable(lines_when_over(path, last))}\n")
    if is_preparing():  # a compilation cannot be interrupted, and would crash while the interpreter shuts down
        end_process(0)
    return 0


def _train_on_screen(
    run: RunDirectory,
    *,
    resume: bool,
    on_hangup: OnHangup,
    note: str,
    on_end: Sequence[str],
    options: ScreenOptions,
    cluster: ClusterAddress | None,
) -> int:
    """Train in a child process that shows the run."""
    from ...core.protocol import Failed
    from ..app.training_process import train_on_screen
    from ..session import Detached
    from .outcome import error_of, error_of_death, lines_now, lines_when_live, lines_when_over, run_after_death

    path, log_start = run.path, _size(run.log_path)
    show = partial(
        train_on_screen,
        run,
        resume=resume,
        note=note,
        on_end=on_end,
        on_hangup=on_hangup,
        options=options,
        cluster=cluster,
    )
    with Supervisor() as supervisor:
        try:
            last = supervisor.show(show, handed=run)
        except DeathError as error:
            run_after_death(on_end, path, error)
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


def _train_detached(
    run: RunDirectory, *, resume: bool, note: str, on_end: Sequence[str], cluster: ClusterAddress | None
) -> int:
    """Train in the background; return when ready, or after a while."""
    from ...core.protocol import Ended, Failed
    from ..app.training_process import train_in_background
    from .outcome import error_of, error_of_death, lines_when_live, lines_when_over

    path, log_start = run.path, _size(run.log_path)
    with run:
        try:
            train = partial(train_in_background, run, resume=resume, note=note, on_end=on_end, cluster=cluster)
            report = start_in_background(train)
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
