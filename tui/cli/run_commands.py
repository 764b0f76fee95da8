"""The commands for runs that are being trained somewhere, and for those that were."""

from __future__ import annotations

from pathlib import Path

from .parameters import LiveRun, Run
from .screen_flags import Screen, ScreenFlags, screen_options_of


def attach(
    run: LiveRun = None,
    /,
    *,
    readonly: bool = False,
    screen: Screen = ScreenFlags(),  # noqa: B008 (frozen)
) -> int:
    """Open the screen on a run that is being trained, wherever it was started. It may be opened many times.

    Parameters
    ----------
    readonly:
        Look, and touch nothing.
    """
    from .attach import attach as attach_to
    from .choose_run import live_run

    return attach_to(live_run(run), readonly=readonly, options=screen_options_of(screen))


def replay(
    run: Run,
    /,
    *,
    speed: float | None = None,
    checkpoint: str = "latest",
    screen: Screen = ScreenFlags(),  # noqa: B008 (frozen)
) -> int:
    """Open the screen on a run that is over.

    Parameters
    ----------
    speed:
        Play it from its start, so many times as fast as it was (default: show all of it at once).
    checkpoint:
        What to draw digits with at its end: a checkpoint's step, latest, or best (lowest validation loss).
    """
    from .view_run import open_replay

    return open_replay(run, speed=speed, checkpoint=checkpoint, options=screen_options_of(screen))


def stop(run: LiveRun = None, /) -> int:
    """End a run that is being trained, with a final checkpoint."""
    from .stop import stop as stop_run

    return stop_run(run)


def serve(run: LiveRun = None, /, *, port: int = 8000, control: bool = False) -> int:
    """Show a run in the browser, on this machine only: `ssh -L` brings it to another one.

    Parameters
    ----------
    port:
        The port to listen on, at 127.0.0.1.
    control:
        Let the browser steer the run, not only look.
    """
    from .serve import serve as serve_run

    return serve_run(run, port=port, control=control)


def runs(*, base: Path = Path("runs")) -> None:
    """List the runs.

    Parameters
    ----------
    base:
        The folder that holds them.
    """
    from .listing import print_runs

    print_runs(base)
