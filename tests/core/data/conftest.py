"""Small data sets in the published formats, and a web server that serves them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from publishing import WebServer


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    """A web server on this machine that serves what is put into `web.folder`."""
    folder = tmp_path / "web"
    folder.mkdir()
    server = WebServer(folder)
    with server.running():
        yield server
