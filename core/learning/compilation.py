"""Compiled code is kept from run to run, so that only the first one waits for the compiler."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import jax
import platformdirs


def keep_compiled_code() -> None:
    """Turn JAX's persistent compilation cache on, in the user's cache directory.

    Where a directory is set already (`JAX_COMPILATION_CACHE_DIR`), nothing is changed.
    """
    if jax.config.jax_compilation_cache_dir is not None:  # pyright: ignore[reportAttributeAccessIssue]
        return
    directory = platformdirs.user_cache_path("vae-tui", appauthor=False) / "compiled"
    jax.config.update("jax_compilation_cache_dir", str(directory))
    # By default only what takes a second to compile is kept; a start compiles a dozen small functions besides.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    # XLA's own caches would make the directory's path a part of each key.
    jax.config.update("jax_persistent_cache_enable_xla_caches", "none")
    _replace_damaged_entries(directory)


def _replace_damaged_entries(directory: Path) -> None:
    """Let entries that cannot be read be written anew.

    JAX warns of such an entry (a process was killed while it wrote, say) and compiles, but never replaces what is
    there: without this, every later start would compile, too.
    """
    show = warnings.showwarning

    def remove_and_show(message: Warning | str, *arguments: Any, **options: Any) -> None:
        damaged = re.search(r"reading persistent compilation cache entry for '([\w-]+)'", str(message))
        if damaged:
            for path in directory.glob(f"{damaged[1]}*"):
                path.unlink(missing_ok=True)
        show(message, *arguments, **options)

    warnings.showwarning = remove_and_show
