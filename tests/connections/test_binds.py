"""Sockets at a path, and IPv6: what is hot is told the same as all else."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ephemera.server.scopes import WHOLE
from tests.support.connections import (
    STREAM,
    WITHIN,
    Receive,
    Running,
    Scope,
    Send,
    answer_of,
    echo,
    end_of,
    get,
    go,
    listen,
    post,
    serving,
    serving_at,
)
from tests.support.processes import comes

pytestmark = pytest.mark.usefixtures("silence")


class Noting:
    """Notes what it is told, and answers."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(dict(scope))
        await echo(scope, receive, send)


@asynccontextmanager
async def at_path(path: Path) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    """Keep a connection to a socket at a path until the block ends."""
    await comes(path.exists)
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def told_twice(
    running: Running, noting: Noting, reader: StreamReader, writer: StreamWriter
) -> Scope:
    """Return what the application is told of a hot request, which is what Hypercorn tells."""
    writer.write(post())
    assert (await answer_of(reader)).body == b"POST /rooms/a/messages hello whole"
    writer.write(post()[:10])
    await running.takes()
    writer.write(post()[10:])
    assert (await answer_of(reader)).body == b"POST /rooms/a/messages hello parsed"
    whole, parsed = noting.scopes
    assert (whole.pop("extensions"), parsed.pop("extensions")) == ({WHOLE: {}}, {})
    assert whole == parsed
    return whole


async def test_sockets_at_a_path_have_no_addresses(tmp_path: Path) -> None:
    noting, path = Noting(), tmp_path / "socket"
    async with serving_at(f"unix:{path}", noting) as running, at_path(path) as streams:
        told = await told_twice(running, noting, *streams)
    assert told["client"] is None
    assert told["server"] is None
    assert told["scheme"] == "http"


@pytest.mark.parametrize("way", ["half", "closed"])
async def test_a_client_at_a_path_that_goes_leaves_nothing(way: str, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    async with serving_at(f"unix:{path}", listen) as running, at_path(path) as (reader, writer):
        writer.write(STREAM)
        async with asyncio.timeout(WITHIN):
            await reader.readuntil(b"so")
        go(writer, way)
        await running.forgets()


async def test_connections_at_a_path_end_with_the_server(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    async with serving_at(f"unix:{path}", echo) as running, at_path(path) as (reader, writer):
        for request in (post(), get()):
            writer.write(request)
            assert (await answer_of(reader)).status == 200
        await running.stops()
        assert await end_of(reader) == b""
        assert not running.server._connections


async def test_an_address_of_ipv6_is_told_as_by_hypercorn() -> None:
    noting = Noting()
    async with serving(noting, host="::1") as running:
        reader, writer = await asyncio.open_connection("::1", running.port)
        here = writer.get_extra_info("sockname")
        told = await told_twice(running, noting, reader, writer)
        writer.transport.abort()
        await running.forgets()
    assert told["client"] == here[:2]
    assert told["server"] == ("::1", running.port)
