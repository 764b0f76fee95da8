"""`vae-tui train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from ...core.errors import UsageError
from .config_flags import Flags, given
from .screen_flags import Screen, ScreenFlags, screen_options_of


def train(
    *,
    flags: Annotated[Flags, Parameter(name="*")] = Flags(),  # noqa: B008 # pyright: ignore[reportInvalidTypeForm]
    config: Path | None = None,
    resume: str | None = None,
    headless: bool = False,
    detach: bool = False,
    on_hangup: Literal["continue", "stop"] = "continue",
    screen: Screen = ScreenFlags(),  # noqa: B008 (frozen)
) -> int:
    """Train, with the screen when there is a terminal. This is what happens without a command, too.

    Parameters
    ----------
    config:
        A JSON file as in a run's config.json, in whole or in part; flags win over it.
    resume:
        Continue a run (directory, name, or latest), with --train.steps or --train.epochs to another length.
    headless:
        Train without the screen.
    detach:
        Train in the background, and say how to attach.
    on_hangup:
        What to do when the terminal is lost: continue without it, or stop with a checkpoint.
    """
    from .train import new_run, resumed_run
    from .train import train as train_run

    if headless and detach:
        raise UsageError("--headless trains in this terminal, --detach in the background: choose one of them")
    options = screen_options_of(screen)
    run, note = (resumed_run(resume, given(flags), config), "") if resume else new_run(given(flags), config)
    return train_run(
        run,
        resume=resume is not None,
        headless=headless,
        detach=detach,
        on_hangup=on_hangup,
        note=note,
        options=options,
    )
