"""What a terminal is told besides the screen: nothing that it would print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.render.announcements import Announcements, announcements, desktop_notification, progress, title

GHOSTTY = {"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "dumb"}, Announcements(bell=True)),
        ({"TERM": "linux"}, Announcements(bell=True)),
        ({}, Announcements(bell=True)),
        ({"TERM": "xterm-256color"}, Announcements(bell=True, title=True)),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, Announcements(bell=True, title=True, desktop="9")),
        ({"TERM": "xterm-kitty"}, Announcements(bell=True, title=True, desktop="9")),
        ({"TERM": "foot-extra"}, Announcements(bell=True, title=True, desktop="777")),
        ({"TERM": "xterm-256color", "WT_SESSION": "x"}, Announcements(bell=True, title=True, progress=True)),
        (GHOSTTY, Announcements(bell=True, title=True, progress=True, desktop="9")),
        (GHOSTTY | {"TMUX": "/tmp/tmux"}, Announcements(bell=True, title=True)),
        (GHOSTTY | {"TERM": "screen-256color"}, Announcements(bell=True, title=True)),
    ],
)
def test_a_terminal_is_told_only_what_it_takes(environment: dict[str, str], expected: Announcements):
    assert announcements("auto", environment) == expected


def test_the_user_chooses():
    assert announcements("bell", GHOSTTY) == Announcements(bell=True)
    assert announcements("off", GHOSTTY) == Announcements()


@given(st.text())
def test_no_text_ends_its_sequence(text: str):
    for sequence in (title(text), desktop_notification("9", text), desktop_notification("777", text)):
        assert sequence.startswith("\x1b]")
        assert sequence.endswith("\a")
        assert sequence[2:-1].isprintable()
    assert desktop_notification("777", text).count(";") == 3
    assert desktop_notification("", text) == ""


def test_progress_is_a_state_and_a_number():
    assert progress("running", 29) == "\x1b]9;4;1;29\a"
    assert progress("none") == "\x1b]9;4;0;0\a"
