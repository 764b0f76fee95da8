"""Lists of checksums."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vae_tui.core.data.digest import SUMS, sums_hold, write_sums

CONTENTS = {"a": b"some content", "b": b"other content", "c": b""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "listed")


def make_folder(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    write_sums(folder)
    return folder


def test_an_untouched_folder_holds(folder: Path) -> None:
    assert sums_hold(folder)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["a", "b", SUMS]), data=st.data())
def test_damage_is_noticed(name: str, data: st.DataObject, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "damaged")
    content = bytearray((folder / name).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[place:]
    else:
        content[place] ^= data.draw(st.integers(1, 255))
    # The end of the list's last line says nothing; without it the list is still whole.
    still_whole = name == SUMS and bytes(content).decode(errors="replace").splitlines() == (
        (folder / SUMS).read_text().splitlines()
    )
    (folder / name).write_bytes(content)
    assert sums_hold(folder) == still_whole


def test_a_missing_or_added_file_is_noticed(folder: Path) -> None:
    (folder / "c").unlink()
    assert not sums_hold(folder)
    (folder / "c").touch()
    (folder / "d").touch()
    assert not sums_hold(folder)


def test_a_folder_without_a_list_does_not_hold(folder: Path) -> None:
    (folder / SUMS).unlink()
    assert not sums_hold(folder)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_sha256sum_reads_the_list(folder: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=folder, check=True, capture_output=True)
