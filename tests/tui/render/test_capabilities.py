import pytest
from vae_tui.tui.render.capabilities import Capabilities, detect

UTF8 = {"encoding": "utf-8", "environment": {"TERM": "xterm-256color"}}


@pytest.mark.parametrize(
    ("system", "colors"),
    [("truecolor", "truecolor"), ("256", "256"), ("standard", "16"), ("windows", "16"), (None, "none")],
)
def test_colours_are_what_rich_found(system, colors):
    assert detect(system, no_color=False, **UTF8) == Capabilities(colors, unicode=True)


def test_no_color_wins():
    assert detect("truecolor", no_color=True, **UTF8).colors == "none"


@pytest.mark.parametrize(
    ("encoding", "term", "unicode"),
    [
        ("utf-8", "xterm", True),
        ("UTF-8", "tmux-256color", True),
        ("utf-8", "vt100", False),
        ("utf-8", "linux", False),
        ("iso8859-1", "xterm", False),
        ("ascii", "xterm", False),
    ],
)
def test_unicode_needs_the_encoding_and_the_terminal(encoding, term, unicode):
    assert detect("256", no_color=False, encoding=encoding, environment={"TERM": term}).unicode is unicode


def test_ascii_is_all_there_is_where_it_is_asked_for():
    assert detect("256", no_color=False, ascii=True, **UTF8) == Capabilities("256", unicode=False)
