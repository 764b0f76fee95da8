"""What the catalog says is what tensorflow-datasets says."""

from pathlib import Path
from typing import Any, cast

import pytest
import tensorflow_datasets as tfds
from vae_tui.core.data.catalog import PACKAGED, SOURCES, find_source
from vae_tui.core.errors import DataError


@pytest.mark.parametrize("name", SOURCES)
def test_downloads_are_the_registered_ones(name: str) -> None:
    registered = cast(Any, tfds.builder_cls(name.partition("/")[0])).url_infos
    source = SOURCES[name]
    assert {item.url: (item.size, item.sha256) for item in source.downloads} == {
        url: (int(info.size), info.checksum) for url, info in registered.items()
    }


@pytest.mark.parametrize("name", SOURCES)
def test_version_and_classes_are_those_of_the_builder(name: str, tmp_path: Path) -> None:
    source = SOURCES[name]
    builder = cast(Any, tfds.builder(name, data_dir=tmp_path))
    assert str(builder.version) == source.version
    label = builder.info.features["label"]
    if name == "emnist/letters":  # registered with 37 classes; its labels are 1..26
        assert len(source.class_names) == 27
    else:
        assert len(source.class_names) == label.num_classes
    if name in ("fashion_mnist", "kmnist"):
        assert list(source.class_names) == label.names
    if name.startswith("emnist/"):
        assert source.train.size == builder.builder_config.train_examples
        assert source.test.size == builder.builder_config.test_examples


@pytest.mark.parametrize(
    ("name", "near"), [("MNIST", "mnist"), ("fashion-mnist", "fashion_mnist"), ("emnist/leters", "emnist/letters")]
)
def test_an_unknown_name_gets_a_suggestion(name: str, near: str) -> None:
    with pytest.raises(DataError) as caught:
        find_source(name)
    message = str(caught.value)
    assert f"did you mean {near}?" in message
    assert all(known in message for known in (PACKAGED, *SOURCES))
    assert "\n" not in message


def test_a_far_off_name_gets_the_list_alone() -> None:
    with pytest.raises(DataError, match=r"^unknown data set 'x'; the data sets are mnist5k, mnist, "):
        find_source("x")
