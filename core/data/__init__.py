"""Choose, download, prepare and load the data sets, and turn the user's own images into one."""

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
from .names import is_own

__all__ = [
    "Dataset",
    "DatasetStatus",
    "ProgressCallback",
    "Resolved",
    "Split",
    "data_directory",
    "is_own",
    "list_datasets",
    "load_dataset",
    "prepare_dataset",
    "resolve_name",
    "train_size",
]
