"""The mesh: the parts of images, and the batches that devices can share; on one device, and on four in a process."""

import json
import os
import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.sharding import Mesh
from vae_tui.core.errors import ConfigError
from vae_tui.core.learning.mesh import check_batch_size, create_mesh, local_mesh

TRAIN = """
    import dataclasses, json, sys
    import jax, numpy as np
    from vae_tui.core.config import Config, DataConfig, EvalConfig, ModelConfig, TrainConfig
    from vae_tui.core.data import load_dataset
    from vae_tui.core.learning.checkpoint import CheckpointStore
    from vae_tui.core.training.engine import Engine

    folder = sys.argv[1]
    dataset = load_dataset(DataConfig("mnist5k"), lambda *_: None)

    def start(devices, **data):
        train = TrainConfig(steps=200, batch_size=48, devices=devices)
        model = ModelConfig(hidden=(32,), latents=4)
        config = Config(data=DataConfig("mnist5k", **data), model=model, train=train, eval=EvalConfig(iw_samples=25))
        return Engine(config, dataset)

    def train(engine, to):
        rows = []
        while engine.step < to:
            rows += engine.train(to - engine.step).rows[:, 0].tolist()
        return rows

    def store(name):
        return CheckpointStore(__import__("pathlib").Path(folder, name), keep=1)

    engines = {"one": start(1), "four": start("all"), "again": start(4), "parts": start(4, shard=True)}
    losses = {name: train(engine, 200) for name, engine in engines.items()}
    on_batch = lambda: None
    ema = {name: engine.params("ema") for name, engine in engines.items()}
    found = {name: engines[name].evaluate("validation", params, on_batch).loss for name, params in ema.items()}
    images = [engine.sampler.sample(engine.params("ema"), 200).images.astype(int) for engine in engines.values()]

    with_four, with_two = start(4), start(2)
    before = train(with_four, 100)
    saved = store("saved")
    saved.save(with_four.state, with_four.config, dataset.class_names, None)
    saved.take_completed(wait=True)
    with_two.restore(saved.restore(100, with_two.state))
    text = engines["four"]._train_chunk.lower(
        engines["four"].state, engines["four"]._train_split, engines["four"]._order, np.int32(1)
    ).compile().as_text()
    print(json.dumps({
        "losses": losses, "evaluated": found, "resumed": before + train(with_two, 200),
        "apart": max(int(abs(images[0] - other).max()) for other in images[1:]),
        "shares": sorted(shard.data.shape[0] for shard in engines["parts"]._train_split.images.addressable_shards),
        "has all-reduce": "all-reduce" in text, "mesh": [engine.mesh.size for engine in engines.values()],
    }))
    saved.close()
"""
"""A program that trains on one and on four devices, and prints what came of it."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    environment = os.environ | {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_force_host_platform_device_count=4"}
    command = [sys.executable, "-c", textwrap.dedent(TRAIN), str(tmp_path_factory.mktemp("trained"))]
    return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)


@pytest.mark.process
def test_four_devices_train_as_one_does(trained: dict[str, Any]) -> None:
    losses = {name: np.array(values) for name, values in trained["losses"].items()}
    assert trained["mesh"] == [1, 4, 4, 4]
    assert trained["has all-reduce"]
    np.testing.assert_array_equal(losses["four"], losses["again"])
    # A loss is a sum of 784 terms of float32, and the gradient is added in another order: 200 steps carry that on.
    np.testing.assert_allclose(losses["four"], losses["one"], rtol=2e-3)
    np.testing.assert_allclose(losses["four"][:20], losses["one"][:20], rtol=1e-5)
    np.testing.assert_allclose(trained["evaluated"]["four"], trained["evaluated"]["one"], rtol=1e-3)
    assert trained["apart"] <= 2  # of 255 gray levels


@pytest.mark.process
def test_parts_of_the_images_on_each_device_train_bit_for_bit_as_all_of_them(trained: dict[str, Any]) -> None:
    assert trained["losses"]["parts"] == trained["losses"]["four"]
    assert trained["evaluated"]["parts"] == trained["evaluated"]["four"]
    assert trained["shares"] == [1125] * 4


@pytest.mark.process
def test_a_run_continues_on_another_number_of_devices(trained: dict[str, Any]) -> None:
    np.testing.assert_allclose(trained["resumed"], trained["losses"]["four"], rtol=2e-3)


def mesh_of_size(devices: int) -> Mesh:
    return Mesh(np.array([local_mesh().devices.flat[0]] * devices), ("data",))


@given(st.integers(1, 5000), st.integers(1, 64))
def test_a_batch_that_devices_cannot_share_is_refused_with_the_nearest_that_they_can(batch: int, devices: int) -> None:
    mesh = mesh_of_size(devices)
    if batch % devices == 0:
        check_batch_size(batch, mesh)
        return
    with pytest.raises(ConfigError) as refusal:
        check_batch_size(batch, mesh)
    below = batch - batch % devices
    nearest = [str(size) for size in (below, below + devices) if size > 0]
    assert f"choose {' or '.join(nearest)}, or fewer devices" in str(refusal.value)


def test_more_devices_than_there_are_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"train\.devices is 2, but JAX sees 1 cpu device; choose 1 or fewer, or all"):
        create_mesh(2)
