"""The command line. Each command imports what it needs when it is called, so that the help is quick."""

from __future__ import annotations

import difflib
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Group, Parameter, UnusedCliTokensError

from ..core.errors import UsageError, VaeTuiError
from .flags import Flags, given
from .screenflags import Screen, ScreenFlags, screen_options_of
from .terminal import INTERRUPTED

app = App(
    name="vae-tui",
    help="Train a class-conditioned variational autoencoder and watch it learn, live in the terminal.",
    version=lambda: version("vae-tui"),
    default_parameter=Parameter(negative=""),
    result_action="return_value",
)
data_app = App(name="data", help="List the data sets, and prepare them.")
app.command(data_app)

BROKEN_PIPE = 141
"""The exit code of a process whose output nobody reads any more, as shells have it (`vae-tui runs | head`)."""

Run = Annotated[str, Parameter(help="The run's directory, its name below runs/, or latest.")]
DataDirectory = Annotated[
    str | None, Parameter(name="--data.dir", help="Folder of the prepared data sets (default: the user's data folder).")
]


@app.meta.default
def launcher(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    debug: Annotated[
        bool, Parameter(help="Show where an error came from.", group=Group("General", sort_key=9))
    ] = False,
) -> int:
    """Run a command. What goes wrong becomes one line and an exit code."""
    try:
        return app(tokens, exit_on_error=False, print_error=False, verbose=False) or 0
    except BrokenPipeError:
        return BROKEN_PIPE
    except Exception as error:  # the boundary of the program
        if debug:
            traceback.print_exception(error)
        message, code = _explain(error)
        print(f"vae-tui: {message}", file=sys.stderr)
        return code
    except KeyboardInterrupt:
        return INTERRUPTED


def _explain(error: Exception) -> tuple[str, int]:
    """What to tell the user of an error, and the exit code."""
    match error:
        case UnusedCliTokensError(unused_tokens=[first, *_], app=command):
            near = difflib.get_close_matches(first, command or (), n=1)
            return f'unexpected "{first}".{f" Did you mean {near[0]}?" if near else ""} --help lists the commands', 2
        case CycloptsError():
            return " ".join(str(error).split()), 2
        case UsageError():
            return str(error), 2
        case VaeTuiError():
            return str(error), 1
    return f"unexpected {type(error).__name__}: {error}; --debug shows where it came from", 1


@app.default
@app.command
def train(
    *,
    flags: Annotated[Flags, Parameter(name="*")] = Flags(),  # noqa: B008 # pyright: ignore[reportInvalidTypeForm]
    config: Path | None = None,
    resume: str | None = None,
    headless: bool = False,
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
    """
    from .launch import new_run, resumed_run
    from .launch import train as train_run

    options = screen_options_of(screen)
    run, note = (resumed_run(resume, given(flags), config), "") if resume else new_run(given(flags), config)
    return train_run(run, resume=resume is not None, headless=headless, note=note, options=options)


@app.command
def sample(
    run: Run,
    /,
    *,
    label: int | None = None,
    count: int | None = None,
    temperature: float = 0.8,
    seed: int = 0,
    checkpoint: str = "latest",
    raw: bool = False,
    png: Path | None = None,
    npz: Path | None = None,
    screen: Screen = ScreenFlags(),  # noqa: B008 (frozen)
) -> None:
    """Draw digits from a run's checkpoint. On a terminal, without --count and a file, the sampling studio opens.

    Parameters
    ----------
    label:
        The class to draw (default: each class).
    count:
        Digits of each class (10 where they go to a file or a pipe).
    temperature:
        Standard deviation of the latents (1: the prior).
    seed:
        Seed of the latents.
    checkpoint:
        The checkpoint's step, latest, or best (lowest validation loss).
    raw:
        Draw with the parameters of that very step, not with their moving average.
    png:
        Write the digits as a picture.
    npz:
        Write them as NumPy arrays: images uint8 [N,28,28] and labels.
    """
    from .terminal import why_no_screen

    if count is None and png is None and npz is None and not why_no_screen():
        from .studio.state import Start
        from .viewing import open_studio

        start = Start(label or 0, seed, temperature)
        open_studio(run, checkpoint=checkpoint, start=start, options=screen_options_of(screen))
        return
    from .drawing import draw

    draw(
        run,
        label=label,
        count=10 if count is None else count,
        temperature=temperature,
        seed=seed,
        checkpoint=checkpoint,
        source="raw" if raw else "ema",
        png=png,
        npz=npz,
    )


@app.command(name="eval")
def evaluate(
    run: Run,
    /,
    *,
    split: Literal["test", "validation", "train"] = "test",
    checkpoint: str = "latest",
    raw: bool = False,
    iw_samples: int = 0,
) -> None:
    """Measure a run's checkpoint on a whole split, in nats per image.

    Parameters
    ----------
    split:
        The part of the data set.
    checkpoint:
        The checkpoint's step, latest, or best (lowest validation loss).
    raw:
        Measure the parameters of that very step, not their moving average.
    iw_samples:
        Latents an image for the importance-weighted bound (0: leave it out).
    """
    from .evaluation import evaluate_run

    evaluate_run(run, split, checkpoint=checkpoint, source="raw" if raw else "ema", iw_samples=iw_samples)


@app.command
def export(
    run: Run,
    /,
    *,
    safetensors: Path | None = None,
    csv: Path | None = None,
    checkpoint: str = "latest",
    raw: bool = False,
) -> None:
    """Write a run's parameters or metrics as files for other programs.

    Parameters
    ----------
    safetensors:
        Write the parameters of a checkpoint, with the configuration.
    csv:
        Write the metrics, one row a step.
    checkpoint:
        The checkpoint's step, latest, or best (lowest validation loss).
    raw:
        Write the parameters of that very step, not their moving average.
    """
    from .exporting import export as export_run

    export_run(run, safetensors=safetensors, csv=csv, checkpoint=checkpoint, source="raw" if raw else "ema")


@app.command
def runs(*, base: Path = Path("runs")) -> None:
    """List the runs.

    Parameters
    ----------
    base:
        The folder that holds them.
    """
    from .listing import print_runs

    print_runs(base)


@data_app.default
def list_data(*, directory: DataDirectory = None) -> None:
    """List the data sets, and say which are ready."""
    from .listing import print_datasets

    print_datasets(directory)


@data_app.command
def prepare(
    name: str, /, *, source: Annotated[Path | None, Parameter(name="--from")] = None, directory: DataDirectory = None
) -> None:
    """Prepare a data set, so that runs can use it.

    Parameters
    ----------
    name:
        Its name, as `vae-tui data` lists it.
    source:
        A folder with the data set's files, for machines without a network; their content is checked.
    """
    from .listing import prepare_data

    prepare_data(name, directory, source)


def main() -> None:
    """The `vae-tui` command."""
    sys.exit(app.meta(sys.argv[1:]))
