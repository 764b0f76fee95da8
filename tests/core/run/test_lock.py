"""What a lock's file says of who holds it."""

import os
from pathlib import Path

import pytest
from vae_tui.core.run.lock import acquire, signature


def test_who_takes_a_lock_signs_it(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    assert signature(file) is None
    descriptor = acquire(file)
    assert descriptor is not None
    assert signature(file) == os.getpid()
    os.close(descriptor)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"nobody\n", b"-1\n", b"12", b"\xff\xfe\n", pytest.param(b"1" * 10_000, id="digits")]
)
def test_what_is_no_signature_names_nobody(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "lock"
    file.write_bytes(content)
    assert signature(file) is None
