"""A headless Chromium, driven over its DevTools protocol by the websocket client that textual-serve brings along."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The browser's program; None where there is none."""

PATIENCE = 120
"""Seconds after which something counts as not happening, on the slowest machine."""


class Page:
    """One page of a browser, and what it has asked the network for."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._session: dict[str, str] = {}
        self.hosts: set[str] = set()
        """Those that it has asked for anything, with their ports."""
        self.received = ""
        """What has come through websockets, without the escape sequences."""
        self.errors: list[str] = []
        """What its scripts have failed at, and what the browser has refused it."""

    async def open(self) -> None:
        """Begin, with an empty page."""
        target = await self._call("Target.createTarget", url="about:blank")
        attached = await self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Network", "Runtime", "Log"):
            await self._call(f"{domain}.enable")

    async def show(self, address: str, width: int, height: int) -> None:
        """Go to an address, in a window of a size in CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 0, "mobile": False}
        await self._call("Emulation.setDeviceMetricsOverride", **size)
        self.received = ""
        await self._call("Page.navigate", url=address)

    async def close(self) -> None:
        """Close it, as a user closes a tab."""
        await self._call("Page.close")

    async def type(self, text: str) -> None:
        """Type characters into whatever has the focus."""
        for character in text:
            for kind in ("keyDown", "keyUp"):
                await self._call("Input.dispatchKeyEvent", type=kind, text=character, key=character)

    async def screenshot(self) -> bytes:
        """A PNG file of it."""
        return base64.b64decode((await self._call("Page.captureScreenshot", format="png"))["data"])

    async def wait_for(self, text: str) -> None:
        """Wait until a text has come through a websocket since the address was gone to."""
        async with asyncio.timeout(PATIENCE):
            while text not in self.received:
                await asyncio.sleep(0.05)

    async def listen(self) -> None:
        """Take what the browser says, until it says no more."""
        async for message in self._connection:
            said = message.json()
            if "id" not in said:
                self._note(said["method"], said["params"])
            elif "error" in said:
                self._answers.pop(said["id"]).set_exception(RuntimeError(str(said["error"])))
            else:
                self._answers.pop(said["id"]).set_result(said["result"])

    async def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._connection.send_json({"id": number, "method": method, "params": parameters} | self._session)
        return await asyncio.wait_for(answer, PATIENCE)

    def _note(self, method: str, told: dict[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent" if not told["request"]["url"].startswith("data:"):
                self.hosts.add(urlsplit(told["request"]["url"]).netloc)
            case "Network.webSocketCreated":
                self.hosts.add(urlsplit(told["url"]).netloc)
            case "Network.webSocketFrameReceived" if told["response"]["opcode"] == 2:
                text = base64.b64decode(told["response"]["payloadData"]).decode(errors="replace")
                self.received += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
            case "Runtime.exceptionThrown":
                self.errors.append(told["exceptionDetails"]["exception"]["description"])
            case "Log.entryAdded" if told["entry"]["level"] == "error":
                self.errors.append(told["entry"]["text"])


@contextlib.asynccontextmanager
async def page_of_browser(profile: Path, *, scale: int = 1) -> AsyncIterator[Page]:
    """A browser with one page.

    Args:
        profile: A new folder for what it writes.
        scale: Pixels of the screen for a CSS pixel, in each direction.
    """
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking",
        "--no-first-run", "--hide-scrollbars", f"--force-device-scale-factor={scale}", "--remote-debugging-port=0",
        f"--user-data-dir={profile}", "about:blank",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        where = profile / "DevToolsActivePort"
        async with asyncio.timeout(PATIENCE):
            while not (where.exists() and "\n" in where.read_text()):
                await asyncio.sleep(0.05)
        port, path = where.read_text().split("\n")[:2]
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0) as connection,
        ):
            page = Page(connection)
            listening = asyncio.create_task(page.listen())
            try:
                await page.open()
                yield page
            finally:
                listening.cancel()
    finally:
        process.terminate()
        await process.wait()
