"""Settings for all tests: Hypothesis's profiles, and one cache of compiled code for all processes."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Machines are shared and slow at times: an example's run time is no reason to fail.
settings.register_profile("quick", deadline=None, max_examples=5, print_blob=True)
settings.register_profile("ci", deadline=None, max_examples=20, print_blob=True)
settings.load_profile("quick")  # `--hypothesis-profile=ci` comes after it

# Compiled code is kept from run to run: the tests and their processes build the same few models again and again. JAX
# reads the variables when it is imported. `pytest --cache-clear` deletes what is kept.
COMPILED = Path(__file__).parents[1] / ".pytest_cache" / "d" / "compiled"
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(COMPILED))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "0")


def pytest_collection_finish() -> None:
    """Let XLA compile quickly: the workers compute little. Processes that tests start compile as users' do."""
    import jax

    jax.config.update("jax_disable_most_optimizations", True)


@pytest.fixture(autouse=True)
def _no_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's settings are not read, and nothing is remembered from test to test."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path_factory.getbasetemp() / "home" / os.urandom(8).hex()))


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of workers of `-n auto`: half again as many as cores, because the app's tests often wait."""
    return (os.cpu_count() or 1) * 3 // 2
