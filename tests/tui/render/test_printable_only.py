from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from vae_tui.tui.render.printable_only import PrintableOnly

BLACK = Color(0, 0, 0)


def test_a_line_keeps_its_styles_and_its_width():
    bold = Style(bold=True)
    line = [Segment("log ", bold), Segment("\x1b[2Jclear\x9b"), Segment(" |")]
    shown = PrintableOnly().apply(line, BLACK)
    assert shown[0] == line[0]
    assert "".join(segment.text for segment in shown) == "log \ufffd[2Jclear\ufffd"
    assert sum(segment.cell_length for segment in shown) == sum(segment.cell_length for segment in line)


def test_what_is_printable_stays_as_it_is():
    line = [Segment("steps ✓"), Segment("\u00a0½")]
    assert PrintableOnly().apply(line, BLACK) == line
