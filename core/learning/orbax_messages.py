"""Keep the messages of Orbax and TensorStore off the terminal while a checkpoint is read: one error says it all."""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import logging
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def muted() -> Iterator[None]:
    """Mute the logs of Orbax and of its tasks, which warn of optional files and repeat what is raised."""
    _ignore_abandoned_reads()
    loggers = [logging.getLogger(name) for name in ("absl", "asyncio")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    except Exception:
        gc.collect()  # the tasks that nothing waited for log their errors when they are collected
        raise
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@functools.cache
def _ignore_abandoned_reads() -> None:
    """Make Python ignore the reads that Orbax has abandoned, from now on.

    At the first array that cannot be read, Orbax closes its event loop. TensorStore's threads report the others to the
    closed loop, and the coroutines that waited for them are collected later. Python would print a traceback for each.
    """
    print_exception = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        error, source = unraisable.exc_value, unraisable.object
        is_to_closed_loop = isinstance(error, RuntimeError) and str(error) == "Event loop is closed"
        is_read = inspect.iscoroutine(source) and "orbax" in source.cr_code.co_filename
        if not (is_to_closed_loop or is_read):
            print_exception(unraisable)

    sys.unraisablehook = hook
