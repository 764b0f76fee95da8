"""Register the commands; each imports what it needs when it is called."""

from __future__ import annotations

import difflib
import errno
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter, UnknownCommandError, UnusedCliTokensError

from ...core.errors import UsageError, VaeTuiError
from ..process.exit_codes import BROKEN_PIPE, INTERRUPTED
from .command_list import MODEL, MORE, RUNS, TRAINING
from .printing import print_text

app = App(
    name="vae-tui",
    help="Train a variational autoencoder and watch it learn, live in the terminal. "
    "Flags: `train --help`. Completion: `--install-completion`. Traceback of an error: `--debug`.",
    usage="Usage: vae-tui [COMMAND] [OPTIONS]",
    version=lambda: version("vae-tui"),
    default_parameter=Parameter(negative=""),
    result_action="return_value",
)

COMMANDS = (
    (
        TRAINING,
        "train",
        "train",
        "Train a model, as `vae-tui` without a command does.\n\nThe screen shows it where there is a terminal.",
    ),
    (TRAINING, "attach", "attach", "Open the screen on a live run; several can be open at once."),
    (TRAINING, "stop", "stop", "End a live run with a final checkpoint."),
    (TRAINING, "serve", "serve", "Show a run in browsers on this machine; `ssh -L` forwards it."),
    (RUNS, "runs", "runs", "Browse or list the runs; tag, delete and check them."),
    (RUNS, "replay", "replay", "Open the screen on a run that is over."),
    (RUNS, "compare", "compare", "Show up to 8 runs side by side."),
    (MODEL, "sample", "sample", "Explore what a model draws, or write samples to files."),
    (MODEL, "eval", "evaluate", "Evaluate a model on a split, in nats per image."),
    (MODEL, "export", "export", "Write parameters or metrics for other programs."),
    (MORE, "data", "data", "List, prepare and show data sets, also your own images."),
    (MORE, "settings", "settings", "Show your settings, and the file to change them in."),
    (MORE, "tutorial", "tutorial", "Read the guide to JAX, Flax and Optax; run its snippets."),
)
"""Each command's group, name, function and module of the same name, and its help: none is imported before it runs."""

GARBAGE_THRESHOLD = 50_000
"""New objects between two collections. Imports and the first frame create 400,000 objects that stay: with Python's
default of 700, scanning them again and again takes a sixth of the start."""

for order, (group, name, function, text) in enumerate(COMMANDS):
    app.command(f"{__package__}.{function}:{function}", name=name, help=text, group=group, sort_key=order)
app.command(
    f"{__package__}.install_completion:install_completion",
    name="--install-completion",
    help="Let the shell complete commands and flags with the tab key.",
    show=False,
)
app["--help"].show = False
app["--version"].group = MORE
app["--version"].sort_key = len(COMMANDS)


@app.meta.default
def launcher(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    debug: Annotated[bool, Parameter(help="Show the traceback of an error.", show=False)] = False,
) -> int:
    """Run a command. An error becomes one line and an exit code."""
    try:
        return app(with_command(tokens), exit_on_error=False, print_error=False, verbose=False) or 0
    except Exception as error:  # the boundary of the program
        if _is_of_output(error):
            raise
        if debug:
            print_text("".join(traceback.format_exception(error)), error=True)
        message, code = _explain(error)
        print_text(f"vae-tui: {message}", error=True)
        return code
    except KeyboardInterrupt:
        return INTERRUPTED


def with_command(tokens: Sequence[str]) -> Sequence[str]:
    """Return the words of the command line, which mean `train` if they begin with a flag of it."""
    is_train = not tokens or (tokens[0].startswith("-") and tokens[0] not in app)
    return ("train", *tokens) if is_train else tokens


def _explain(error: Exception) -> tuple[str, int]:
    """Return the message for an error, and the exit code."""
    match error:
        case (
            UnusedCliTokensError(unused_tokens=[first, *_], app=command)
            | UnknownCommandError(unused_tokens=[first, *_], app=command)
        ):
            near = difflib.get_close_matches(first, command or (), n=1)
            return f'unexpected "{first}".{f" Did you mean {near[0]}?" if near else ""} --help lists the commands', 2
        case CycloptsError():
            return " ".join(str(error).split()), 2
        case UsageError():
            return str(error), 2
        case VaeTuiError():
            return str(error), 1
    return f"unexpected {type(error).__name__}: {error}; --debug shows the traceback", 1


def _is_of_output(error: Exception) -> bool:
    """Return whether an error is that standard output takes no more."""
    return isinstance(error, OSError) and error.filename is None and error.errno in (errno.EPIPE, errno.ENOSPC)


def run_command(arguments: Sequence[str]) -> int:
    """Run a command, and write all of its output. Return the exit code."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    try:
        code = app.meta(arguments)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the interpreter's end
        if isinstance(error, BrokenPipeError):
            return BROKEN_PIPE
        sys.stderr.write(f"vae-tui: cannot write to standard output: {error.strerror}\n")
        return 1
    return code
