"""The compilation cache, in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

PROGRAM = """
import jax, jax.numpy as jnp
from vae_tui.core.learning.compilation import keep_compiled_code
keep_compiled_code()
print(float(jax.jit(lambda x: (x @ x).sum())(jnp.ones((8, 8)))))
"""


def run(cache: Path) -> tuple[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    environment |= {"XDG_CACHE_HOME": str(cache), "HOME": str(cache)}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment
    )
    return result.stdout, result.stderr


def entries(cache: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for path in cache.rglob("*-cache")}


def test_compiled_code_is_kept_and_damage_is_mended(tmp_path: Path) -> None:
    first, warned = run(tmp_path)
    kept = entries(tmp_path)
    assert kept
    assert "compilation cache" not in warned
    for path in kept:
        path.write_bytes(path.read_bytes()[:40])
    second, warned = run(tmp_path)
    assert second == first
    assert "compilation cache" in warned
    assert entries(tmp_path) == kept  # written anew
    third, warned = run(tmp_path)
    assert third == first
    assert "compilation cache" not in warned
