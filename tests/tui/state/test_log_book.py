"""The entries of the log, and their lines."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.core.protocol import Evaluated
from vae_tui.tui.state.log_book import MAX_ENTRIES, LogBook, find_all, first_rows, rows_of
from vae_tui.tui.state.messages import LogLine, log_lines

TIME = 1_800_000_000.0
WORDS = st.text(st.characters(categories=["Lu", "Ll", "Nd", "Po", "Zs"]), max_size=120)


def texts(book: LogBook, **arguments) -> list[str]:
    return [line.text for _, line in book.entries(**arguments)]


def test_entries_stay_in_their_order_with_numbers_of_their_own():
    book = LogBook()
    for text in "abc":
        book.add(LogLine(TIME, text))
    assert texts(book) == ["a", "b", "c"]
    assert len({number for number, _ in book.entries()}) == 3
    assert texts(book, most=2) == ["b", "c"]


def test_levels_are_filtered_before_the_newest_are_taken():
    book = LogBook()
    for level in ("error", "info", "warning", "info"):
        book.add(LogLine(TIME, level, level))
    assert texts(book, lowest="warning") == ["error", "warning"]
    assert texts(book, lowest="error", most=1) == ["error"]


def test_only_so_many_are_kept():
    book = LogBook()
    for number in range(MAX_ENTRIES + 10):
        book.add(LogLine(TIME, str(number)))
    assert len(book.entries()) == MAX_ENTRIES
    assert texts(book)[0] == "10"


def test_what_is_told_again_is_forgotten_first():
    book = LogBook()
    for seconds, text in enumerate("abc", 1):
        book.add(LogLine(TIME + seconds, text))
    revision = book.revision
    book.forget(TIME + 1, TIME + 2)
    assert texts(book) == ["a", "c"]
    assert book.revision > revision
    book.add(LogLine(TIME + 2, "b"))
    assert texts(book) == ["a", "c", "b"]
    revision = book.revision
    book.forget(TIME + 3, TIME + 9)
    assert (texts(book), book.revision) == (["a", "c", "b"], revision)


@given(WORDS, st.integers(20, 200), st.sampled_from(["info", "warning", "error"]), WORDS)
def test_lines_hold_the_whole_text_within_the_width_and_mark_every_match(text, width, level, words):
    text, search = " ".join(text.split()), " ".join(words.split())[:4]
    rows = rows_of(0, LogLine(TIME, text, level), width, search)
    assert all(len(row.lead) + len(row.text) <= width for row in rows)
    assert "".join(row.text for row in rows).replace(" ", "") == text.replace(" ", "")
    for row in rows:
        pieces = list(row.pieces())
        assert "".join(piece for piece, _ in pieces) == row.lead + row.text
        assert all(piece for piece, _ in pieces)
    marked = "".join(row.text[match] for row in rows for match in row.matches).replace(" ", "")
    assert marked == "".join(text[place] for place in find_all(text, search)).replace(" ", "")


def test_the_level_is_told_without_colours():
    stamp = datetime.fromtimestamp(TIME).strftime("%H:%M:%S ")
    leads = [rows_of(0, LogLine(TIME, "text", level), 80)[0].lead for level in ("info", "warning", "error")]
    assert leads == [stamp, stamp + "! ", stamp + "!! "]


def test_further_lines_are_indented_and_a_match_goes_on_in_them():
    first, second = rows_of(0, LogLine(TIME, "saved checkpoint 1,250"), 25, "checkpoint 1")
    assert (first.text, second.text) == ("saved checkpoint", "1,250")
    assert second.lead == " " * len(first.lead)
    assert (first.text[first.matches[0]], second.text[second.matches[0]]) == ("checkpoint", "1")


@pytest.mark.parametrize(
    ("search", "found"),
    [("", []), ("best", ["best", "Best"]), ("Best", ["Best"]), ("worst", []), ("aa", ["aa", "aa"])],
)
def test_small_letters_stand_for_capitals_too_and_capitals_for_themselves(search, found):
    text = "best, Best and aaaaa"
    assert [text[place] for place in find_all(text, search)] == found


@given(st.integers(1, 5), st.integers(18, 60))
def test_a_shortened_entry_begins_with_its_first_words_and_ends_with_an_ellipsis(most: int, width: int):
    line = LogLine(TIME, "validation loss not 0.1% better in 14 evaluations; a lower learning rate may help", "warning")
    whole = first_rows(0, line, 100, width)
    rows = first_rows(0, line, most, width)
    assert len(rows) == min(most, len(whole))
    assert rows[: most - 1] == whole[: most - 1]
    assert all(len(row.lead) + len(row.text) <= max(width, len(row.lead) + 8) for row in rows)
    assert rows[-1].text.endswith("…") == (len(whole) > most)


@given(st.integers(28, 80))
def test_an_evaluation_has_its_step_and_its_loss_in_one_row_of_any_width(width: int):
    event = Evaluated(
        step=1770, time=TIME, split="validation", loss=105.79, reconstruction=99.0, kl=6.79, best=True, iw_bound=104.2
    )
    (line,) = log_lines(event)
    (row,) = first_rows(0, line, 1, width)
    assert "1,770: " in row.text
    assert "105.79" in row.text
    assert "…" not in row.text
    assert len(row.lead) + len(row.text) <= width


def test_a_row_of_a_narrow_panel_has_no_seconds():
    assert first_rows(0, LogLine(TIME, "text"), 1, 80)[0].lead.count(":") == 2
    assert first_rows(0, LogLine(TIME, "text"), 1, 28)[0].lead.count(":") == 1
