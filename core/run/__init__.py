"""Keep a run on disk: its directory, lock, event log and sample files.

The search for runs in a folder and the exports for other programs, which need these files alone, belong here as well.
Nothing here imports JAX.

`tensorboard` and `metrics_csv` are imported by name: `tensorboard` is slow to import, and only one command uses
`metrics_csv`.
"""

from .event_log import RunLog, opened, read_events
from .heartbeat import BEAT_SECONDS, beat, is_silent
from .labels import Labels, labels_path, read_labels, write_labels
from .lines import end_of_lines
from .log_tail import LogTail, complete_size, log_size
from .past import read_knob_changes, read_tested_step
from .png import encode_png, image_grid
from .run_figures import RunFigures, read_figures
from .run_folder import find_run, previous_run, run_name, run_paths
from .run_state import NOT_RESPONDING, last_state_event, named_state, state_of
from .rundir import (
    RUNS,
    RunDirectory,
    checkpoint_steps,
    config_path,
    events_path,
    holder,
    is_locked,
    is_run,
    last_checkpoint,
    log_path,
    read_config,
    socket_path,
    user_log_path,
    view_log_path,
)
from .sample_files import PictureArchive
from .socket_file import socket_address
from .trash import Deleted, delete_run, deleted_runs, describe_contents, empty_trash, restore_run, size_of

__all__ = [
    "BEAT_SECONDS",
    "NOT_RESPONDING",
    "RUNS",
    "Deleted",
    "Labels",
    "LogTail",
    "PictureArchive",
    "RunDirectory",
    "RunFigures",
    "RunLog",
    "beat",
    "checkpoint_steps",
    "complete_size",
    "config_path",
    "delete_run",
    "deleted_runs",
    "describe_contents",
    "empty_trash",
    "encode_png",
    "end_of_lines",
    "events_path",
    "find_run",
    "holder",
    "image_grid",
    "is_locked",
    "is_run",
    "is_silent",
    "labels_path",
    "last_checkpoint",
    "last_state_event",
    "log_path",
    "log_size",
    "named_state",
    "opened",
    "previous_run",
    "read_config",
    "read_events",
    "read_figures",
    "read_knob_changes",
    "read_labels",
    "read_tested_step",
    "restore_run",
    "run_name",
    "run_paths",
    "size_of",
    "socket_address",
    "socket_path",
    "state_of",
    "user_log_path",
    "view_log_path",
    "write_labels",
]
