"""The decoded images on disk: read back as written, or not at all."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vae_tui.core.data.cache import read_cache, write_cache
from vae_tui.core.data.dataset import Split, SplitPair

# The file is written anew for each example; the folder may be shared.
shares_folder = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


def make_split(size: int) -> Split:
    rng = np.random.default_rng(size)
    return Split(rng.integers(0, 256, (size, 28, 28), dtype=np.uint8), rng.integers(0, 10, size, dtype=np.int32))


PAIR = SplitPair(make_split(5), make_split(2))


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("cache") / "file"
    write_cache(path, PAIR)
    return path.read_bytes()


@shares_folder
@given(train=st.integers(0, 20), test=st.integers(0, 20))
def test_what_was_written_is_read(train: int, test: int, tmp_path: Path) -> None:
    pair = SplitPair(make_split(train), make_split(test))
    write_cache(tmp_path / "deep" / "file", pair)
    read = read_cache(tmp_path / "deep" / "file")
    assert read is not None
    for split, expected in ((read.train, pair.train), (read.test, pair.test)):
        assert split.images.dtype == np.uint8
        assert split.labels.dtype == np.int32
        assert np.array_equal(split.images, expected.images)
        assert np.array_equal(split.labels, expected.labels)


@shares_folder
@given(data=st.data())
def test_a_changed_byte_is_noticed(content: bytes, data: st.DataObject, tmp_path: Path) -> None:
    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[place] ^= data.draw(st.integers(1, 255))
    (tmp_path / "file").write_bytes(changed)
    assert read_cache(tmp_path / "file") is None


@shares_folder
@given(data=st.data())
def test_a_cut_or_a_longer_file_is_noticed(content: bytes, data: st.DataObject, tmp_path: Path) -> None:
    wrong = data.draw(
        st.integers(0, len(content) - 1).map(lambda end: content[:end])
        | st.binary(min_size=1, max_size=100).map(lambda extra: content + extra)
    )
    (tmp_path / "file").write_bytes(wrong)
    assert read_cache(tmp_path / "file") is None


def test_a_missing_file_is_no_error(tmp_path: Path) -> None:
    assert read_cache(tmp_path / "nothing") is None
