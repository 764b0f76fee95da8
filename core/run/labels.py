"""Keep a user's note and tags about a run, in its directory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..errors import RunError, UsageError
from ..files import read_regular, write_whole

MAX_NOTE = 500
"""Characters of a note, at most."""

MAX_TAG = 40
"""Characters of a tag, at most."""

_MAX_BYTES = 1 << 16


@dataclass(frozen=True)
class Labels:
    """What a user says about a run.

    Raises UsageError when a text is too long or cannot be shown on one line.
    """

    note: str = ""
    tags: tuple[str, ...] = ()
    """Words, each once, in alphabetical order."""

    def __post_init__(self) -> None:
        if len(self.note) > MAX_NOTE or not self.note.isprintable():
            raise UsageError(f"a note is one line of at most {MAX_NOTE} characters")
        for tag in self.tags:
            if not 0 < len(tag) <= MAX_TAG or not tag.isprintable() or any(c in " ,:<>=" for c in tag):
                raise UsageError(
                    f"{tag[:MAX_TAG]!r} is no tag: a tag has 1 to {MAX_TAG} characters, without spaces or any of ,:<>="
                )
        object.__setattr__(self, "tags", tuple(sorted(set(self.tags))))


def labels_path(run: Path) -> Path:
    """Return the file of a run's labels, which exists once there are any."""
    return run / "labels.json"


def read_labels(run: Path) -> Labels:
    """Return a run's labels; without a file they are empty.

    Raises:
        RunError: when the file cannot be read or is damaged.
    """
    path = labels_path(run)
    try:
        content = json.loads(read_regular(path, _MAX_BYTES))
        note, tags = content["note"], content["tags"]
        if not isinstance(note, str) or not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise ValueError("a note is a text, and tags are a list of texts")
        return Labels(note, tuple(tags))
    except FileNotFoundError:
        return Labels()
    except (OSError, ValueError, KeyError, TypeError, RecursionError, UsageError) as error:
        raise RunError(f"cannot read {path}: {error}; remove it to start with empty labels") from error


def write_labels(run: Path, labels: Labels) -> None:
    """Write a run's labels; a live run may get some, too.

    Raises:
        RunError: when the file cannot be written.
    """
    content = json.dumps({"note": labels.note, "tags": list(labels.tags)}, ensure_ascii=False)
    try:
        write_whole(labels_path(run), f"{content}\n".encode())
    except OSError as error:
        raise RunError(f"cannot write {labels_path(run)}: {error.strerror}") from error
