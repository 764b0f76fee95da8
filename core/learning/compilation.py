"""Cache compiled code on disk: only the first run compiles."""

from __future__ import annotations

import logging
import re
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import jax
import platformdirs


def keep_compiled_code() -> None:
    """Enable JAX's persistent compilation cache, in the user's cache directory.

    If a cache directory is already set (`JAX_COMPILATION_CACHE_DIR`), nothing changes. Without a home directory nothing
    is cached.
    """
    if jax.config.jax_compilation_cache_dir is not None:  # pyright: ignore[reportAttributeAccessIssue]
        return
    try:
        directory = platformdirs.user_cache_path("vae-tui", appauthor=False) / "compiled"
    except RuntimeError as error:
        logging.getLogger("vae_tui").warning("compiled code is not cached: %s", error)
        return
    jax.config.update("jax_compilation_cache_dir", str(directory))
    # By default JAX caches only functions that take a second to compile; a start also compiles a dozen small ones.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    # XLA's own caches would make the path of the directory part of each key.
    jax.config.update("jax_persistent_cache_enable_xla_caches", "none")
    _replace_damaged_entries(directory)


def precompile(function: Any, *arguments: Any) -> None:
    """Compile a jitted function for arguments without calling it; a later call finds what was compiled.

    Args:
        function: A jitted function, or a `functools.partial` of one.
        arguments: Arguments as in the calls to come.
    """
    if isinstance(function, partial):
        precompile(function.func, *function.args, *arguments)
    else:
        function.lower(*arguments).compile()


def _replace_damaged_entries(directory: Path) -> None:
    """Remove cache entries that JAX cannot read, so that JAX writes them again.

    When an entry is unreadable (for example because a process was killed while writing it), JAX issues a warning and
    compiles the function, but never replaces the entry: every later start would compile it again.
    """
    show = warnings.showwarning

    def remove_and_show(message: Warning | str, *arguments: Any, **options: Any) -> None:
        damaged = re.search(r"reading persistent compilation cache entry for '([\w-]+)'", str(message))
        if damaged:
            for path in directory.glob(f"{damaged[1]}*"):
                path.unlink(missing_ok=True)
        show(message, *arguments, **options)

    warnings.showwarning = remove_and_show
