"""Files from the network: whether they can be had, and getting them whole and verified."""

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
"""How long a probe may take in all, name resolution and the import of the HTTP client included."""

_TIMEOUTS = (5.0, 30.0)  # seconds to connect, and between two pieces of the answer
_CHUNK = 1 << 18  # bytes; at least this much between two reports of progress
_MAGIC = {".gz": b"\x1f\x8b", ".zip": b"PK"}


def is_reachable(download: Download, limit: float = PROBE_SECONDS) -> bool:
    """Whether the network serves this file, found out within `limit` seconds by asking for its first two bytes.

    A refusal (such as a proxy's 403 or 407) and a page in the file's stead (such as a hotel's login) mean no.
    """
    answer: queue.SimpleQueue[bool] = queue.SimpleQueue()
    # A daemon thread: a hanging name resolution knows no timeout, and must not hold up the program's end either.
    threading.Thread(target=lambda: answer.put(_serves(download, limit)), name="probe", daemon=True).start()
    try:
        return answer.get(timeout=limit)
    except queue.Empty:
        return False


def fetch(download: Download, folder: Path, progress: ProgressCallback) -> None:
    """Get a file into `folder`, in place of what is there.

    Raises:
        DataError: when it cannot be fetched, or its SHA-256 is wrong. Nothing new is left behind then.
        OSError: when it cannot be written.
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
    """The machine that serves a file."""
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
        return f"the answer was {error.response.status_code} {error.response.reason}"
    return "the connection timed out" if isinstance(error, requests.Timeout) else "the connection failed"
