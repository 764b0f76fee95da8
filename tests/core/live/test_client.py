"""A viewer's end, with a host that does what a test wants."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_host import PATIENCE, examples, join, notice
from vae_tui.core.errors import WireError
from vae_tui.core.live import client as client_module
from vae_tui.core.live import sockets as sockets_module
from vae_tui.core.live.client import RunClient
from vae_tui.core.live.sockets import connect, listen
from vae_tui.core.live.wire import PROTOCOL, Grown, Hello, Welcome, encode
from vae_tui.core.protocol.commands import Generate, Pause, Sample, Stop

WELCOME = encode(Welcome(PROTOCOL, 1))


class Pair:
    """A client, and the host's end of its connection."""

    def __init__(self, *, readonly: bool = False) -> None:
        self.host, connection = socket.socketpair()
        self.host.settimeout(PATIENCE)
        self.client = RunClient(connection, readonly=readonly)

    def says(self, *lines: bytes) -> None:
        for line in lines:
            self.host.sendall(line)

    def hears(self, *lines: bytes) -> None:
        for line in lines:
            assert self.host.recv(len(line), socket.MSG_WAITALL) == line

    def close(self) -> None:
        self.client.close()
        self.host.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair()
    yield pair
    pair.close()


def test_it_says_hello_first_and_commands_at_once(pair: Pair) -> None:
    pair.client.send(Pause())
    pair.client.send(Stop())
    pair.hears(encode(Hello(PROTOCOL, readonly=False)), encode(Pause()), encode(Stop()))
    reader = Pair(readonly=True)
    reader.hears(encode(Hello(PROTOCOL, readonly=True)))
    reader.close()


def test_messages_come_as_they_are_said_until_the_host_hangs_up(pair: Pair) -> None:
    messages = pair.client.messages()
    pair.says(WELCOME, encode(Grown(3, 1)))
    assert next(messages) == Grown(3, 1)
    pair.says(encode(notice(4)), encode(examples(5))[:1000])
    assert next(messages).step == 4  # type: ignore[union-attr]
    pair.host.close()  # in the middle of a line
    assert list(messages) == []
    pair.client.send(Pause())  # nobody is there, and that is all


def test_a_host_that_is_killed_has_hung_up(pair: Pair) -> None:
    messages = pair.client.messages()
    pair.says(WELCOME, encode(Grown(3, 1)))
    pair.host.close()  # with Hello unread: the connection is reset
    assert list(messages) == [Grown(3, 1)]


@pytest.mark.parametrize("is_first", [True, False])
@given(said=st.binary(min_size=1, max_size=100))
def test_what_no_host_says_is_an_error(is_first: bool, said: bytes) -> None:
    pair = Pair()
    pair.says(*([] if is_first else [WELCOME]), said + b"\n")
    with pytest.raises(WireError, match=r"\A[^\n]+\Z"):
        list(pair.client.messages())
    pair.close()


@pytest.mark.parametrize("lines", [[encode(Grown(1, 1))], [WELCOME, WELCOME], [WELCOME, encode(Pause())]])
def test_what_a_host_says_elsewhere_is_an_error(pair: Pair, lines: list[bytes]) -> None:
    pair.says(*lines)
    with pytest.raises(WireError):
        list(pair.client.messages())


def test_a_line_without_end_is_an_error(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "LONGEST_MESSAGE", 1000)
    pair.says(WELCOME, b"x" * 1001)
    with pytest.raises(WireError, match="more than 1000 bytes"):
        list(pair.client.messages())


def test_closing_ends_the_messages_of_another_thread(pair: Pair) -> None:
    pair.says(WELCOME, encode(Grown(1, 1)))
    got: list[object] = []
    first = threading.Event()

    def collect() -> None:
        for message in pair.client.messages():
            got.append(message)
            first.set()

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    assert first.wait(PATIENCE)
    pair.client.close()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert got == [Grown(1, 1)]
    pair.client.send(Pause())
    pair.client.close()
    assert list(pair.client.messages()) == []


def test_commands_of_several_threads_do_not_mix(pair: Pair) -> None:
    big = Generate(1, np.ones((64, 50), np.float32), np.ones((64, 10), np.float32))
    commands = [big, Sample(5), Pause()]
    threads = [
        threading.Thread(target=lambda command=command: [pair.client.send(command) for _ in range(20)])
        for command in commands
    ]
    for thread in threads:
        thread.start()
    pair.hears(encode(Hello(PROTOCOL, readonly=False)))
    with pair.host.makefile("rb") as file:
        lines = [file.readline() for _ in range(20 * len(threads))]
    assert sorted(lines) == sorted(encode(command) for command in commands for _ in range(20))


def test_a_host_that_takes_nothing_does_not_hold_the_viewer_up_for_long(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets_module, "SEND_SECONDS", 1)
    big = Generate(1, np.ones((64, 500), np.float32), np.ones((64, 10), np.float32))
    with listen(run) as listener, contextlib.closing(RunClient(connect(run), readonly=False)) as client:
        host, _ = listener.accept()
        with host:
            host.sendall(WELCOME + encode(Grown(1, 1)))
            messages = client.messages()
            assert next(messages) == Grown(1, 1)
            sending = threading.Thread(target=lambda: [client.send(big) for _ in range(200)], daemon=True)  # 34 MB
            sending.start()
            join(sending)
            with pytest.raises(WireError, match="accepts no more commands"):
                list(messages)
