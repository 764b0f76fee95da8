"""Who may open the page: requests from this machine's own addresses, which know the secret."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from vae_tui.tui.web.site import Site


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site = Site(tmp_path, control=False)
        async with site.served(listener):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/{site.key}/"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:9000"}, 200),  # the other end of an SSH tunnel
        ({"Host": "localhost"}, 200),
        ({"Host": "localhost:9000", "Origin": "http://localhost:9000"}, 200),
        ({"Host": "attacker.example"}, 403),
        ({"Host": "attacker.example:8000"}, 403),
        ({"Host": "localhost.attacker.example:8000"}, 403),
        ({"Host": "localhost; script-src *"}, 403),
        ({"Host": "localhost:9000", "Origin": "http://localhost:3000"}, 403),
        ({"Origin": "http://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_the_page_is_only_for_itself(address: str, headers: dict[str, str], status: int) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(address, headers=headers) as answer:
            assert answer.status == status
            assert "attacker" not in str(answer.headers)
        if status == 403:  # no viewer is started
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(f"{address}ws", headers=headers)
            assert refused.value.status == 403


async def test_other_pages_do_not_even_learn_of_a_wrong_key(address: str) -> None:
    root = address.rsplit("/", 2)[0]
    async with aiohttp.ClientSession() as session:
        for headers, status in (({}, 404), ({"Host": "attacker.example"}, 403)):
            async with session.get(f"{root}/guess/", headers=headers) as answer:
                assert answer.status == status
