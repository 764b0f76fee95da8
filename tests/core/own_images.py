"""The user's own images, small, in every format: what the tests of the readers share."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from vae_tui.core.config import DataConfig
from vae_tui.core.data import Dataset, load_dataset


def make_images(count: int, *, side: int = 8, color: bool = False, seed: int = 0) -> np.ndarray:
    """Noise: no two images are alike, and colors differ."""
    shape = (count, side, side, 3) if color else (count, side, side)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def write_folder(folder: Path, images: np.ndarray, labels: list[str], names: list[str] | None = None) -> None:
    """Write PNG files into folders that are named as the labels."""
    names = names or [f"{number}.png" for number in range(len(images))]
    for image, label, name in zip(images, labels, names, strict=True):
        (folder / label).mkdir(parents=True, exist_ok=True)
        (folder / label / name).write_bytes(png(image))


def load(path: Path | str, **options: Any) -> Dataset:
    """Load images with a cache beside them."""
    directory = options.pop("dir", None) or str(Path(str(path)).parent / "data")
    return load_dataset(DataConfig(str(path), directory, **options), lambda label, done, total, unit: None)


def contents(dataset: Dataset) -> list[tuple[str, bytes, str]]:
    """Every image with its split and the name of its class, in order."""
    return [
        (name, image.tobytes(), dataset.class_names[label])
        for name, split in (("train", dataset.train), ("validation", dataset.validation), ("test", dataset.test))
        if split is not None
        for image, label in zip(split.images, split.labels, strict=True)
    ]
