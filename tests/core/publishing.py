"""Small data sets in the published formats, and a web server that serves them."""

import contextlib
import dataclasses
import gzip
import hashlib
import http.server
import struct
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from vae_tui.core.data.catalog import SOURCES, Download, IdxFiles, Source


def idx(array: UInt8[np.ndarray, "..."]) -> bytes:
    """An IDX file's content."""
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


NOWHERE = "http://127.0.0.1:9/"
"""An address at which nobody answers."""


def publish(folder: Path, name: str = "mnist", base_url: str = NOWHERE, sizes: tuple[int, int] = (120, 24)) -> Source:
    """Write a small data set into `folder` as it would be published; its source says what is there.

    Pixel (0, 0) of an image is its number in the split, pixel (0, 1) its label; the rest is noise.
    """
    stock = SOURCES[name]
    source = dataclasses.replace(
        stock,
        train=dataclasses.replace(stock.train, size=sizes[0]),
        test=dataclasses.replace(stock.test, size=sizes[1]),
    )
    contents = _contents(source.train, 0) | _contents(source.test, 1)
    packed = {f"{file}.gz": gzip.compress(content) for file, content in contents.items()}
    if source.archive_folder:
        with zipfile.ZipFile(folder / "gzip.zip", "w") as archive:
            for file, content in packed.items():
                archive.writestr(f"{source.archive_folder}/{file}", content)
        packed = {"gzip.zip": (folder / "gzip.zip").read_bytes()}
    for file, content in packed.items():
        (folder / file).write_bytes(content)
    return dataclasses.replace(
        source,
        downloads=tuple(Download(base_url + file, len(content), sha256(content)) for file, content in packed.items()),
        content_sha256={file: sha256(contents[file]) for file in stock.content_sha256},
    )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _contents(files: IdxFiles, seed: int) -> dict[str, bytes]:
    images = np.random.default_rng(seed).integers(0, 256, (files.size, 28, 28), dtype=np.uint8)
    labels = (np.arange(files.size) % 10).astype(np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.arange(files.size), labels
    return {files.images: idx(images), files.labels: idx(labels)}


class WebServer:
    """Serves a folder on this machine; `answer` can be set to (status, body) to answer otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answer: tuple[int, bytes] | None = None
        self.requests: list[str] = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.requests.append(self.path)
                file = web.folder / self.path.lstrip("/")
                status, body = web.answer or ((200, file.read_bytes()) if file.is_file() else (404, b""))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # a client that has read enough hangs up
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()
