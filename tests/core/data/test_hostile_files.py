"""Damaged files of every format: they load, or are refused in one line, and nothing is left behind."""

import gzip
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_images import contents, load, make_images, png
from publishing import idx
from vae_tui.core.errors import DataError

IMAGES, LABELS = make_images(12, side=4), np.arange(12) % 2


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, images=IMAGES, labels=LABELS)
    return file.getvalue()


def npy() -> bytes:
    file = io.BytesIO()
    np.save(file, IMAGES)
    return file.getvalue()


def csv() -> bytes:
    rows = np.concatenate([LABELS[:, None], IMAGES.reshape(12, -1)], axis=1)
    return "".join(f"{','.join(map(str, row))}\n" for row in rows.tolist()).encode()


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"image": [png(image) for image in IMAGES], "label": LABELS}), file)
    return file.getvalue()


FILES = {
    "set.npz": npz(),
    "set.npy": npy(),
    "set.csv": csv(),
    "set.csv.gz": gzip.compress(csv()),
    "set.parquet": parquet(),
    "folder/image.png": png(IMAGES[0]),
    "folder/train-images-idx3-ubyte": idx(IMAGES),
    "folder/train-images-idx3-ubyte.gz": gzip.compress(idx(IMAGES)),
}


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=25)
@given(data=st.data())
def test_damage_never_surprises(name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("x", numbered=True)
    content = bytearray(FILES[name])
    place = data.draw(st.integers(0, min(len(content), 400) - 1) | st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[place : place + 4] = data.draw(st.binary(min_size=0, max_size=8))
    else:
        del content[place:]
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    if "folder" in name:
        path = path.parent
        (path / "other.png").write_bytes(png(IMAGES[1]))
        (path / "another.png").write_bytes(png(IMAGES[2]))
        if "train" in name:
            (path / "train-labels-idx1-ubyte").write_bytes(idx(LABELS.astype(np.uint8)))
    refusal = None
    try:
        assert contents(load(path, dir=str(folder / "data")))
    except DataError as error:
        refusal = str(error)
    assert refusal is None or (refusal.isprintable() and not (folder / "data").exists())
