"""Check what lies in a run directory before a process writes to it.

A run directory may come from elsewhere: unpacked from an archive, or in a folder that others write to. The directory
itself may be a link; nothing in it may lead to other files of this user.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..errors import RunError

_FILES = ("config.json", "events.jsonl", "train.log", "view.log", "lock", "reserve", "labels.json")
_FOLDERS = ("samples", "checkpoints", "tensorboard", "studio")


def lock_path(run: Path) -> Path:
    """Return a run's lock file, whose modification time is the heartbeat."""
    return run / "lock"


def socket_path(run: Path) -> Path:
    """Return the path of the socket on which the training process listens."""
    return run / "socket"


def check_contents(run: Path) -> None:
    """Check the files and folders of a run that its writer changes, as far as they exist.

    Raises:
        RunError: when one is a link or of the wrong kind, or belongs neither to this user nor to the directory's owner.
        OSError: when the directory cannot be read.
    """
    owners = {os.geteuid(), os.stat(run).st_uid}
    for name in (*_FILES, *_FOLDERS):
        path = run / name
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            continue
        kind = "folder" if name in _FOLDERS else "file"
        if stat.S_ISLNK(found.st_mode):
            raise RunError(f"{path} is a symbolic link, which this run would write through; put a real {kind} there")
        if not (stat.S_ISDIR if kind == "folder" else stat.S_ISREG)(found.st_mode):
            raise RunError(f"{path} is not a {kind}; move it away")
        if found.st_uid not in owners and name != "lock":  # the owner of the run replaces another user's lock
            raise RunError(f"{path} belongs to another user (id {found.st_uid}); make a copy of the run, or chown it")
