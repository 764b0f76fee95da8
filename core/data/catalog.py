"""The catalog of published data sets: their files, sizes, classes and checksums.

The names, versions, sizes, URLs and download checksums are those of tensorflow-datasets; a test compares them. They are
repeated here as plain data so that listing data sets and probing the network do not import that package.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ..errors import DataError

PACKAGED = "mnist5k"
"""The data set that comes with the package."""


@dataclass(frozen=True)
class Download:
    """A file to download, with its size in bytes and its SHA-256."""

    url: str
    size: int
    sha256: str

    @property
    def filename(self) -> str:
        """The file's name, in the URL and on disk."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class IdxFiles:
    """The IDX files of a split, named without .gz, and its number of images."""

    images: str
    labels: str
    size: int


@dataclass(frozen=True)
class Source:
    """A published data set of two splits in gzipped IDX files."""

    name: str
    """The name in tensorflow-datasets; a configuration follows after a slash."""
    version: str
    class_names: tuple[str, ...]
    train: IdxFiles
    test: IdxFiles
    downloads: tuple[Download, ...]
    content_sha256: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of the decompressed IDX files by name, where known: the same content can be gzipped in many ways."""
    archive_folder: str = ""
    """The folder of the IDX files within the single download, a zip archive; empty: each download is an IDX file."""
    transposed: bool = False
    """Whether the rows and columns of the published images are swapped."""

    @property
    def folder(self) -> PurePosixPath:
        """The folder of the prepared data set, relative to the data folder of tensorflow-datasets."""
        return PurePosixPath(self.name, self.version)

    @property
    def validation_size(self) -> int:
        """Number of training images held out for validation: one in twelve (5,000 of 60,000)."""
        return self.train.size // 12


def find_source(name: str) -> Source:
    """Return the published data set of a name.

    Raises:
        DataError: when the name is unknown; the message lists the known names.
    """
    if name in SOURCES:
        return SOURCES[name]
    known = [PACKAGED, *SOURCES]
    near = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise DataError(f"unknown data set {name!r}{hint}; the data sets are {', '.join(known)}, and paths of images")


def _like_mnist(
    name: str,
    base_url: str,
    class_names: tuple[str, ...],
    checksums: tuple[tuple[int, str], ...],
    content_sha256: tuple[str, ...] = (),
) -> Source:
    """Return a data set of four files with 60,000 and 10,000 images."""
    train = IdxFiles("train-images-idx3-ubyte", "train-labels-idx1-ubyte", 60_000)
    test = IdxFiles("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 10_000)
    files = (train.images, train.labels, test.images, test.labels)
    return Source(
        name=name,
        version="3.0.1",
        class_names=class_names,
        train=train,
        test=test,
        downloads=tuple(
            Download(f"{base_url}{file}.gz", *checksum) for file, checksum in zip(files, checksums, strict=True)
        ),
        content_sha256=dict(zip(files, content_sha256, strict=False)),
    )


def _emnist(config: str, train_size: int, test_size: int, class_names: tuple[str, ...]) -> Source:
    """Return a configuration of EMNIST, whose images are transposed."""
    train, test = (
        IdxFiles(f"emnist-{config}-{split}-images-idx3-ubyte", f"emnist-{config}-{split}-labels-idx1-ubyte", size)
        for split, size in (("train", train_size), ("test", test_size))
    )
    return Source(
        name=f"emnist/{config}",
        version="3.1.0",
        class_names=class_names,
        train=train,
        test=test,
        downloads=(
            Download(
                "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
                561_753_746,
                "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
            ),
        ),
        archive_folder="gzip",
        transposed=True,
    )


_DIGITS = tuple("0123456789")
_CAPITALS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
# bymerge and balanced put a lower-case letter that looks like its capital into the capital's class.
_MERGED = _DIGITS + _CAPITALS + tuple("abdefghnqrt")
# letters counts classes from 1 and merges capitals with lower-case letters; no image has class 0.
_LETTERS = ("-", *(f"{letter}{letter.lower()}" for letter in _CAPITALS))

_SOURCES = (
    _like_mnist(
        "mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        _DIGITS,
        (
            (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ),
        (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    _like_mnist(
        "fashion_mnist",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        (
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        (
            (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ),
        (
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
    _like_mnist(
        "kmnist",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        (
            (18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
            (29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
            (3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
            (5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
        ),
    ),
    _emnist("balanced", 112_800, 18_800, _MERGED),
    _emnist("byclass", 697_932, 116_323, (*_DIGITS, *_CAPITALS, *(letter.lower() for letter in _CAPITALS))),
    _emnist("bymerge", 697_932, 116_323, _MERGED),
    _emnist("digits", 240_000, 40_000, _DIGITS),
    _emnist("letters", 88_800, 14_800, _LETTERS),
    _emnist("mnist", 60_000, 10_000, _DIGITS),
)

SOURCES: Mapping[str, Source] = {source.name: source for source in _SOURCES}
"""All published data sets by name."""
