"""Who asks for a WebSocket is refused as Hypercorn does it, and must not stay."""

from typing import Final

import pytest

from tests.support.connections import (
    Receive,
    Scope,
    Send,
    answer_of,
    echo,
    end_of,
    get,
    post,
    serving,
)
from tests.support.http2 import speaking_http2
from tests.support.processes import comes
from tests.support.sockets import connection

pytestmark = pytest.mark.usefixtures("silence")

UPGRADE: Final = [b"Connection: Upgrade", b"Upgrade: websocket"]
KEY: Final = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
VERSION: Final = b"Sec-WebSocket-Version: 13"
VALID: Final = get(b"/rooms/a/events", *UPGRADE, KEY, VERSION)
INVALID: Final = {
    "without a key": get(b"/rooms/a/events", *UPGRADE, VERSION),
    "without a version": get(b"/rooms/a/events", *UPGRADE, KEY),
    "of another version": get(b"/", *UPGRADE, KEY, b"Sec-WebSocket-Version: 8"),
}


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse WebSockets as `Front` does."""
    if scope["type"] == "websocket":
        return await send({"type": "websocket.close"})
    return await echo(scope, receive, send)


@pytest.mark.parametrize("before", [b"", post(), get()], ids=["first", "after hot", "after other"])
async def test_a_websocket_is_refused_and_its_connection_closed(before: bytes) -> None:
    async with serving(refuse) as running, connection(running.port) as (reader, writer):
        if before:
            writer.write(before)
            await answer_of(reader)
        writer.write(VALID)
        assert (await answer_of(reader)).status == 403
        assert await end_of(reader) == b""
        await running.forgets()


@pytest.mark.parametrize("name", INVALID)
async def test_who_asks_wrongly_for_a_websocket_is_told_so_and_does_not_stay(name: str) -> None:
    async with (
        serving(refuse, keep_alive_timeout=0.3) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(INVALID[name])
        assert (await answer_of(reader)).status == 400
        await running.forgets(2.0)
        assert await end_of(reader) == b""


async def test_who_does_not_wait_for_a_websocket_to_be_opened_does_not_stay() -> None:
    async with (
        serving(refuse, keep_alive_timeout=0.3) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(VALID + b"\x81\x80\0\0\0\0")
        assert (await answer_of(reader)).status in {400, 403}
        await running.forgets(2.0)
        assert await end_of(reader) == b""


@pytest.mark.parametrize("name", INVALID)
async def test_who_asked_wrongly_for_a_websocket_does_not_hold_up_the_end(name: str) -> None:
    async with (
        serving(refuse, graceful_timeout=3.0) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(INVALID[name])
        assert (await answer_of(reader)).status == 400
        running.over.set()
        await comes(lambda: running.server.is_stopping)
        await running.forgets(1.5)


async def test_who_asks_wrongly_for_a_websocket_on_http_2_does_not_stay() -> None:
    async with (
        serving(refuse, keep_alive_timeout=0.3, http2_on_plain_ports=True) as running,
        speaking_http2(running.port) as client,
    ):
        number = client.ask("CONNECT", "/", end=False, protocol="websocket")
        await client.until(lambda: client.has_ended(number))
        assert client.statuses()[number] == b"400"
        await running.forgets(2.0)
