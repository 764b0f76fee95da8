"""Keep prepared data sets: verify them when used, rebuild damaged ones.

DIR/NAME/VERSION/         the prepared data set in the layout of tensorflow-datasets, and SHA256SUMS
DIR/decoded/*.cache       the decoded images
DIR/downloads/NAME/       the downloaded files
DIR/.preparing/           files in preparation; the process that prepares them holds DIR/.lock
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import DataError
from ..files import describe_shortage, free_bytes, is_disk_full
from .builder import decode_images, prepare
from .cache import read_cache, write_cache
from .catalog import Source
from .dataset import ProgressCallback, Split, SplitPair
from .digest import SUMS, has_sha256, sums_hold, write_sums
from .download import fetch, host, is_reachable
from .originals import read_originals

_INFO = "dataset_info.json"  # written by tensorflow-datasets: a folder without it holds no data set


class Store:
    """The prepared data sets in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def dataset_path(self, source: Source) -> Path:
        """Return the folder of the prepared data set."""
        return self.directory / source.folder

    def cache_path(self, source: Source) -> Path:
        """Return the file of the decoded images."""
        return self.directory / "decoded" / f"{source.name.replace('/', '-')}-{source.version}.cache"

    def holds(self, source: Source) -> bool:
        """Return whether the files of a data set exist; they are not verified."""
        return self.cache_path(source).exists() or (self.dataset_path(source) / _INFO).exists()

    def load(self, source: Source, progress: ProgressCallback) -> SplitPair:
        """Return the decoded images, upright, after downloading and preparing them if needed.

        Args:
            source: The data set.
            progress: Called with the progress of the work; an exception from it ends the work.

        Raises:
            DataError: when the data set is not prepared and cannot be, or the directory cannot be used.
        """
        with self._plain_errors():
            return read_cache(self.cache_path(source)) or self.prepare(source, None, progress)

    def prepare(self, source: Source, originals: Path | None, progress: ProgressCallback) -> SplitPair:
        """Verify a data set and its decoded images, and rebuild missing or damaged files.

        Args:
            source: The data set.
            originals: The folder of the published files, or None to download them.
            progress: Called with the progress of the work; an exception from it ends the work.

        Returns:
            The decoded images, upright.

        Raises:
            DataError: when the data set cannot be downloaded or prepared, or the directory cannot be used.
        """
        with self._plain_errors(), self._locked(progress):
            note = "" if self._is_intact(source) else self._build(source, originals, progress)
            cached = read_cache(self.cache_path(source))
            if cached is not None:
                return replace(cached, note=note)
            decoded = decode_images(source, self.dataset_path(source), progress)
            pair = SplitPair(_upright(decoded.train), _upright(decoded.test)) if source.transposed else decoded
            write_cache(self.cache_path(source), pair)
            return replace(pair, note=note)

    def _is_intact(self, source: Source) -> bool:
        """Return whether a prepared data set is unchanged.

        A data set without a list of checksums was prepared by tensorflow-datasets itself; it counts as intact, and
        array_record verifies its own checksums on reading.
        """
        folder = self.dataset_path(source)
        return sums_hold(folder) if (folder / SUMS).exists() else (folder / _INFO).exists()

    def _build(self, source: Source, originals: Path | None, progress: ProgressCallback) -> str:
        """Prepare a data set in a working folder, then move it into place atomically.

        Returns:
            What a user should know about the published files, or "".
        """
        target = self.dataset_path(source)
        if (target / SUMS).exists():
            progress(f"{source.name} is damaged, preparing it again", 0, source.train.size + source.test.size, "images")
        elif target.exists() and any(target.iterdir()):
            raise DataError(
                f"{target} holds something other than {source.name}: move it away, or choose another --data.dir"
            )
        self._require_space(source, with_downloads=originals is None)
        pair = read_originals(source, originals or self._download(source, progress))
        work = self.directory / ".preparing"
        shutil.rmtree(work, ignore_errors=True)  # left by a process that was killed
        try:
            made = self._prepare_in(work, source, pair, progress)
            write_sums(made)
            if target.exists():
                target.rename(work / "damaged")
            target.parent.mkdir(parents=True, exist_ok=True)
            made.rename(target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return pair.note

    def _download(self, source: Source, progress: ProgressCallback) -> Path:
        """Download missing or damaged files, and return the folder of the downloaded files."""
        folder = self.directory / "downloads" / source.name.partition("/")[0]
        missing = [item for item in source.downloads if not has_sha256(folder / item.filename, item.sha256)]
        try:
            if missing and not is_reachable(missing[0]):
                raise DataError(f"{host(missing[0])} cannot be reached")
            for download in missing:
                fetch(download, folder, progress)
        except DataError as error:
            raise DataError(
                f"{source.name} has to be downloaded, but that failed: {error};"
                f" `vae-tui data prepare {source.name} --from DIR` prepares it from files"
            ) from error
        return folder

    def _prepare_in(self, work: Path, source: Source, pair: SplitPair, progress: ProgressCallback) -> Path:
        try:
            return prepare(source, pair, work, progress)
        except Exception as error:  # tensorflow-datasets raises many types
            if not is_disk_full(error):
                raise
            raise self._out_of_space(source, with_downloads=False) from error

    def _require_space(self, source: Source, *, with_downloads: bool) -> None:
        free = free_bytes(self.directory)
        if free is not None and free < _needed(source, with_downloads=with_downloads):
            raise self._out_of_space(source, with_downloads=with_downloads)

    def _out_of_space(self, source: Source, *, with_downloads: bool) -> DataError:
        needed = _needed(source, with_downloads=with_downloads)
        return DataError(
            f"{describe_shortage(self.directory, source.name, needed)}; make room, or choose another folder with"
            " --data.dir"
        )

    @contextlib.contextmanager
    def _locked(self, progress: ProgressCallback) -> Iterator[None]:
        """Hold the directory's lock; wait and report progress while another process holds it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        from filelock import FileLock, Timeout

        lock = FileLock(self.directory / ".lock")
        for seconds in itertools.count():
            try:
                lock.acquire(timeout=1)
                break
            except Timeout:
                progress("waiting for another vae-tui to prepare data", seconds + 1, 0, "s")
        try:
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def _plain_errors(self) -> Iterator[None]:
        """Convert an OSError to a DataError with a message for the user."""
        try:
            yield
        except OSError as error:
            raise DataError(
                f"cannot store data sets in {self.directory}: {error.strerror or error};"
                " choose another folder with --data.dir"
            ) from error


def _needed(source: Source, *, with_downloads: bool) -> int:
    """Return the space that preparing a data set takes, in bytes."""
    # Twice the size of the decoded images covers the prepared set, which is compressed, and the decoded images.
    downloads = sum(download.size for download in source.downloads) if with_downloads else 0
    return 2 * (source.train.size + source.test.size) * 28 * 28 + downloads


def _upright(split: Split) -> Split:
    return Split(split.images.transpose(0, 2, 1).copy(), split.labels)
