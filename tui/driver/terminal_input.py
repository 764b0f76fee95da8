"""Parse any bytes from a terminal into Textual's messages.

Lines are noisy, and not every paste is UTF-8. Textual's own input threads decode strictly: one wrong byte ends the app.
"""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Generator, Iterable, Iterator

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message

from .complaints import Complaints
from .paste import LONGEST, WINDOW_SECONDS, Paste

MAX_CELLS = 2000
"""Columns and rows of the largest screen; larger sizes and mouse positions are noise."""

ESCAPE, REPLACEMENT = "\x1b", "\ufffd"


class InputDecoder:
    """Decode bytes from a terminal into messages, without raising on any bytes.

    Bytes that are not UTF-8 become U+FFFD, which a paste may contain but which reaches no widget as a key. When
    Textual's parser fails, a fresh one replaces it. The parser itself abandons a sequence after 32 characters or
    ESCDELAY; the bounds of a paste are in `paste.py`.

    Args:
        is_flooded: Returns, once for each chunk, whether the app is behind. Plain characters are then dropped
            unparsed, because parsing is the most expensive part.
        complaints: Logs problems.
        debug: Whether Textual's parser logs keys to its own file.
        clock: Returns the time in seconds.
    """

    def __init__(
        self,
        *,
        is_flooded: Callable[[], bool] = lambda: False,
        complaints: Complaints | None = None,
        debug: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._is_flooded = is_flooded
        self._complaints = complaints or Complaints(clock)
        self._clock = clock
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._parser = _Parser(debug)
        self._latest = ""
        """The last few characters, which may be the start marker of a paste."""
        self._paste: Paste | None = None

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that a chunk of bytes completes."""
        text, drops_plain = self._decode(data), self._is_flooded()
        while text:
            if self._paste is None:
                text = yield from self._feed_parser(text, drops_plain)
            else:
                text = yield from self._feed_paste(self._paste, text)

    def tick(self) -> Iterator[Message]:
        """Yield the messages that a pause completes, such as a lone escape.

        Call it about ten times a second.
        """
        if self._paste is not None and self._paste.is_stalled(self._clock()):
            self._paste = None
            self._complaints.add(f"a paste without an end marker was dropped after {WINDOW_SECONDS:g} s")
        yield from self._parsed(self._parser.tick)

    def _feed_parser(self, text: str, drops_plain: bool) -> Generator[Message, None, str]:
        """Yield a text's messages up to a paste; return the text after its marker."""
        for position, character in enumerate(text):
            is_dropped = character == REPLACEMENT or (drops_plain and character != ESCAPE)
            if not (is_dropped and self._parser.is_at_rest):
                yield from self._parsed(self._parser.feed, character)  # one by one: a failure loses no other character
            self._latest = (self._latest + character)[-len(BRACKETED_PASTE_START) :]
            if self._latest == BRACKETED_PASTE_START:
                self._parsed(self._parser.feed, BRACKETED_PASTE_END)  # the parser would collect it without a bound
                self._paste = Paste(self._clock())
                return text[position + 1 :]
        return ""

    def _feed_paste(self, paste: Paste, text: str) -> Generator[Message, None, str]:
        """Yield the paste if complete; return the text after its end."""
        rest = paste.add(text)
        if rest is None:
            return ""
        self._paste = None
        if paste.is_too_long:
            self._complaints.add(f"a paste of more than {LONGEST:,} characters was dropped")
        else:
            yield events.Paste(paste.text)
        return rest

    def _parsed(self, parse: Callable[..., Iterable[Message]], *arguments: str) -> list[Message]:
        """Call the parser and return its messages; replace the parser when it fails."""
        try:
            return [message for message in parse(*arguments) if is_deliverable(message)]
        except Exception as error:
            self._complaints.add(f"Textual cannot read what the terminal sent: {error!r}")
            self._parser = self._parser.successor()
            return []


def is_deliverable(message: Message) -> bool:
    """Return whether the app can handle a message: noise may make impossible ones."""
    match message:
        case events.Key(key=key, character=character):
            return "replacement_character" not in key and is_text(key + (character or ""))
        case events.MouseEvent(x=x, y=y):
            return max(x, y) <= MAX_CELLS
        case events.Resize(size=size):
            return is_possible(*size)
    return True


def is_text(characters: str) -> bool:
    """Return whether characters are text, without U+FFFD and surrogates, which cannot be encoded."""
    return not any(character == REPLACEMENT or "\ud800" <= character <= "\udfff" for character in characters)


def is_possible(columns: int, rows: int) -> bool:
    """Return whether a screen can have a size."""
    return 0 < columns <= MAX_CELLS and 0 < rows <= MAX_CELLS


class _Parser(XTermParser):
    """Extend Textual's parser with its state, and with a successor after a failure."""

    def __init__(self, debug: bool) -> None:
        super().__init__(debug)
        self._is_debugged = debug

    @property
    def is_at_rest(self) -> bool:
        """Whether the parser is outside a sequence: inside, it waits with a timeout."""
        return self._awaiting.timeout is None

    def successor(self) -> _Parser:
        """Return a fresh parser with the terminal's size and mouse mode."""
        parser = _Parser(self._is_debugged)
        parser.last_x, parser.last_y = self.last_x, self.last_y
        parser.mouse_pixels = self.mouse_pixels
        parser.terminal_size, parser.terminal_pixel_size = self.terminal_size, self.terminal_pixel_size
        return parser
