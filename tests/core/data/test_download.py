"""Probing and fetching, against a web server on this machine."""

import dataclasses
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from publishing import NOWHERE, WebServer, sha256
from vae_tui.core.data.catalog import Download
from vae_tui.core.data.download import PROBE_SECONDS, fetch, is_reachable
from vae_tui.core.errors import DataError

CONTENT = b"\x1f\x8b" + bytes(range(256)) * 5000


@pytest.fixture
def published(web: WebServer) -> Download:
    (web.folder / "file.gz").write_bytes(CONTENT)
    return Download(web.url + "file.gz", len(CONTENT), sha256(CONTENT))


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def ignore(label: str, done: int, total: int, unit: str) -> None: ...


def test_a_served_file_is_reachable(published: Download) -> None:
    assert is_reachable(published)


@pytest.mark.parametrize("status", [206, 403, 404, 407, 500])
def test_a_refusal_means_no(published: Download, web: WebServer, status: int) -> None:
    web.answer = (status, CONTENT)
    assert is_reachable(published) == (status == 206)


def test_a_page_in_the_files_stead_means_no(published: Download, web: WebServer) -> None:
    web.answer = (200, b"<html>Please log in to our network</html>")
    assert not is_reachable(published)


def test_nobody_answering_means_no() -> None:
    assert not is_reachable(Download(NOWHERE + "file.gz", 1, ""))


def test_silence_means_no(silent_port: int) -> None:
    assert not is_reachable(Download(f"http://127.0.0.1:{silent_port}/file.gz", 1, ""), limit=0.3)


def test_a_hanging_name_resolution_means_no_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(*_: object, **__: object) -> None:
        release.wait()
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        assert not is_reachable(Download("https://somewhere.invalid/file.gz", 1, ""), limit=0.3)  # while it hangs
    finally:
        release.set()


def test_the_limit_is_below_three_seconds() -> None:
    assert PROBE_SECONDS < 3


def test_a_file_is_fetched_and_progress_told(published: Download, tmp_path: Path) -> None:
    told: list[tuple[str, int, int, str]] = []
    fetch(published, tmp_path / "deep", lambda *report: told.append(report))
    assert (tmp_path / "deep" / "file.gz").read_bytes() == CONTENT
    assert told[-1] == ("downloading file.gz", len(CONTENT), len(CONTENT), "bytes")
    assert [report[1] for report in told] == sorted({report[1] for report in told})


def test_something_else_is_not_kept(published: Download, web: WebServer, tmp_path: Path) -> None:
    web.answer = (200, CONTENT[:-1] + b"!")
    (tmp_path / "file.gz").write_bytes(b"what was there")
    with pytest.raises(DataError, match=r"file\.gz is not the published file"):
        fetch(published, tmp_path, ignore)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir() if path.is_file()] == [
        ("file.gz", b"what was there")
    ]


@pytest.mark.parametrize(("status", "reason"), [(404, "404 Not Found"), (407, "407 Proxy")])
def test_a_refused_download_says_why(
    published: Download, web: WebServer, status: int, reason: str, tmp_path: Path
) -> None:
    web.answer = (status, b"no")
    with pytest.raises(DataError, match=f"cannot download {published.url}: the server answered {reason}"):
        fetch(published, tmp_path / "new", ignore)
    assert not any((tmp_path / "new").iterdir())


def test_no_connection_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the connection failed"):
        fetch(Download(NOWHERE + "file.gz", 1, ""), tmp_path, ignore)
    assert not any(tmp_path.iterdir())


def test_a_stop_leaves_nothing_behind(published: Download, tmp_path: Path) -> None:
    class StopError(Exception): ...

    def stop(*_: object) -> None:
        raise StopError

    with pytest.raises(StopError):
        fetch(published, tmp_path / "new", stop)
    assert not any((tmp_path / "new").iterdir())


def test_a_wrong_checksum_table_accepts_nothing(published: Download, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="SHA-256"):
        fetch(dataclasses.replace(published, sha256="0" * 64), tmp_path / "new", ignore)
