"""Parameters that several commands share."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

Run = Annotated[str, Parameter(help="The run's directory, its name below runs/, or latest.")]

LiveRun = Annotated[
    str | None, Parameter(help="The run's directory, its name below runs/, or latest (default: the only live one).")
]
