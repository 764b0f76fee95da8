"""Probe servers for published files, and download and verify the files."""

from __future__ import annotations

import hashlib
import queue
import threading
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import DataError
from .catalog import Download
from .dataset import ProgressCallback

PROBE_SECONDS = 2.5
"""The total time limit of a probe, including name resolution and the import of the HTTP client."""

_TIMEOUTS = (5.0, 30.0)  # seconds to connect, and between two reads of the response
_CHUNK = 1 << 18  # bytes; the minimum between two progress reports
_MAGIC = {".gz": b"\x1f\x8b", ".zip": b"PK"}


def is_reachable(download: Download, limit: float = PROBE_SECONDS) -> bool:
    """Return whether a file can be downloaded, within `limit` seconds.

    The probe requests the first two bytes of the file. The result is False when the request is refused (such as by a
    proxy's 403 or 407) or another page is served in place of the file (such as a hotel's login page).
    """
    answer: queue.SimpleQueue[bool] = queue.SimpleQueue()
    # A daemon thread: name resolution has no timeout, and a hanging one must not delay the program's exit.
    threading.Thread(target=lambda: answer.put(_serves(download, limit)), name="probe", daemon=True).start()
    try:
        return answer.get(timeout=limit)
    except queue.Empty:
        return False


def fetch(download: Download, folder: Path, progress: ProgressCallback) -> None:
    """Download a file to `folder`, replacing an earlier file of the same name.

    Args:
        download: The file.
        folder: The folder to write to; it is created if needed.
        progress: Called with the number of bytes received; an exception from it ends the download.

    Raises:
        DataError: when the file cannot be downloaded or its SHA-256 is wrong; the folder's files are then unchanged.
        OSError: when the file cannot be written.
    """
    import requests  # 0.1 s

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / download.filename
    part = path.with_name(f"{path.name}.part")
    digest = hashlib.sha256()
    done = 0
    try:
        with requests.get(download.url, stream=True, timeout=_TIMEOUTS) as response, open(part, "wb") as file:
            response.raise_for_status()
            for chunk in response.iter_content(max(_CHUNK, download.size // 100)):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                progress(f"downloading {download.filename}", done, download.size, "bytes")
        if digest.hexdigest() != download.sha256:
            raise DataError(f"{download.url} is not the published file: its SHA-256 is wrong")
        part.replace(path)
    except requests.RequestException as error:
        raise DataError(f"cannot download {download.url}: {_reason(error)}") from error
    finally:
        part.unlink(missing_ok=True)


def host(download: Download) -> str:
    """Return the name of the host that serves a file."""
    return urlsplit(download.url).netloc


def _serves(download: Download, timeout: float) -> bool:
    import requests

    try:
        with requests.get(download.url, headers={"Range": "bytes=0-1"}, stream=True, timeout=timeout) as response:
            start = next(response.iter_content(2), b"")
            return response.status_code in (200, 206) and start == _MAGIC[Path(download.filename).suffix]
    except requests.RequestException:
        return False


def _reason(error: Exception) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    return "the connection timed out" if isinstance(error, requests.Timeout) else "the connection failed"
