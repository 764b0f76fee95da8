"""Small curves on one line."""

import pytest
from vae_tui.tui.render.sparkline import sparkline


@pytest.mark.parametrize(
    ("values", "width", "unicode", "drawn"),
    [
        ([], 8, True, ""),
        ([5.0], 8, True, "▁"),
        ([100.0, 10.0, 1.0, 0.0], 8, True, "█▅▁▁"),
        ([100.0, 10.0, 1.0, 0.0], 8, False, "^-__"),
        ([100.0, 100.0, 0.0, 0.0], 2, True, "█▁"),
    ],
)
def test_levels_are_logarithmic(values: list[float], width: int, unicode: bool, drawn: str) -> None:
    assert sparkline(values, width, unicode=unicode) == drawn
