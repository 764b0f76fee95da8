"""`vae-tui data`: list the data sets, prepare them, and show what they hold.

NumPy is imported only when a command runs.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter

from ...core.config import DataConfig
from .config_flags import given, optional_fields, without
from .printing import print_text

data = App(name="data")

DataDirectory = Annotated[
    str | None, Parameter(name="--data.dir", help="Folder of the prepared data sets (default: the user's data folder).")
]

DataFlags = without(optional_fields(DataConfig, "data.", Group("Images")), "name", "augment", "shard")
"""The flags of the data section that change what is read, besides the name; the others concern training alone."""


@data.default
def list_data(*, directory: DataDirectory = None) -> None:
    """List the data sets, and whether they are ready."""
    from ...core.data import list_datasets
    from .table import print_table

    statuses = list_datasets(directory or _preferred_directory())
    print_table(
        ("data set", "ready", "where, or how to get it"),
        [(status.name, "yes" if status.ready else "no", status.detail) for status in statuses],
    )
    if not all(status.ready for status in statuses):
        print_text(
            "without a network, put the original files in a folder DIR and run: vae-tui data prepare NAME --from DIR"
        )


@data.command
def prepare(
    name: str, /, *, source: Annotated[Path | None, Parameter(name="--from")] = None, directory: DataDirectory = None
) -> None:
    """Prepare a data set, so that runs can use it.

    Parameters
    ----------
    name:
        The data set, as `vae-tui data` lists it.
    source:
        A folder with the original files, for machines without a network; their content is checked.
    """
    from ...core.data import prepare_dataset
    from .progress_report import showing_progress

    with showing_progress() as report:
        status = prepare_dataset(name, directory or _preferred_directory(), source, report)
    if status.note:
        print_text(f"note: {status.note}", error=True)
    print_text(f"{name} is ready")


@data.command
def show(
    name: str,
    /,
    *,
    flags: Annotated[DataFlags, Parameter(name="--data")] = DataFlags(),  # noqa: B008 # pyright: ignore[reportInvalidTypeForm]
) -> None:
    """Show what a data set or your own images would be taken for: classes, sizes, splits, and some images.

    Parameters
    ----------
    name:
        A data set, the path of a folder or a file, or tfds:NAME, as for `vae-tui train -d`.
    """
    from .show_data import show_data

    show_data(dataclasses.replace(DataConfig(name, _preferred_directory()), **given(flags)))


def _preferred_directory() -> str | None:
    """Return the folder of the prepared data sets in the user's settings."""
    from ..settings import load_preferences

    return load_preferences().settings.data.dir
