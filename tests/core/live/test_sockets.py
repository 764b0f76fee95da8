"""The socket file: where it is, and who may connect to it."""

import os
import socket
import stat
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_host import join
from vae_tui.core.errors import RunError, WireError
from vae_tui.core.live import sockets as sockets_module
from vae_tui.core.live.sockets import check_peer, connect, listen
from vae_tui.core.run.rundir import socket_path


def assert_connects(run: Path) -> None:
    with listen(run) as listener, connect(run) as viewer:
        host, _ = listener.accept()
        with host:
            check_peer(host)
            viewer.sendall(b"hello")
            assert host.recv(5) == b"hello"


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_the_socket_is_for_this_user_only(run: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        listen(run).close()
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    mode = socket_path(run).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_what_an_earlier_process_left_is_replaced(run: Path) -> None:
    listen(run).close()
    assert socket_path(run).exists()
    with pytest.raises(RunError, match="not live"):
        connect(run)
    assert_connects(run)


def test_the_path_may_be_longer_than_a_socket_address(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = run / ("ü" * 60) / ("x" * 200)
    long.mkdir(parents=True)
    descriptors = len(os.listdir("/dev/fd"))
    here = Path.cwd()
    assert_connects(long)
    assert socket_path(long).is_socket()
    assert len(os.listdir("/dev/fd")) == descriptors
    assert Path.cwd() == here
    monkeypatch.chdir(run.parent)
    assert_connects(Path(run.name))  # relative paths will do


def test_no_socket_and_no_run_are_not_live(run: Path) -> None:
    for path in (run, run / "nothing", run / ("x" * 200)):
        with pytest.raises(RunError, match=r"\A[^\n]+not live[^\n]+\Z"):
            connect(path)


def test_a_folder_that_takes_no_socket_gives_one_line(run: Path) -> None:
    socket_path(run).mkdir()
    for path in (run, run / "nothing", run / "nothing" / ("x" * 200)):
        with pytest.raises(RunError, match=r"\Acannot make the socket [^\n]+\Z"):
            listen(path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere who finds no place is refused at once")
def test_a_host_that_lets_nobody_in_is_not_waited_for(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets_module, "SEND_SECONDS", 1)
    monkeypatch.setattr(sockets_module, "WAITING", 2)
    waiting: list[socket.socket] = []
    problems: list[str] = []

    def come() -> None:
        try:
            waiting.extend(connect(run) for _ in range(10))
        except RunError as error:
            problems.append(str(error))

    with listen(run):
        coming = threading.Thread(target=come, daemon=True)
        coming.start()
        join(coming)
    assert len(problems) == 1
    assert "does not answer; `kill " in problems[0]
    for connection in waiting:
        connection.close()


@pytest.fixture
def public() -> Iterator[socket.socket]:
    """A socket that everybody can connect to."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        os.chmod(folder, 0o755)
        path = f"{folder}/socket"
        listener.bind(path)
        os.chmod(path, 0o666)
        listener.listen()
        yield listener


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("user", [65534, 2**32 - 2])
def test_somebody_else_is_refused(public: socket.socket, user: int) -> None:
    with socket.socket(socket.AF_UNIX) as viewer:
        try:
            os.seteuid(user)
        except OSError:
            pytest.skip(f"here is no user {user}")
        try:
            viewer.connect(public.getsockname())
        finally:
            os.seteuid(0)
        host, _ = public.accept()
        with host, pytest.raises(WireError, match=f"user {user} "):
            check_peer(host)


def test_root_may_look_at_every_run_and_nobody_else(public: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    with socket.socket(socket.AF_UNIX) as viewer:
        viewer.connect(public.getsockname())
        host, _ = public.accept()
        with host:
            if me == 0:
                check_peer(host)
            else:
                with pytest.raises(WireError, match=f"user {me}"):
                    check_peer(host)
