"""The file format of MNIST."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jaxtyping import UInt8
from publishing import idx
from vae_tui.core.data.idx import parse_idx

arrays = hnp.arrays(np.uint8, hnp.array_shapes(max_dims=3, min_side=0, max_side=6))


@given(arrays)
def test_an_array_is_read_as_it_was_written(array: UInt8[np.ndarray, "..."]) -> None:
    parsed = parse_idx(idx(array))
    assert parsed.shape == array.shape
    assert np.array_equal(parsed, array)


@given(arrays, st.data())
def test_a_cut_or_a_longer_file_is_refused(array: UInt8[np.ndarray, "..."], data: st.DataObject) -> None:
    content = idx(array)
    wrong = data.draw(
        st.integers(0, len(content) - 1).map(lambda end: content[:end])
        | st.binary(min_size=1, max_size=4).map(lambda extra: content + extra)
    )
    with pytest.raises(ValueError, match=r"not an IDX file|cut off|holds"):
        parse_idx(wrong)


@pytest.mark.parametrize("magic", [b"\x00\x01\x08\x01", b"\x00\x00\x0d\x01", b"\x1f\x8b\x08\x00"])
def test_other_formats_are_refused(magic: bytes) -> None:
    with pytest.raises(ValueError, match="not an IDX file of bytes"):
        parse_idx(magic + bytes(4))
