"""`vae-tui export`: write a run's parameters and metrics as files for other programs."""

from __future__ import annotations

from pathlib import Path

from ...core.config import ParamsSource
from ...core.errors import UsageError
from ...core.run import events_path, find_run
from ...core.run.metrics_csv import write_metrics_csv
from ...core.text import count
from .open_model import open_run, warn
from .output_files import check_output_paths, writing
from .parameters import Run
from .printing import print_text


def export(
    run: Run,
    /,
    *,
    safetensors: Path | None = None,
    csv: Path | None = None,
    checkpoint: str = "best",
    raw: bool = False,
) -> None:
    """Write the requested files, and print what they contain. The run itself is not changed.

    Parameters
    ----------
    safetensors:
        Write the parameters of a checkpoint, with the configuration.
    csv:
        Write the metrics, one row per step.
    checkpoint:
        best (lowest validation loss), latest, or a step.
    raw:
        Write the raw parameters of that step, not their moving average.
    """
    if safetensors is None and csv is None:
        raise UsageError("nothing to export; give --safetensors FILE, --csv FILE, or both")
    check_output_paths(safetensors, csv)
    if safetensors is not None:
        _export_parameters(run, safetensors, checkpoint, "raw" if raw else "ema")
    if csv is not None:
        _export_metrics(run, csv)


def _export_parameters(name: str, path: Path, checkpoint: str, source: ParamsSource) -> None:
    run, model = open_run(name, checkpoint=checkpoint, source=source)
    from ...core.inference.weights import write_weights
    from ...core.learning.train_state import parameter_count

    with writing(path):
        write_weights(path, model)
    kind = "averaged" if source == "ema" else "raw"
    print_text(f"{path}: {count(parameter_count(model.params))} {kind} parameters of {run}, step {count(model.step)}")


def _export_metrics(name: str, path: Path) -> None:
    run = find_run(name)
    with writing(path):
        rows = write_metrics_csv(events_path(run), path, warn)
    print_text(f"{path}: the metrics of {count(rows)} steps of {run}")
