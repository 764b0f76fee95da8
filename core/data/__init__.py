"""Choose, download, prepare and load the data sets."""

from .dataset import Dataset, ProgressCallback, Split
from .library import (
    DatasetStatus,
    Resolved,
    data_directory,
    list_datasets,
    load_dataset,
    prepare_dataset,
    resolve_name,
    train_size,
)

__all__ = [
    "Dataset",
    "DatasetStatus",
    "ProgressCallback",
    "Resolved",
    "Split",
    "data_directory",
    "list_datasets",
    "load_dataset",
    "prepare_dataset",
    "resolve_name",
    "train_size",
]
