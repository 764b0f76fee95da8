"""A run with a server and no trainer."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_host import PATIENCE, Host
from vae_tui.core.live import server as server_module


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / "run"
    path.mkdir(mode=0o700)
    (path / "lock").touch()
    return path


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host waits long for its viewers to hang up."""
    monkeypatch.setattr(server_module, "FAREWELL_SECONDS", PATIENCE)


@pytest.fixture
def host(run: Path) -> Iterator[Host]:
    host = Host(run)
    host.server.start()
    with contextlib.closing(host):
        yield host
