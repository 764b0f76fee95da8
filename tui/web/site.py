"""Serve a run to browsers: the page and its websockets, on top of textual-serve.

Every program and user of the machine can reach a port on the loopback address, and so can every page that is open in
a browser there. So all paths start with a secret, the page may load nothing from other origins, and requests that
name another host or come from another origin are refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import os
import secrets
import shlex
import socket
import string
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.server import Server

NAMES = ("127.0.0.1", "localhost")
"""The names in the addresses of the page; the port may be another one, that of an SSH tunnel."""

QUIT_SECONDS = 5.0
"""Time for a viewer to take its tab's input, or to leave when the tab is gone, before it is killed."""

HEARTBEAT_SECONDS = 15.0
"""Time after which a silent tab counts as gone, for instance behind an SSH link that was cut."""

MAX_CELLS = 1000
"""Columns and rows of a screen, at most."""

LONGEST_MESSAGE = 1 << 20
"""Bytes of a message from a tab, at most: a key, a size, or a paste."""

_PAGE = Path(__file__).with_name("page.html")

_NOTHING_FROM_ELSEWHERE = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self' ws://{host}; frame-ancestors 'none'"
)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """The page and websockets of one run.

    Args:
        run: The run's directory.
        control: Whether the tabs may send commands that change the run.
    """

    def __init__(self, run: Path, *, control: bool) -> None:
        self.run = run
        self.control = control
        self.key = secrets.token_urlsafe(12)
        """The secret first part of every path."""
        access = "control" if control else "readonly"
        viewer = (sys.executable, "-P", "-m", "vae_tui.tui.cli.browser_tab", str(run), access, str(os.getpid()))
        self._server = Server(f"exec {shlex.join(viewer)}")  # exec: the child is the viewer, not a shell
        self._tabs: set[web.WebSocketResponse] = set()

    @contextlib.asynccontextmanager
    async def served(self, listener: socket.socket) -> AsyncIterator[None]:
        """Serve on a listening socket inside the block; every viewer has ended after it."""
        app = web.Application(middlewares=[_only_from_this_machine])
        app.add_routes(
            [
                web.get(f"/{self.key}/", self._page),
                web.get(f"/{self.key}/ws", self._tab),
                web.static(f"/{self.key}/static", self._server.statics_path),
                web.get("/download/{key}", self._server.handle_download),  # textual-serve's script requests this path
            ]
        )
        app.on_shutdown.append(self._close_tabs)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2 * QUIT_SECONDS)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            yield
        finally:
            await runner.cleanup()

    async def _page(self, request: web.Request) -> web.Response:
        page = string.Template(_PAGE.read_text(encoding="utf-8"))
        return web.Response(
            text=page.substitute(run=html.escape(self.run.name)),
            content_type="text/html",
            headers={
                "Content-Security-Policy": _NOTHING_FROM_ELSEWHERE.format(host=request.host),
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
            },
        )

    async def _tab(self, request: web.Request) -> web.WebSocketResponse:
        """Connect a tab's websocket to a viewer until either ends."""
        tab = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, timeout=QUIT_SECONDS, max_msg_size=LONGEST_MESSAGE)
        await tab.prepare(request)
        viewer = _Viewer(
            self._server.command,
            write_bytes=tab.send_bytes,
            write_str=tab.send_str,
            close=tab.close,  # pyright: ignore[reportArgumentType] (its result is not used)
            download_manager=self._server.download_manager,
        )
        self._tabs.add(tab)
        try:
            await viewer.start(_cells(request.query.get("width")), _cells(request.query.get("height")))
            async for message in tab:
                if message.type is web.WSMsgType.TEXT:
                    await _pass_on(message.data, tab, viewer)
        except TimeoutError:
            pass  # the viewer no longer takes input, so its tab is of no use
        finally:
            self._tabs.discard(tab)
            await viewer.stop()
        return tab

    async def _close_tabs(self, app: web.Application) -> None:
        with contextlib.suppress(TimeoutError):  # drop a browser that no longer reads
            async with asyncio.timeout(QUIT_SECONDS):
                await asyncio.gather(*(tab.close() for tab in self._tabs))


@web.middleware
async def _only_from_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests for other names, as after DNS rebinding, and those of other pages."""
    name = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdecimal() else request.host
    origin = request.headers.get("Origin", f"http://{request.host}")
    if name not in NAMES or origin != f"http://{request.host}":
        raise web.HTTPForbidden(text="This page is only served as http://127.0.0.1 or http://localhost, to itself.\n")
    return await handler(request)


class _Viewer(AppService):
    """The app of one tab, in a process of its own."""

    async def run(self) -> None:
        """Forward the app's output, and close the tab at its end."""
        with contextlib.suppress(ConnectionError):  # the tab closed in the middle of a frame
            await super().run()
        await self.remote_close()

    async def send_bytes(self, data: bytes) -> bool:
        """Send keys to the app. Raises TimeoutError if it does not take them."""
        async with asyncio.timeout(QUIT_SECONDS):
            return await super().send_bytes(data)

    async def send_meta(self, data: dict[str, str | int | bool | None]) -> bool:
        """Send another message to the app, which may raise TimeoutError."""
        async with asyncio.timeout(QUIT_SECONDS):
            return await super().send_meta(data)

    async def stop(self) -> None:
        """Ask the app to leave, and kill it if it does not."""
        process = self._process
        if process is None or self._task is None:
            return
        await self._download_manager.cancel_app_downloads(app_service_id=self.app_service_id)
        self._task.cancel()
        await asyncio.wait([self._task])
        try:
            async with asyncio.timeout(QUIT_SECONDS):
                await self.send_meta({"type": "quit"})
                await process.communicate()  # drain its last output, or it would block on the pipe
        except TimeoutError:
            process.kill()
            await process.communicate()


async def _pass_on(message: str, tab: web.WebSocketResponse, viewer: _Viewer) -> None:
    """Forward a browser's message to the app; ignore unknown messages and invalid JSON."""
    try:
        content = json.loads(message)
    except ValueError:
        return
    match content:
        case ["stdin", str(keys)]:
            await viewer.send_bytes(keys.encode(errors="replace"))
        case ["resize", {"width": width, "height": height}]:
            await viewer.set_terminal_size(_cells(width), _cells(height))
        case ["ping", str(sent_at)]:
            await tab.send_json(["pong", sent_at])
        case ["focus"]:
            await viewer.focus()
        case ["blur"]:
            await viewer.blur()


def _cells(length: object) -> int:
    """Return a browser's width or height, within bounds; 80 if not a number."""
    try:
        return min(max(int(str(length)), 1), MAX_CELLS)
    except ValueError:
        return 80
