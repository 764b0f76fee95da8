"""`vae-tui export`: a run's parameters and metrics as files for other programs."""

from __future__ import annotations

from pathlib import Path

from ...core.config import ParamsSource
from ...core.errors import UsageError
from ...core.run import events_path, find_run
from ...core.run.metrics_csv import write_metrics_csv
from .open_model import open_run


def export(name: str, *, safetensors: Path | None, csv: Path | None, checkpoint: str, source: ParamsSource) -> None:
    """Write the files asked for, and say what is in them. Nothing is written into the run.

    Raises:
        UsageError: when there is no such run or checkpoint, or a file cannot be written.
    """
    if safetensors is None and csv is None:
        raise UsageError("nothing to export; ask for --safetensors FILE, --csv FILE, or both")
    for path in (safetensors, csv):
        if path is not None and path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder")
        if path is not None and not path.parent.is_dir():
            raise UsageError(f"cannot write {path}: there is no folder {path.parent}")
    if safetensors is not None:
        _export_parameters(name, safetensors, checkpoint, source)
    if csv is not None:
        _export_metrics(name, csv)


def _export_parameters(name: str, path: Path, checkpoint: str, source: ParamsSource) -> None:
    run, model = open_run(name, checkpoint=checkpoint, source=source)
    from ...core.inference.weights import write_weights
    from ...core.learning.train_state import parameter_count

    try:
        write_weights(path, model)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    kind = "averaged" if source == "ema" else "raw"
    print(f"{path}: {parameter_count(model.params):,} {kind} parameters of {run}, step {model.step}")


def _export_metrics(name: str, path: Path) -> None:
    run = find_run(name)
    try:
        rows = write_metrics_csv(events_path(run), path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    print(f"{path}: the metrics of {rows:,} steps of {run}")
