"""The end of the server."""

import asyncio
import gc
import logging
import socket

import pytest

from ephemera.server.serving import Server
from tests.support.connections import (
    HOT,
    OTHER_STREAM,
    STREAM,
    Pouring,
    Receive,
    Scope,
    Send,
    Waiting,
    a_config,
    answer_of,
    closed_by,
    echo,
    end_of,
    get,
    listen,
    post,
    serving,
)
from tests.support.http2 import speaking_http2
from tests.support.processes import comes
from tests.support.sockets import connection, stalled

pytestmark = pytest.mark.usefixtures("silence")


@pytest.mark.parametrize(
    "before", [b"", post()[:-10], post(), get()], ids=["nothing", "half", "hot", "other"]
)
async def test_idle_connections_are_closed_when_the_server_stops(before: bytes) -> None:
    async with (
        serving(echo, keep_alive_timeout=1_000, graceful_timeout=1_000) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(before)
        await running.accepts()
        await running.takes()
        if before in {post(), get()}:
            await answer_of(reader)
        await running.stops()
        assert await end_of(reader) == b""
    assert not running.server._connections
    assert not running.server._tasks


async def test_a_client_of_http_2_is_let_go_when_the_server_stops() -> None:
    async with (
        serving(
            echo, keep_alive_timeout=1_000, graceful_timeout=1_000, http2_on_plain_ports=True
        ) as running,
        speaking_http2(running.port) as client,
    ):
        number = client.ask("GET", "/")
        await client.until(lambda: client.has_ended(number))
        await running.stops()
    assert not running.server._connections
    assert not running.server._tasks


@pytest.mark.parametrize("request_", [post(), get()], ids=["hot", "other"])
async def test_an_answer_under_way_is_completed_when_the_server_stops(request_: bytes) -> None:
    waiting = Waiting()
    async with (
        serving(waiting, graceful_timeout=1_000) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(request_)
        await comes(lambda: waiting.asked)
        running.over.set()
        await comes(lambda: running.server.is_stopping)
        waiting.let.set()
        assert (await answer_of(reader)).status == 200
        assert await end_of(reader) == b"", "and the connection is not kept"
        await running.stops()
    assert not running.server._tasks


@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_a_reader_that_stalls_does_not_hold_up_the_end(request_: bytes) -> None:
    pouring = Pouring()
    async with serving(pouring, graceful_timeout=0.2) as running:
        client = stalled(running.port, request_)
        await running.accepts()
        await comes(lambda: running.only._is_paused)
        await running.stops()
        assert pouring.has_ended.is_set()
        assert not running.server._tasks
        client.close()


async def test_a_reader_that_stalls_and_said_it_goes_does_not_hold_up_the_end() -> None:
    pouring = Pouring(part=2**22)
    async with serving(pouring, graceful_timeout=0.2) as running:
        client = stalled(running.port, STREAM)
        await running.accepts()
        await comes(lambda: running.only._is_paused)
        client.shutdown(socket.SHUT_WR)
        await comes(lambda: running.only.is_gone)
        await running.stops()
        assert pouring.has_ended.is_set()
        assert not running.server._tasks
        client.close()


@pytest.mark.parametrize("request_", [post(), STREAM, get()], ids=["POST", "GET", "other"])
async def test_an_application_that_does_not_end_does_not_hold_up_the_end(request_: bytes) -> None:
    waiting = Waiting()
    async with (
        serving(waiting, graceful_timeout=0.2) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(request_)
        await comes(lambda: waiting.asked)
        await running.stops()
        assert await end_of(reader) == b""
        waiting.let.set()
        await running.forgets()


@pytest.mark.parametrize("turns", range(6))
async def test_who_comes_while_the_server_stops_is_answered_or_turned_away(turns: int) -> None:
    """It may have been accepted, and read, or not: but nobody is asked and not answered."""
    waiting = Waiting()
    async with (
        serving(waiting, graceful_timeout=1_000) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(post())
        await comes(lambda: waiting.asked)
        late = socket.create_connection(("127.0.0.1", running.port))  # the kernel takes it
        late.sendall(post(room=b"b"))
        late.setblocking(False)  # noqa: FBT003 - the only way to call it
        for _ in range(turns):
            await asyncio.sleep(0)
        running.over.set()
        await comes(lambda: running.server.is_stopping)
        waiting.let.set()
        assert (await answer_of(reader)).status == 200
        assert await end_of(reader) == b""
        late_reader, late_writer = await asyncio.open_connection(sock=late)
        told = await end_of(late_reader)
        assert told.startswith(b"HTTP/1.1 200 ") == ("/rooms/b/messages" in waiting.asked)
        await closed_by(late_writer)
        await running.stops()
    assert not running.server._connections
    assert not running.server._tasks


async def test_nothing_is_left_and_nothing_is_said_when_the_server_has_ended(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(listen, graceful_timeout=0.2) as running:
        clients = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(6)]
        for (_, writer), request in zip(
            clients, [STREAM, OTHER_STREAM, post(), post()[:-3], b"", STREAM + post()], strict=True
        ):
            writer.write(request)
        await comes(lambda: len(running.server._connections) == len(clients))
        await running.takes()
        await running.stops()
        for reader, writer in clients:
            await end_of(reader)
            await closed_by(writer)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not others
    gc.collect()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_an_application_that_cannot_start_is_heard() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": scope["type"]})

    with pytest.raises(Exception, match="lifespan"):
        await Server(app, a_config(), HOT).serve(asyncio.Event().wait)
