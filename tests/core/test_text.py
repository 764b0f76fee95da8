"""Numbers and paths in the texts that users read."""

import shlex

import pytest
from vae_tui.core.text import count, shell_path


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (999, "999"), (1045, "1,045"), (12345.6, "12,346")])
def test_numbers_have_thousands_separators(number: float, text: str) -> None:
    assert count(number) == text


@pytest.mark.parametrize("path", ["runs/a", "-d2", "a run's", "--help"])
def test_a_path_is_one_argument_and_no_flag(path: str) -> None:
    (argument,) = shlex.split(shell_path(path))
    assert argument in (path, f"./{path}")
    assert not argument.startswith("-")
