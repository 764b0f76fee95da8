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

from cyclopts import App, CycloptsError, Group, Parameter, UnusedCliTokensError

from ...core.errors import UsageError, VaeTuiError
from ..process.exit_codes import BROKEN_PIPE, INTERRUPTED
from .printing import print_text
from .train import train

app = App(
    name="vae-tui",
    help="Train a class-conditioned variational autoencoder and watch it learn, live in the terminal.",
    version=lambda: version("vae-tui"),
    default_parameter=Parameter(negative=""),
    result_action="return_value",
)
app.default(train)
app.command(train)

LAZY_COMMANDS = (
    ("attach", "attach", "Open the screen on a live run. Several screens can be attached to a run at once."),
    ("replay", "replay", "Open the screen on a run that is over."),
    ("stop", "stop", "End a live run with a final checkpoint."),
    ("serve", "serve", "Show a run in browsers on this machine only; `ssh -L` forwards it to another one."),
    ("compare", "compare", "Show what differs between up to 8 runs, with their curves and digits side by side."),
    ("runs", "runs", "List the runs, and check the checkpoints of one."),
    (
        "sample",
        "sample",
        "Draw digits from a run's checkpoint. On a terminal, without --count, --png, --npz, open the sampling studio.",
    ),
    ("eval", "evaluate", "Evaluate a run's checkpoint on a split, in nats per image."),
    ("export", "export", "Write a run's parameters or metrics as files for other programs."),
    ("data", "data", "List the data sets, prepare them, and show what they or your own images hold."),
    ("settings", "settings", "Show your settings, where each comes from, and the file to change them in."),
    ("tutorial", "tutorial", "Read the guide to JAX, Flax and Optax, and run its snippets."),
)
"""Each command's name, its function and the module of the same name, and its help, which imports neither."""

GARBAGE_THRESHOLD = 50_000
"""New objects between two collections. Imports and the first frame create 400,000 objects that stay: with Python's
default of 700, scanning them again and again takes a sixth of the start."""

for name, function, text in LAZY_COMMANDS:
    app.command(f"{__package__}.{function}:{function}", name=name, help=text)


@app.meta.default
def launcher(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    debug: Annotated[
        bool, Parameter(help="Show the traceback of an error.", group=Group("General", sort_key=9))
    ] = False,
) -> int:
    """Run a command. An error becomes one line and an exit code."""
    try:
        return app(tokens, exit_on_error=False, print_error=False, verbose=False) or 0
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


def _explain(error: Exception) -> tuple[str, int]:
    """Return the message for an error, and the exit code."""
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
