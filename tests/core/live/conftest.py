"""A run with a server and no trainer."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_host import Host


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / "run"
    path.mkdir(mode=0o700)
    (path / "lock").touch()
    return path


@pytest.fixture
def host(run: Path) -> Iterator[Host]:
    host = Host(run)
    host.server.start()
    with contextlib.closing(host):
        yield host
