"""Conversion of images of any type to uint8."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image
from vae_tui.core.data.convert import convert, crop_and_scale, luma, to_uint8
from vae_tui.core.data.formats.values import find_white
from vae_tui.core.errors import DataError

VALUES = {
    np.bool_: st.booleans(),
    np.uint8: st.integers(0, 255),
    np.uint16: st.integers(0, 65535),
    np.int64: st.integers(0, 65535),
    np.float32: st.floats(0, 255, width=32),
    np.float64: st.floats(0, 1),
}


@given(data=st.data(), dtype=st.sampled_from(list(VALUES)))
def test_any_type_becomes_uint8_in_the_same_order(data: st.DataObject, dtype: type) -> None:
    values = data.draw(npst.arrays(dtype, (2, 3, 4), elements=VALUES[dtype]))
    white = find_white([values], "it")
    converted = convert(values, white)
    assert converted.dtype == np.uint8
    assert converted.shape == values.shape
    assert (np.diff(converted.ravel()[np.argsort(values, axis=None)].astype(int)) >= 0).all()


@pytest.mark.parametrize(
    ("values", "white"),
    [
        (np.array([0, 1], np.int64), 1),
        (np.array([0.0, 0.3]), 1),
        (np.array([0, 16], np.uint8), 16),
        (np.array([0.0, 16.0]), 16),
        (np.array([0.5, 16.0]), 255),
        (np.array([0, 200], np.int32), 255),
        (np.array([300], np.uint16), 65535),
    ],
)
def test_the_value_of_white_is_found(values: np.ndarray, white: int) -> None:
    assert find_white([values], "it") == white
    assert to_uint8(np.array([0, white]), white).tolist() == [0, 255]


@pytest.mark.parametrize("values", [[-1.0, 1.0], [float("nan")], [1e6], ["a"]])
def test_values_that_are_no_intensities_are_refused(values: list[object]) -> None:
    with pytest.raises(DataError, match=r"^it has (pixel values from|images of type).*; store them"):
        find_white([np.array(values)], "it")


def test_alpha_is_blended_over_black() -> None:
    pixel = np.array([200, 100, 50, 51], np.uint8).reshape(1, 1, 1, 4)
    assert convert(pixel, 255).ravel().tolist() == [40, 20, 10]
    assert convert(pixel[..., [0, 3]], 255).tolist() == [[[40]]]


def test_equal_channels_are_gray() -> None:
    image = np.full((1, 2, 2, 3), 7, np.uint8)
    assert convert(image, 255).shape == (1, 2, 2)
    image[0, 0, 0, 0] = 8
    assert convert(image, 255).shape == (1, 2, 2, 3)


@given(npst.arrays(np.uint8, (1, 4, 5, 3)))
def test_gray_is_what_pillow_makes_of_it(image: np.ndarray) -> None:
    assert np.array_equal(luma(image[0]), np.asarray(Image.fromarray(image[0]).convert("L")))


def test_scaling_averages_the_central_square() -> None:
    image = np.zeros((1, 4, 8), np.uint8)
    image[0, :2, 2:4], image[0, :, 6:] = 100, 255
    assert crop_and_scale(image, 2).tolist() == [[[100, 0], [0, 0]]]


def test_rows_and_columns_are_swapped_on_request() -> None:
    image = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    assert convert(image, 255, transpose=True).tolist() == [image[0].T.tolist()]
