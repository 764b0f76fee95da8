"""`vae-tui data`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

DataDirectory = Annotated[
    str | None, Parameter(name="--data.dir", help="Folder of the prepared data sets (default: the user's data folder).")
]


def list_data(*, directory: DataDirectory = None) -> None:
    """List the data sets, and say which are ready."""
    from .listing import print_datasets

    print_datasets(directory)


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
