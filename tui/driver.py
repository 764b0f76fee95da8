"""A terminal driver that counts what it writes."""

from __future__ import annotations

from collections.abc import Callable

from textual.driver import Driver


def metered_driver_class(base: type[Driver], count: Callable[[int], None]) -> type[Driver]:
    """A driver like `base` that reports the bytes which it writes to the terminal.

    Args:
        base: The driver class that Textual has chosen for this platform (`App.get_driver_class`).
        count: Called with the number of bytes of each write, in the thread that writes.
    """

    class MeteredDriver(base):
        """Counts, then writes."""

        def write(self, data: str) -> None:
            """Write data to the terminal."""
            count(len(data.encode(errors="replace")))
            super().write(data)

    return MeteredDriver
