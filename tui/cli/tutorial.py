"""`vae-tui tutorial`: read the guide to JAX, Flax and Optax, and run its snippets."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.rule import Rule
from rich.syntax import Syntax

from ...core.errors import UsageError
from .cursor_console import CursorConsole
from .guide import Part, read_guide

WIDTH = 100
"""Columns of prose; longer lines are hard to read."""


def tutorial(chapter: int = 1, /) -> None:
    """Show the guide to JAX, Flax and Optax, chapter by chapter, and run its snippets.

    On a terminal, Enter runs the next snippet, and q ends the tutorial.

    Parameters
    ----------
    chapter:
        The chapter to begin with; the snippets of the chapters before it run first, without being shown.
    """
    chapters = read_guide()
    if not 1 <= chapter <= len(chapters):
        raise UsageError(f"there is no chapter {chapter}; the chapters are 1 to {len(chapters)}")
    console = CursorConsole(highlight=False)
    console.width = min(console.width, WIDTH)
    names: dict[str, Any] = {"__name__": "tutorial"}
    with console.status("") as status:
        for earlier in chapters[: chapter - 1]:
            status.update(f"running the snippets of {earlier.title}")
            with contextlib.redirect_stdout(io.StringIO()):
                for part in earlier.parts:
                    if part.kind == "python":
                        run(part.text, names)
    waits = sys.stdin.isatty() and sys.stdout.isatty()
    for shown in chapters[chapter - 1 :]:
        console.print(Rule(shown.title, align="left", style="bold"))
        for part in shown.parts:
            if not _show(console, part, names, waits=waits):
                return


def _show(console: Console, part: Part, names: dict[str, Any], *, waits: bool) -> bool:
    """Show a part of a chapter, and run it if it is a snippet. Return False if the user ends the tutorial."""
    match part.kind:
        case "python":
            console.print(Syntax(part.text.rstrip(), "python", theme="ansi_dark", background_color="default"))
            console.print()
            if waits and _is_ended(console):
                return False
            run(part.text, names)
        case "":
            console.print(Markdown(part.text))
            console.print()
        case _:  # what the guide's author saw; here the snippet has just printed its own
            pass
    return True


def _is_ended(console: Console) -> bool:
    """Ask whether to go on. Return whether the user ends the tutorial, with q or with ctrl+d."""
    try:
        return console.input("[dim]Enter runs this, q ends: [/]").strip().lower() == "q"
    except EOFError:
        console.print()
        return True


def run(snippet: str, names: dict[str, Any]) -> None:
    """Run a snippet in the namespace of those before it."""
    exec(compile(snippet, "<the guide>", "exec", dont_inherit=True), names)
