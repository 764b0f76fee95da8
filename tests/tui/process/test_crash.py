"""What is told of a process that has died: the lines of its log that explain it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vae_tui.tui.process.crash import MAX_LINES, MAX_WIDTH, cause_in_words, last_lines

ABSEIL = "F0315 10:20:30.123456   4242 gpu_executor.cc:42] "


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "train.log"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"{ABSEIL.strip()} Check failed: n > 0", "gpu_executor.cc:42] Check failed: n > 0"),
        ("Check failed: stream != nullptr", "Check failed: stream != nullptr"),
        ("Unknown flag in XLA_FLAGS: --xla_no_such_thing", "Unknown flag in XLA_FLAGS: --xla_no_such_thing"),
        ("Fatal Python error: Segmentation fault", "Fatal Python error: Segmentation fault"),
        ("terminate called after throwing an instance of 'std::bad_alloc'", None),
        ("  what():  std::bad_alloc", None),
        ("RESOURCE_EXHAUSTED: Out of memory allocating 1099511627776 bytes", None),
        ("LLVM ERROR: out of memory", None),
    ],
)
def test_a_line_that_explains_the_death_is_found(log: Path, line: str, words: str | None):
    log.write_text(f"I0315 all is well\n{line}\nW0315 nothing of interest\n")
    assert last_lines(log, 0) == [words or line]


def test_a_log_that_explains_nothing_gives_no_lines(log: Path):
    log.write_text("2031-01-01 12:00:00 WARNING jax: no GPU found\nF is no fatal line\n")
    assert last_lines(log, 0) == []


def test_what_is_older_than_the_process_does_not_count(log: Path):
    older = "Check failed: an earlier life\n"
    log.write_text(f"{older}Check failed: this one\n")
    assert last_lines(log, len(older)) == ["Check failed: this one"]
    assert last_lines(log, len(older) + 1000) == []


def test_of_many_lines_the_first_ones_are_shown(log: Path):
    log.write_text("".join(f"Check failed: {number}\n" for number in range(10)))
    assert last_lines(log, 0) == [f"Check failed: {number}" for number in range(MAX_LINES)]


def test_a_long_log_is_read_from_near_its_end_and_a_long_line_is_cut(log: Path):
    log.write_text("Check failed: long ago\n" + "chatter\n" * 100_000 + "Check failed: " + "x" * 10_000)
    (words,) = last_lines(log, 0)
    assert words.startswith("Check failed: xxx")
    assert len(words) == MAX_WIDTH


def test_without_a_log_there_are_no_lines(tmp_path: Path):
    assert last_lines(tmp_path / "train.log", 0) == []
    assert last_lines(tmp_path, 0) == []


def test_nothing_in_a_log_does_anything_to_the_terminal(log: Path):
    log.write_bytes(b"Check failed: \x1b[2J\x07\xff\x9b1m\x00\n")
    (words,) = last_lines(log, 0)
    assert words.startswith("Check failed: ")
    assert words.isprintable()


PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"Check failed: ", ABSEIL.encode(), b"what(): ", b"Fatal Python error", b"\n", b"\r", b"\x1b[2J"]),
)


@given(pieces=st.lists(PIECES, max_size=40), start=st.integers(0, 2000))
def test_whatever_a_log_has_a_few_printable_lines_come_out(pieces: list[bytes], start: int):
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join(pieces))
        file.flush()
        words = last_lines(Path(file.name), start)
    assert len(words) <= MAX_LINES
    assert all(line.isprintable() and len(line) <= MAX_WIDTH for line in words)


def test_the_cause_is_explained_where_it_can_be():
    assert "memory" in cause_in_words("SIGKILL")
    assert "a library aborted the process" in cause_in_words("SIGABRT")
    for cause in ("SIGSEGV", "exit code 3"):
        assert cause_in_words(cause) == cause
