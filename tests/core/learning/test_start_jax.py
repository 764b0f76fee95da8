"""What JAX refuses at its start is one line that names the way out, in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

PROGRAM = """
import os, pwd
from vae_tui.core.errors import UsageError
from vae_tui.core.learning.start_jax import start_jax

def nobody(uid):
    raise KeyError(uid)

pwd.getpwuid = nobody  # as in a container without a passwd entry
try:
    start_jax()
    import jax
    print("started,", len(jax.devices()), "device,", jax.config.jax_compilation_cache_dir)
except UsageError as error:
    print(error)
"""


def start(**variables: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "XLA_", "HOME"))}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=kept | variables).stdout


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("JAX_PLATFORMS", "cuda", "there is no device of the platform cuda"),
        ("JAX_PLATFORMS", "nonsense", "Unable to initialize backend 'nonsense': "),
        ("XLA_FLAGS", "--xla_no_such_thing=1", "Unknown flag in XLA_FLAGS: --xla_no_such_thing=1"),
        ("XLA_FLAGS", "--xla_cpu_enable_fast_math=perhaps", "Couldn't interpret value perhaps for flag xla_cpu"),
        ("JAX_DEBUG_NANS", "perhaps", "invalid truth value 'perhaps' for environment 'JAX_DEBUG_NANS'"),
    ],
)
def test_a_variable_that_jax_refuses_is_named(name: str, value: str, reason: str, tmp_path: Path) -> None:
    said = start(HOME=str(tmp_path), **{name: value})
    assert said.startswith(f"JAX does not start: {reason}")
    assert said.endswith(f"; unset or correct {name}\n")
    assert said.count("\n") == 1


def test_without_a_home_directory_it_starts_and_nothing_is_cached(tmp_path: Path) -> None:
    assert start() == "started, 1 device, None\n"
    assert start(HOME=str(tmp_path)).startswith(f"started, 1 device, {tmp_path}")
