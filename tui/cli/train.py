"""`vae-tui train`: train a new or a resumed run.

`vae-tui --help` shows the flags of this command, so NumPy, JAX and Textual are imported only when it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

from ...core.config import PresetName, with_preset
from ...core.errors import UsageError
from ...core.training.cluster import JOIN_SECONDS
from ...core.training.launch import Launch
from ..process.background import start_in_background
from ..process.child import DeathError, ScreenError
from ..process.exit_codes import INTERRUPTED
from ..process.forked import call_in_fork
from ..process.printable import printable
from ..process.supervisor import OnHangup, Supervisor
from ..process.terminal import end_process, output_to, why_no_screen
from ..process.watcher import Watcher
from .cluster import follow_cluster, place_in_cluster
from .config_flags import COMMON, Flags, given, preset_help
from .end_command import parse_command
from .printing import print_text
from .screen_flags import Screen, ScreenFlags, screen_options_of

if TYPE_CHECKING:
    from ...core.run import RunDirectory
    from ..app.screen_options import ScreenOptions
    from .sweep_plan import PlannedRun


MODE = Parameter(group=Group("Start", help="What to start from, and where training runs.", sort_key=-1))


def train(
    *,
    flags: Annotated[Flags, Parameter(name="*")] = Flags(),  # noqa: B008 # pyright: ignore[reportInvalidTypeForm]
    preset: Annotated[PresetName | None, Parameter(group=COMMON, help=preset_help(), show_choices=False)] = None,
    config: Annotated[Path | None, MODE] = None,
    like: Annotated[str | None, MODE] = None,
    resume: Annotated[str | None, Parameter(group=COMMON)] = None,
    sweep: Annotated[tuple[str, ...], MODE, Parameter(consume_multiple=False)] = (),
    headless: Annotated[bool, MODE] = False,
    detach: Annotated[bool, MODE] = False,
    on_hangup: Annotated[Literal["continue", "stop"] | None, MODE] = None,
    on_end: Annotated[str, MODE] = "",
    cluster: Annotated[str | None, MODE] = None,
    cluster_wait: Annotated[int, MODE] = JOIN_SECONDS,
    screen: Screen = ScreenFlags(),  # noqa: B008 (frozen)
) -> int:
    """Train a model, as `vae-tui` without a command does.

    The screen shows it where there is a terminal.

    Parameters
    ----------
    config:
        A JSON file with some or all settings, like a run's config.json; flags override it.
    like:
        Take the settings of another run (directory, name, or latest); flags override them.
    resume:
        Resume a run (directory, name, or latest); --train.steps, --train.epochs and --train.patience change its length,
        --train.devices its devices. auto: continue the run in --run.dir if it has a checkpoint, else start it.
    sweep:
        Train one run for each value, one after another: optim.learning-rate=1e-3,3e-3 or train.seed=0..4. Given
        repeatedly, one for each combination. The same command goes on where it stopped.
    headless:
        Train without the screen.
    detach:
        Train in the background, and print how to attach.
    on_hangup:
        What to do when the terminal is lost: continue without it (default), or stop with a checkpoint.
    on_end:
        A command to run when the run has finished, stopped or failed: a program and its arguments, without a shell.
        The variables VAE_TUI_RUN, _REASON, _STEP, _LOSS, _BEST_LOSS, _TEST_LOSS and _MESSAGE tell it about the run.
    cluster:
        Train in several processes: auto (Slurm, Open MPI, Kubernetes, Cloud TPU), or HOST:PORT,COUNT,INDEX: the address
        of process 0, the number of processes, and this one's number. Process 0 has the run and the screen.
    cluster_wait:
        Seconds to wait for the other processes of a cluster.
    """
    from ..settings import load_preferences
    from .run_to_train import new_run, resumed_run, run_to_continue
    from .sweep_plan import plan_sweep

    if headless and detach:
        raise UsageError("--headless trains in this terminal, --detach in the background: choose one of them")
    preferences = load_preferences()
    options, command = screen_options_of(screen, preferences), parse_command(on_end)
    on_hangup = on_hangup or preferences.settings.on_hangup
    if resume and like:
        raise UsageError("--resume continues a run with its own settings; --like starts a new one: choose one of them")
    if preset and resume not in (None, "auto"):
        raise UsageError("--resume continues a run with its own settings; leave out --preset")
    changes = with_preset(preset, given(flags)) if preset else given(flags)
    if sweep:
        if resume or detach or cluster:
            raise UsageError("--sweep starts its own runs, here: leave out --resume, --detach and --cluster")
        runs = plan_sweep(sweep, changes, config, like, preferences.settings)
        on_screen = _has_screen(headless)
        return _train_sweep(runs, on_hangup=on_hangup, on_end=command, screen=screen if on_screen else None)
    address = None if cluster is None else place_in_cluster(cluster, cluster_wait)
    if address is not None and not address.is_lead:
        return follow_cluster(address)
    if resume == "auto":
        run, note, is_resumed = run_to_continue(changes, config, preferences.settings)
    elif resume:
        run, note, is_resumed = resumed_run(resume, changes, config), "", True
    else:
        run, note = new_run(changes, config, like, preferences.settings)
        is_resumed = False
    launch = Launch(is_resumed, note, command, cluster=address)
    if detach:
        return _train_detached(run, launch)
    if not _has_screen(headless):
        return _train_here(run, launch, on_hangup=on_hangup)
    return _train_on_screen(run, launch, on_hangup=on_hangup, options=options)


def _has_screen(headless: bool) -> bool:
    """Return whether to show the run; say why not, unless the user wants it so."""
    reason = "" if headless else why_no_screen()
    if reason:
        print_text(f"vae-tui: {reason}: training without the screen, as with --headless", error=True)
    return not (headless or reason)


def _train_sweep(
    runs: Sequence[PlannedRun], *, on_hangup: OnHangup, on_end: Sequence[str], screen: ScreenFlags | None
) -> int:
    """Train the runs of a sweep, on the screen unless that is None; then compare them."""
    from .compare import compare
    from .sweep import run_sweep

    if screen is None:

        def train_here(run: RunDirectory, resume: bool, note: str) -> int:
            return _train_here(run, Launch(resume, note, on_end, is_unattended=True), on_hangup=on_hangup)

        def call(function: Callable[[], int]) -> int:
            called = call_in_fork(function)
            return INTERRUPTED if called.is_asked_to_end else called.code

        return run_sweep(runs, train_here, compare, call=call, announces=True)

    def train_on_screen(run: RunDirectory, resume: bool, note: str) -> int:
        options = screen_options_of(screen)
        launch = Launch(resume, note, on_end, is_unattended=True)
        return _train_on_screen(run, launch, on_hangup=on_hangup, options=options)

    show = partial(compare, screen=screen)
    return run_sweep(runs, train_on_screen, show, call=lambda function: function(), announces=False)


def resume_on_screen(path: Path, *, steps: int | None, options: ScreenOptions) -> int:
    """Resume a run with the screen. Return the exit code.

    Args:
        path: The run's directory.
        steps: The new last step; None keeps it.
        options: The options of the screen.
    """
    from ..settings import load_preferences
    from .run_to_train import resumed_run

    on_hangup = load_preferences().settings.on_hangup
    run = resumed_run(str(path), {} if steps is None else {"train": {"steps": steps}}, None)
    return _train_on_screen(run, Launch(is_resumed=True), on_hangup=on_hangup, options=options)


def _train_here(run: RunDirectory, launch: Launch, *, on_hangup: OnHangup) -> int:
    """Train without a screen, in this process, and report in plain text."""
    from ...core.protocol import Failed
    from ...core.training.run_training import is_preparing
    from .headless import train_headless
    from .outcome import error_of, error_of_death, line_when_over, lines_when_over, run_after_death

    path, log_start = run.path, _size(run.log_path)
    say = line_when_over if launch.is_unattended else lines_when_over
    death = DeathError("a signal, perhaps because memory ran out, or by a library")

    def report_death() -> str:
        run_after_death(launch.on_end, path, death)
        return f"\nvae-tui: {error_of_death(path, death, log_start)}\n"

    watcher = Watcher(report_death)
    with run, watcher, output_to(run.log_path) as terminal:
        last = train_headless(run, terminal, watcher.dismiss, launch=launch, on_hangup=on_hangup)
        if isinstance(last, Failed):
            raise error_of(path, last)
        terminal.stdout.write(f"{printable(say(path, last))}\n")
    if is_preparing():  # a compilation cannot be interrupted, and would crash while the interpreter shuts down
        end_process(0)
    return 0


def _train_on_screen(run: RunDirectory, launch: Launch, *, on_hangup: OnHangup, options: ScreenOptions) -> int:
    """Train in a child process that shows the run."""
    from ...core.protocol import Failed
    from ..app.training_process import train_on_screen
    from ..session import Detached
    from .outcome import (
        error_of,
        error_of_death,
        line_when_over,
        lines_now,
        lines_when_live,
        lines_when_over,
        run_after_death,
    )

    path, log_start = run.path, _size(run.log_path)
    say = line_when_over if launch.is_unattended else lines_when_over
    show = partial(train_on_screen, run, launch=launch, on_hangup=on_hangup, options=options)
    with Supervisor() as supervisor:
        try:
            last = supervisor.show(show, handed=run)
        except DeathError as error:
            run_after_death(launch.on_end, path, error)
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
    print_text(say(path, last))
    # The user may have asked for the end of the sweep when the run ended anyway.
    return INTERRUPTED if last is None or (launch.is_unattended and supervisor.was_asked_to_end) else 0


def _train_detached(run: RunDirectory, launch: Launch) -> int:
    """Train in the background; return when ready, or after a while."""
    from ...core.protocol import Ended, Failed
    from ..app.training_process import train_in_background
    from .outcome import error_of, error_of_death, lines_when_live, lines_when_over

    path, log_start = run.path, _size(run.log_path)
    with run:
        try:
            report = start_in_background(partial(train_in_background, run, launch=launch))
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
