"""The command of `--on-end` is read before anything is started."""

import pytest
from vae_tui.core.errors import UsageError
from vae_tui.tui.cli.end_command import parse_command


def test_a_command_is_split_as_a_shell_does() -> None:
    assert parse_command("""sh -c 'echo "$X"' two\\ words""") == (
        "sh",
        "-c",
        'echo "$X"',
        "two words",
    )
    assert parse_command("") == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [("sh -c 'echo", "is not a command: No closing quotation"), ("no-such-program x", "no program no-such-program")],
)
def test_what_is_no_command_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        parse_command(text)
