"""Read the guide, `core/README.md`: chapters of prose and snippets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$\n?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Part:
    """A piece of a chapter."""

    kind: str
    """"" for prose in Markdown, "python" for a snippet, "text" for what the snippet before it printed."""
    text: str


@dataclass(frozen=True)
class Chapter:
    """A chapter of the guide."""

    title: str
    parts: tuple[Part, ...]


def read_guide() -> list[Chapter]:
    """Read the chapters of the guide; what stands before the first one is not part of them."""
    text = files("vae_tui.core").joinpath("README.md").read_text(encoding="utf-8")
    _, *chapters = re.split(r"^## ", text, flags=re.MULTILINE)
    return [Chapter(title, tuple(_parts(body))) for title, _, body in (chapter.partition("\n") for chapter in chapters)]


def _parts(body: str) -> Iterator[Part]:
    """Yield the parts of a chapter, in order."""
    prose, *fences = _FENCE.split(body)
    yield Part("", prose)
    for kind, text, after in zip(fences[0::3], fences[1::3], fences[2::3], strict=True):
        yield Part(kind, text)
        if after.strip():
            yield Part("", after)
