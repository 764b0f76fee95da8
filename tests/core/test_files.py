"""Files that appear whole, and outputs that users name."""

import os
import threading
from pathlib import Path

import pytest
from vae_tui.core.files import free_bytes, output_file, write_whole


def write(path: Path, content: bytes) -> None:
    with output_file(path) as file:
        file.write(content)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")
    with pytest.raises(TypeError):
        write(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    write(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]


def test_of_a_link_the_target_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    target.parent.mkdir()
    link.symlink_to(target)
    for content in (b"a link to nothing yet", b"a link to a file"):
        write(link, content)
        assert target.read_bytes() == content
        assert link.is_symlink()


def test_a_pipe_gets_the_bytes_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write(pipe, b"content")
    reader.join()
    assert read == [b"content"]
    assert pipe.is_fifo()
    assert os.listdir(tmp_path) == ["pipe"]


def test_the_free_space_of_a_lost_disk_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert free_bytes(tmp_path) is not None
    assert free_bytes(tmp_path / "file" / "run") is None
