"""Notes and tags of runs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.config import Config
from vae_tui.core.errors import RunError, UsageError
from vae_tui.core.library import list_runs
from vae_tui.core.run import Labels, RunDirectory, read_labels, write_labels
from vae_tui.core.run.labels import MAX_NOTE, MAX_TAG

PRINTABLE = st.characters(exclude_categories=["C", "Z"], exclude_characters=":<>=,")
TAGS = st.lists(st.text(PRINTABLE, min_size=1, max_size=MAX_TAG), max_size=5)


@given(note=st.text(PRINTABLE, max_size=MAX_NOTE), tags=TAGS)
def test_labels_come_back_with_each_tag_once(
    note: str, tags: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("run")
    write_labels(folder, Labels(note, tuple(tags)))
    assert read_labels(folder) == Labels(note, tuple(sorted(set(tags))))


def test_a_run_without_labels_has_empty_ones(tmp_path: Path) -> None:
    assert read_labels(tmp_path) == Labels()


@pytest.mark.parametrize("tag", ["", "two words", "a,b", "lr>1", "data:x", "new\nline", "\x1b[31m", "x" * 41])
def test_what_could_not_be_typed_in_a_filter_is_no_tag(tag: str) -> None:
    with pytest.raises(UsageError, match="is no tag"):
        Labels(tags=(tag,))


@pytest.mark.parametrize("note", ["two\nlines", "\x1b[2J", "x" * (MAX_NOTE + 1)])
def test_a_note_is_one_line(note: str) -> None:
    with pytest.raises(UsageError, match="a note is one line"):
        Labels(note)


DAMAGED = [
    b"",
    b"{",
    b"[]",
    b'{"note": 1, "tags": []}',
    b'{"note": "", "tags": "ab"}',
    b'{"note": "", "tags": ["a b"]}',
    b"\xff",
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_file_is_told_and_hides_no_run(content: bytes, tmp_path: Path) -> None:
    with RunDirectory.create(Config(), tmp_path) as run:
        (run.path / "labels.json").write_bytes(content)
    with pytest.raises(RunError, match=r"cannot read .*labels.json: .*; remove it to start with empty labels"):
        read_labels(run.path)
    (listed,) = list_runs(tmp_path)
    assert (listed.state, listed.summary.note, listed.summary.tags) == ("crashed", "", ())
