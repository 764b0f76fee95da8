"""A run in browsers, without one: the page and the websockets, the viewers behind them, and what is left of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.error import HTTPError

import aiohttp
import pytest
from command import environment
from hosted import LONG, PATIENCE, Viewer, hosted, is_in_state, records, small_config, wait_for
from runlog import last_step, states
from served import served, viewers_of
from vae_tui.core.errors import UsageError
from vae_tui.core.protocol.commands import Pause, Resume
from vae_tui.core.protocol.events import Notice
from vae_tui.core.run.event_log import RunLog
from vae_tui.core.run.rundir import RunDirectory
from vae_tui.tui.cli.serve import serve
from vae_tui.tui.settings.settings_file import settings_path

pytestmark = pytest.mark.process

AS_A_USER_WITHOUT_A_NAME = """
import os, pwd, sys

def find_no_entry(uid):
    raise KeyError(uid)

pwd.getpwuid = find_no_entry
for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
    os.environ.pop(name, None)
_, _, _, code, *arguments = sys.argv
sys.argv = ["-c", *arguments]
exec(code)
"""
"""Runs the Python command that follows it as in a container whose user is a bare number."""


@pytest.fixture(scope="module")
def live_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A live run. It is paused: training would slow down everything else."""
    path = tmp_path_factory.mktemp("runs") / "run <1>"
    with hosted(path) as (_, viewer):
        wait_for(lambda: is_in_state(path, "training"))
        viewer.send(Pause())
        wait_for(lambda: is_in_state(path, "paused"))
        yield path


def assert_it_trains_on(run: Path) -> None:
    """The process of a paused run still obeys."""
    viewer = Viewer(run)
    before = last_step(run)
    viewer.send(Resume())
    wait_for(lambda: last_step(run) > before)
    viewer.send(Pause())
    wait_for(lambda: states(run)[-1] == "paused")
    viewer.leave()


def is_running(pid: int) -> bool:
    return subprocess.run(["ps", "-p", str(pid)], capture_output=True, check=False).returncode == 0


class Tab:
    """What a browser's tab does, without the picture."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._shown = ""

    async def until(self, text: str) -> None:
        """Read until a text has been drawn since the last time."""
        async with asyncio.timeout(PATIENCE):
            while text not in self._shown:
                message = await self._socket.receive()
                assert message.type is aiohttp.WSMsgType.BINARY, f"the tab was closed: {self._shown[-500:]}"
                self._shown += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", message.data.decode(errors="replace"))
        self._shown = ""

    async def type(self, keys: str) -> None:
        await self._socket.send_json(["stdin", keys])

    async def say(self, text: str) -> None:
        await self._socket.send_str(text)

    async def until_closed(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while (await self._socket.receive()).type is aiohttp.WSMsgType.BINARY:
                pass


@contextlib.asynccontextmanager
async def tab(address: str) -> AsyncIterator[Tab]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{address}ws?width=120&height=60", max_msg_size=0) as socket,
    ):
        yield Tab(socket)


async def test_a_tab_shows_the_run_takes_keys_and_is_gone_when_it_is_closed(live_run: Path) -> None:
    with served(live_run) as (server, address):
        async with tab(address) as one, tab(address) as other:
            await one.until("learning rate")
            await other.until("learning rate")
            assert len(viewers_of(server)) == 2
            for nonsense in ("", "[", "{}", '["resize", {"width": "wide", "height": 1e9}]', '["stdin", 3]', '["?"]'):
                await one.say(nonsense)
            await one.type("?")
            await one.until("palette")
        await asyncio.to_thread(wait_for, lambda: not viewers_of(server))
        assert server.poll() is None


async def test_tabs_only_look_unless_they_are_let_steer(live_run: Path) -> None:
    def changes() -> int:
        return sum(record["type"] == "knobs_changed" for record in records(live_run))

    with served(live_run) as (_, address):
        async with tab(address) as one:
            await one.until("learning rate")
            await one.type(",")
            await one.type("?")  # answered after it
            await one.until("palette")
    assert changes() == 0
    with served(live_run, "--control") as (_, address):
        async with tab(address) as one:
            await one.until("learning rate")
            await one.type(",")
            await asyncio.to_thread(wait_for, lambda: changes() == 1)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.soak),
        signal.SIGTERM,
        pytest.param(signal.SIGHUP, marks=pytest.mark.soak),
    ],
)
async def test_a_signal_ends_the_server_and_its_tabs_and_the_run_stays_live(
    live_run: Path, number: signal.Signals
) -> None:
    with served(live_run) as (server, address):
        async with tab(address) as one:
            await one.until("learning rate")
            (viewer,) = viewers_of(server)
            server.send_signal(number)
            await one.until_closed()
            assert await asyncio.to_thread(server.wait, PATIENCE) == 0
            assert not is_running(viewer)
    assert_it_trains_on(live_run)


@pytest.mark.parametrize("is_server_told", [True, pytest.param(False, marks=pytest.mark.soak)])
async def test_a_viewer_that_takes_nothing_any_more_is_ended(live_run: Path, is_server_told: bool) -> None:
    """With its server, or by it."""
    with served(live_run) as (server, address):
        async with tab(address) as one:
            await one.until("learning rate")
            (viewer,) = viewers_of(server)
            os.kill(viewer, signal.SIGSTOP)
            try:
                await one.type("x" * 400_000)
                if is_server_told:
                    server.terminate()
                await one.until_closed()
                await asyncio.to_thread(wait_for, lambda: not is_running(viewer))
                if is_server_told:
                    assert await asyncio.to_thread(server.wait, PATIENCE) == 0
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(viewer, signal.SIGCONT)


async def test_a_hangup_that_is_ignored_stays_ignored(live_run: Path) -> None:
    with served(live_run, through=("nohup",)) as (server, address):
        async with tab(address) as one:
            server.send_signal(signal.SIGHUP)
            await one.until("learning rate")


def test_a_user_without_a_name_is_served(live_run: Path) -> None:
    through = (sys.executable, "-c", AS_A_USER_WITHOUT_A_NAME)
    with served(live_run, through=through) as (_, address), urllib.request.urlopen(address) as answer:
        assert answer.status == 200


async def test_no_viewer_survives_a_server_that_is_killed(live_run: Path) -> None:
    with served(live_run) as (server, address):
        async with tab(address) as one:
            await one.until("learning rate")
            (viewer,) = viewers_of(server)
            server.kill()
            await asyncio.to_thread(wait_for, lambda: not is_running(viewer))


async def test_a_tab_is_closed_when_its_viewer_dies(live_run: Path) -> None:
    with served(live_run) as (server, address):
        async with tab(address) as one:
            await one.until("learning rate")
            (viewer,) = viewers_of(server)
            os.kill(viewer, signal.SIGKILL)
            await one.until_closed()


async def test_a_run_that_is_over_is_replayed_with_the_users_keys_and_what_is_wrong_is_said_on_the_page(
    tmp_path: Path,
) -> None:
    run = tmp_path / "run"
    with RunDirectory.create(small_config(run, LONG)) as directory:
        log = RunLog(directory)
        log.record(Notice(step=0, level="warning", text="antique"))
        log.close()
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text('keys.help = "H"')
    with served(run) as (_, address):
        async with tab(address) as one:
            await one.until("antique")
            await one.type("H")
            await one.until("palette")
        (run / "config.json").write_text("{")
        async with tab(address) as one:
            await one.until("vae-tui: the run")
            await one.until_closed()


def test_only_who_knows_the_address_gets_the_page_and_nothing_is_loaded_from_elsewhere(live_run: Path) -> None:
    with served(live_run) as (_, address):
        with urllib.request.urlopen(address) as answer:
            page, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]
        root, port = address.rsplit("/", 2)[0], int(address.split(":")[2].split("/")[0])
        assert "<title>run &lt;1&gt; · vae-tui</title>" in page
        assert policy.startswith("default-src 'self'; ")
        sources = re.findall(r"""(?:src=|href=|url\()"([^"]*)\"""", page)
        assert len(sources) > 4
        for source in sources:
            if source != "data:,":
                with urllib.request.urlopen(address + source) as answer:
                    assert answer.status == 200
        for path in ("/", "/ws", "/static/js/textual.js", "/download/guess", "/wrong-key/", "/wrong-key/ws"):
            with pytest.raises(HTTPError, match="404"):
                urllib.request.urlopen(root + path)
        with socket.socket() as elsewhere:  # an address that a socket on all of them would answer at
            assert elsewhere.connect_ex(("127.0.0.2", port)) != 0


def test_what_cannot_be_served_is_one_line(live_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot listen on port {port}: .* choose another with --port"):
            serve(str(live_run), port=port, control=False)
    with pytest.raises(UsageError, match="--port 65536 is not a port"):
        serve(str(live_run), port=65536, control=False)
    with pytest.raises(UsageError, match="there is no run nothing"):
        serve("nothing", port=0, control=False)
    with pytest.raises(UsageError, match="is being trained now"):
        serve(None, port=0, control=False)


def test_without_the_extra_it_says_what_to_install(live_run: Path) -> None:
    code = "import sys; sys.modules['textual_serve'] = None; from vae_tui.tui.cli import main; main()"
    command = [sys.executable, "-c", code, "serve", live_run]
    result = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert result.returncode == 2
    assert "pip install 'vae-tui[serve]'" in result.stderr
    assert result.stderr.count("\n") == 1
