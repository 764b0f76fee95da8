"""The folder of prepared data sets: what is in it is verified when used, and made again when damaged.

DIR/NAME/VERSION/         as tensorflow-datasets keeps it, with SHA256SUMS beside its files
DIR/decoded/*.cache       the decoded images
DIR/downloads/NAME/       the downloaded files
DIR/.preparing/           work under way; DIR/.lock is held while there is any
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import DataError
from .builder import decode, prepare
from .cache import read_cache, write_cache
from .catalog import Source
from .dataset import ProgressCallback, Split, SplitPair
from .digest import SUMS, has_sha256, sums_hold, write_sums
from .download import fetch, host, is_reachable
from .originals import read_originals

_INFO = "dataset_info.json"  # tensorflow-datasets' own record: a folder without it holds no data set


class Store:
    """The prepared data sets below a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def dataset_path(self, source: Source) -> Path:
        """The folder of the prepared set."""
        return self.directory / source.folder

    def cache_path(self, source: Source) -> Path:
        """The file of the decoded images."""
        return self.directory / "decoded" / f"{source.name.replace('/', '-')}-{source.version}.cache"

    def holds(self, source: Source) -> bool:
        """Whether a data set is there, by the look of it: nothing is verified."""
        return self.cache_path(source).exists() or (self.dataset_path(source) / _INFO).exists()

    def load(self, source: Source, progress: ProgressCallback) -> SplitPair:
        """The decoded images, upright; prepared from downloads and decoded first where that has to be.

        Raises:
            DataError: when the data set is not there and cannot be had, or the directory cannot be used.
        """
        with self._plain_errors():
            return read_cache(self.cache_path(source)) or self.prepare(source, None, progress)

    def prepare(self, source: Source, originals: Path | None, progress: ProgressCallback) -> SplitPair:
        """Verify the prepared data set and its decoded images; make again what is missing or damaged.

        Args:
            source: The data set.
            originals: The folder of its original files, or None to download them.
            progress: Told how far the work has come; what it raises ends the work.

        Returns:
            The decoded images, upright.

        Raises:
            DataError: when the data set cannot be had, or the directory cannot be used.
        """
        with self._plain_errors(), self._locked(progress):
            if not self._is_intact(source):
                self._build(source, originals, progress)
            cached = read_cache(self.cache_path(source))
            if cached is not None:
                return cached
            decoded = decode(source, self.dataset_path(source), progress)
            pair = SplitPair(_upright(decoded.train), _upright(decoded.test)) if source.transposed else decoded
            write_cache(self.cache_path(source), pair)
            return pair

    def _is_intact(self, source: Source) -> bool:
        """Whether the prepared set is what was written. One without a list of checksums was prepared by
        tensorflow-datasets itself: it is taken as it is, and array_record's own checksums watch the reading."""
        folder = self.dataset_path(source)
        return sums_hold(folder) if (folder / SUMS).exists() else (folder / _INFO).exists()

    def _build(self, source: Source, originals: Path | None, progress: ProgressCallback) -> None:
        """Write the prepared set under another name first: it is whole or not there."""
        target = self.dataset_path(source)
        if (target / SUMS).exists():
            progress(f"{source.name} is damaged, preparing it again", 0, source.train.size + source.test.size, "images")
        elif target.exists() and any(target.iterdir()):
            raise DataError(
                f"{target} holds something else than {source.name}: move it away, or choose another --data.dir"
            )
        self._require_space(source, with_downloads=originals is None)
        pair = read_originals(source, originals or self._download(source, progress))
        work = self.directory / ".preparing"
        shutil.rmtree(work, ignore_errors=True)  # left by a process that was killed
        try:
            made = prepare(source, pair, work, progress)
            write_sums(made)
            if target.exists():
                target.rename(work / "damaged")
            target.parent.mkdir(parents=True, exist_ok=True)
            made.rename(target)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _download(self, source: Source, progress: ProgressCallback) -> Path:
        """The folder of the downloaded files; those that are missing or damaged are fetched."""
        folder = self.directory / "downloads" / source.name.partition("/")[0]
        missing = [item for item in source.downloads if not has_sha256(folder / item.filename, item.sha256)]
        try:
            if missing and not is_reachable(missing[0]):
                raise DataError(f"{host(missing[0])} cannot be reached")
            for download in missing:
                fetch(download, folder, progress)
        except DataError as error:
            raise DataError(
                f"{source.name} has to be downloaded, and {error};"
                f" `vae-tui data prepare {source.name} --from DIR` prepares it from files"
            ) from error
        return folder

    def _require_space(self, source: Source, *, with_downloads: bool) -> None:
        # Twice the decoded images covers the prepared set, which is compressed, and these images.
        needed = 2 * (source.train.size + source.test.size) * 28 * 28
        if with_downloads:
            needed += sum(download.size for download in source.downloads)
        free = shutil.disk_usage(self.directory).free
        if free < needed:
            raise DataError(
                f"{source.name} needs {needed >> 20} MB in {self.directory}, and {free >> 20} MB are free;"
                " make room, or choose another folder with --data.dir"
            )

    @contextlib.contextmanager
    def _locked(self, progress: ProgressCallback) -> Iterator[None]:
        """Hold the directory's lock. While another process has it, say so and wait."""
        self.directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.directory / ".lock")
        for seconds in itertools.count():
            try:
                lock.acquire(timeout=1)
                break
            except Timeout:
                progress("waiting for another vae-tui that prepares data", seconds + 1, 0, "s")
        try:
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataError(
                f"cannot keep data sets in {self.directory}: {error.strerror or error};"
                " choose another folder with --data.dir"
            ) from error


def _upright(split: Split) -> Split:
    return Split(split.images.transpose(0, 2, 1).copy(), split.labels)
