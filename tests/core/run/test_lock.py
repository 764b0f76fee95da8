"""What a lock's file says of who holds it."""

import errno
import fcntl
import os
import socket
import subprocess
from pathlib import Path

import pytest
from vae_tui.core.run import lock
from vae_tui.core.run.lock import acquire, has_flock, is_held, sign, signature


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


@pytest.fixture(params=[errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def without_flock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk does not support flock."""

    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)


def test_without_flock_the_process_that_signed_last_holds_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_flock: None
) -> None:
    monkeypatch.setattr(lock, "_WAIT_SECONDS", 0.0)
    file = tmp_path / "lock"
    descriptor = acquire(file)
    assert descriptor is not None
    assert not has_flock(descriptor)
    assert is_held(file)
    assert acquire(file) is None
    with subprocess.Popen(["sleep", "1000"]) as other:
        monkeypatch.setattr(os, "getpid", lambda: other.pid)
        sign(descriptor)  # as a fork does
        assert is_held(file)
        other.kill()
    assert not is_held(file)
    os.close(descriptor)
    again = acquire(file)
    assert again is not None
    os.close(again)
    assert list(tmp_path.iterdir()) == [file]


def test_without_flock_a_process_of_another_machine_counts_as_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_flock: None
) -> None:
    file = tmp_path / "lock"
    with monkeypatch.context() as patches:
        patches.setattr(socket, "gethostname", lambda: "elsewhere")
        descriptor = acquire(file)
    assert descriptor is not None
    os.close(descriptor)
    assert is_held(file)


def test_without_flock_a_claim_that_a_dead_process_left_is_removed(tmp_path: Path, without_flock: None) -> None:
    claim = tmp_path / "lock.claim"
    claim.touch()
    os.utime(claim, (0, 0))
    descriptor = acquire(tmp_path / "lock")
    assert descriptor is not None
    os.close(descriptor)
