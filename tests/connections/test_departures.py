"""Clients that go, stall, or say that they will ask no more: nothing is left of them."""

import asyncio
import gc
import socket

import pytest
from hypercorn.protocol.h11 import H11Protocol

from ephemera.server.connection import Connection
from tests.support.connections import (
    OTHER_STREAM,
    RESET,
    STREAM,
    WITHIN,
    Pouring,
    Receive,
    Scope,
    Send,
    Waiting,
    answer_of,
    begin,
    body_of,
    closed_by,
    echo,
    end_of,
    get,
    go,
    go_on,
    listen,
    post,
    reply,
    serving,
    without_collections,
)
from tests.support.processes import comes
from tests.support.sockets import connection, exchange, stalled

pytestmark = pytest.mark.usefixtures("silence")


# Clients that go


@pytest.mark.parametrize("way", ["half", "closed", "reset"])
@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM, post()], ids=["hot", "other", "POST"])
async def test_a_stream_is_told_that_its_client_has_gone(request_: bytes, way: str) -> None:
    async with serving(listen) as running, connection(running.port) as (reader, writer):
        writer.write(request_)
        async with asyncio.timeout(WITHIN):
            await reader.readuntil(b"so")
        go(writer, way)
        await running.forgets()


@pytest.mark.parametrize("request_", [post(), get()], ids=["hot", "other"])
async def test_a_client_that_says_that_it_will_ask_no_more_gets_its_answer(
    request_: bytes,
) -> None:
    waiting = Waiting()
    async with serving(waiting) as running, connection(running.port) as (reader, writer):
        writer.write(request_)
        await comes(lambda: waiting.asked)
        writer.write_eof()
        await comes(lambda: not running.server._connections or running.only.is_gone)
        waiting.let.set()
        assert (await end_of(reader)).startswith(b"HTTP/1.1 200 ")
        await running.forgets()


@pytest.mark.parametrize("request_", [post(), get()], ids=["hot", "other"])
async def test_a_client_that_asks_and_says_at_once_that_it_will_ask_no_more_gets_its_answer(
    request_: bytes,
) -> None:
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        writer.write(request_)
        writer.write_eof()
        assert (await end_of(reader)).startswith(b"HTTP/1.1 200 ")
        await running.forgets()


async def test_who_listens_for_the_end_of_a_client_is_told_when_the_answer_is_over() -> None:
    """As by Hypercorn: a connection may stay open for long after."""
    told: list[str] = []

    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        listening = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        await reply(send, b"done")
        told.append((await listening)["type"])

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        for request in (get(), post()):
            told.clear()
            writer.write(request)
            assert (await answer_of(reader)).body == b"done"
            await comes(lambda: told)
        assert told == ["http.disconnect"]


@pytest.mark.parametrize("way", ["half", "closed", "reset"])
@pytest.mark.parametrize(
    "requests",
    [OTHER_STREAM + get(), OTHER_STREAM + post(), STREAM + get(), STREAM + post()],
    ids=["others", "other and hot", "hot and other", "hot"],
)
async def test_a_client_that_asks_twice_and_goes_leaves_nothing(requests: bytes, way: str) -> None:
    async with serving(listen) as running, connection(running.port) as (reader, writer):
        writer.write(requests)
        async with asyncio.timeout(WITHIN):
            await reader.readuntil(b"so")
        go(writer, way)
        await running.forgets()


@pytest.mark.parametrize("body", [b"5\r\nhello\r\n" * 50, b""], ids=["many parts", "no end"])
async def test_who_is_answered_before_all_was_said_leaves_nothing(body: bytes) -> None:
    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await reply(send, b"no")

    head = b"POST /rooms/a/messages HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with serving(answer) as running:
        answered = await exchange(running.port, head + b"1\r\nx\r\n" + body)
        assert answered.endswith(b"no")
        await running.forgets()


# Clients that do not read


async def test_who_sends_waits_for_a_client_that_does_not_read() -> None:
    pouring = Pouring()
    async with serving(pouring) as running:
        client = stalled(running.port, STREAM)
        await running.accepts()
        await comes(lambda: running.only._is_paused)
        poured = pouring.poured
        for _ in range(100):
            await asyncio.sleep(0)
        assert pouring.poured == poured
        assert running.only._transport.get_write_buffer_size() < 2**17
        client.close()
        async with asyncio.timeout(WITHIN):
            await pouring.has_ended.wait()
        await running.forgets()


async def test_who_sends_goes_on_when_the_client_reads_again() -> None:
    async def answer(_: Scope, __: Receive, send: Send) -> None:
        await begin(send)
        for _number in range(400):
            await go_on(send, b"x" * 16_384)
        await go_on(send, more=False)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(STREAM)
        await running.accepts()
        await comes(lambda: running.only._is_paused)
        answered = await answer_of(reader)
        assert len(answered.body) == 400 * 16_384
        writer.write(STREAM)
        assert len((await answer_of(reader)).body) == 400 * 16_384


@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_who_waits_for_a_client_that_said_it_goes_goes_on_when_it_has_gone(
    request_: bytes,
) -> None:
    pouring = Pouring(part=2**22)
    async with serving(pouring) as running:
        client = stalled(running.port, request_)
        await running.accepts()
        await comes(lambda: running.only._is_paused)
        client.shutdown(socket.SHUT_WR)
        await comes(lambda: not running.server._connections or running.only.is_gone)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client.close()
        async with asyncio.timeout(WITHIN):
            await pouring.has_ended.wait()
        await running.forgets()


# What is left of connections


def alive(kind: type) -> int:
    return sum(isinstance(one, kind) for one in gc.get_objects())


@pytest.mark.parametrize("way", ["half", "closed", "reset"])
@pytest.mark.parametrize("request_", [STREAM, OTHER_STREAM], ids=["hot", "other"])
async def test_a_connection_that_has_ended_is_no_garbage_to_be_collected(
    request_: bytes, way: str
) -> None:
    async with serving(listen) as running:
        with without_collections():
            clients = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(20)]
            for reader, writer in clients:
                writer.write(request_)
                async with asyncio.timeout(WITHIN):
                    await reader.readuntil(b"so")
            assert alive(Connection) == 20
            assert alive(H11Protocol) == (20 if request_ is OTHER_STREAM else 0)
            for _, writer in clients:
                go(writer, way)
            await comes(lambda: alive(Connection) == 0)
            assert alive(H11Protocol) == 0
            for _, writer in clients:
                await closed_by(writer)


async def test_answered_requests_leave_no_garbage_while_the_connection_is_open() -> None:
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        with without_collections():
            for request in (get(), post(), get(), post()):
                writer.write(request)
                await answer_of(reader)
            await comes(lambda: alive(H11Protocol) == 0)
            assert alive(Connection) == 1
