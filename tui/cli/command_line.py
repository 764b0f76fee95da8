"""The command line. Each command imports what it needs when it is called, so that the help is quick."""

from __future__ import annotations

import difflib
import sys
import traceback
from importlib.metadata import version
from typing import Annotated

from cyclopts import App, CycloptsError, Group, Parameter, UnusedCliTokensError

from ...core.errors import UsageError, VaeTuiError
from ..process.exit_codes import BROKEN_PIPE, INTERRUPTED
from .data_commands import list_data, prepare
from .model_commands import evaluate, export, sample
from .run_commands import attach, replay, runs, serve, stop
from .train_command import train

app = App(
    name="vae-tui",
    help="Train a class-conditioned variational autoencoder and watch it learn, live in the terminal.",
    version=lambda: version("vae-tui"),
    default_parameter=Parameter(negative=""),
    result_action="return_value",
)
data_app = App(name="data", help="List the data sets, and prepare them.")
app.default(train)
for command in (train, attach, replay, stop, serve, runs, sample):
    app.command(command)
app.command(evaluate, name="eval")
app.command(export)
app.command(data_app)
data_app.default(list_data)
data_app.command(prepare)


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


def main() -> None:
    """The `vae-tui` command."""
    sys.exit(app.meta(sys.argv[1:]))
