"""Read a folder of images in the form of ImageFolder: a folder for each class, perhaps within folders of splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...config import DataConfig
from ...errors import DataError
from ..names import escape, left_out, shown
from .image_files import SUFFIXES
from .raw import ROLE_NAMES, ROLES, EncodedImages, RawDataset, RawPart, Role
from .source_files import is_folder, read_image_file, visible, walk, with_suffix


def matches(path: Path) -> bool:
    """Return whether a path is a folder with an image file in it, at any depth."""
    return path.is_dir() and any(file.name.lower().endswith(SUFFIXES) for file in walk(path))


def files(path: Path) -> list[Path]:
    """Return the image files in a folder."""
    return with_suffix(walk(path), SUFFIXES)


def read(path: Path, config: DataConfig) -> RawDataset:
    """Return the images of a folder; they are decoded later.

    Raises:
        DataError: when it holds no images where they should be.
    """
    split_folders, ignored = _split_folders(path)
    classes: dict[Role, dict[str, list[Path]]] = {
        role: _classes(folders, path) for role, folders in split_folders.items()
    }
    found = {name for by_name in classes.values() for name in by_name}
    names = sorted(found, key=_order)
    empty = [escape(name) for name in names if not any(by_name.get(name) for by_name in classes.values())]
    names = [name for name in names if any(by_name.get(name) for by_name in classes.values())]
    if not names:
        raise DataError(f"{escape(str(path))} has no images ({', '.join(SUFFIXES)})")
    notes = []
    if empty:
        notes.append(left_out(len(empty), "class folder without images", "class folders without images", empty))
    if ignored:
        notes.append(left_out(len(ignored), "folder beside the splits", "folders beside the splits", ignored))
    for role, by_name in classes.items():
        beside = _images_beside(split_folders[role])
        if beside and by_name.get(path.name) != beside:
            others = [shown(image, path) for image in beside]
            notes.append(
                left_out(len(others), "image beside the class folders", "images beside the class folders", others)
            )
    parts = tuple(_part(role, classes[role], names, path) for role in ROLES if role in classes)
    return RawDataset(parts, tuple(map(escape, names)), tuple(notes))


def _split_folders(path: Path) -> tuple[dict[Role, list[Path]], list[str]]:
    """Return the folders of each split, and the names of those beside them; without splits all is for training."""
    folders = [Path(entry.path) for entry in visible(path) if is_folder(entry)]
    splits = [folder for folder in folders if folder.name.lower() in ROLE_NAMES]
    roles: set[Role] = {ROLE_NAMES[folder.name.lower()] for folder in splits}
    others = [escape(folder.name) for folder in folders if folder not in splits]
    # A folder of classes may have one that is called "test": splits have classes in turn, or stand alone.
    if "train" not in roles or (others and not any(is_folder(entry) for folder in splits for entry in visible(folder))):
        return {"train": [path]}, []
    return {role: [folder for folder in splits if ROLE_NAMES[folder.name.lower()] == role] for role in roles}, others


def _classes(folders: list[Path], root: Path) -> dict[str, list[Path]]:
    """Return the image files of each class; images that lie in no class folder are one class, named as the root is."""
    classes: dict[str, list[Path]] = {}
    for folder in folders:
        for entry in visible(folder):
            if is_folder(entry):
                paths = with_suffix(walk(Path(entry.path), [root, *folders]), SUFFIXES)
                classes.setdefault(entry.name, []).extend(paths)
    if any(classes.values()):
        return classes
    return {**classes, root.name: _images_beside(folders)}


def _images_beside(folders: list[Path]) -> list[Path]:
    entries = [Path(entry.path) for folder in folders for entry in visible(folder) if not is_folder(entry)]
    return with_suffix(entries, SUFFIXES)


def _part(role: Role, classes: dict[str, list[Path]], names: list[str], root: Path) -> RawPart:
    paths = [path for name in names for path in classes.get(name, [])]
    labels = np.repeat(np.arange(len(names)), [len(classes.get(name, [])) for name in names])
    images = EncodedImages(
        len(paths), lambda index: read_image_file(paths[index]), lambda index: shown(paths[index], root)
    )
    return RawPart(role, images, labels)


def _order(name: str) -> tuple[bool, int, str]:
    """Return a key that sorts numbers by their value, before other names."""
    is_number = name.isascii() and name.isdigit() and len(name) < 10
    return not is_number, int(name) if is_number else 0, name
