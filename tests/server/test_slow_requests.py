"""Requests that come slowly, or only half: cut in time, and nobody else notices."""

import asyncio
from asyncio import StreamReader, StreamWriter

from tests.support.patience import PATIENCE
from tests.support.processes import descriptors, until
from tests.support.server import RunningServer, running_server
from tests.support.sockets import Reader, connection, read_all
from tests.support.stopwatch import Stopwatch
from tests.support.visitors import Seat, join, kinds, open_room, say, texts, visitor

FORM = "application/x-www-form-urlencoded"
TRICKLES_EVERY = 0.5


async def test_what_comes_slowly_is_cut_and_takes_nothing_from_the_others() -> None:
    """All slow things at once: the waits are Ephemera's, and real."""
    async with running_server() as server, visitor(server.url) as client:
        ada = await open_room(client)
        ben = await join(client, ada.code)
        at_first = descriptors(server.pid)
        async with Reader(server.port, ben) as reader:
            slow = asyncio.gather(
                slow_body(server, ada), slow_headers(server), nothing_at_all(server)
            )
            await reader.until_live()
            await say(client, ada, "meanwhile")
            await reader.until(lambda events: texts(events) == ["meanwhile"])
            await slow
        await until(lambda: is_at_most(server, at_first), within=PATIENCE)
        assert "ERROR" not in server.stderr


async def is_at_most(server: RunningServer, count: int) -> bool:
    return descriptors(server.pid) <= count


async def slow_body(server: RunningServer, seat: Seat) -> None:
    """Send a byte now and then of bodies that never end."""
    paths = ("/rooms", "/join", f"{seat.path}/messages")
    await asyncio.gather(*(one_slow_body(server, seat, path) for path in paths))


async def one_slow_body(server: RunningServer, seat: Seat, path: str) -> None:
    async with connection(server.port) as (reader, writer):
        headers = {"Content-Type": FORM, "Content-Length": "60000"}
        head = seat.request("x", method="POST", headers=headers)
        writer.write(head.replace(f"{seat.path}/x".encode(), path.encode()) + b"text=")
        watch = Stopwatch(server.pid)
        answer = await trickle(reader, writer, b"a")
        assert watch.seconds_by_the_wall > 9
        assert watch.seconds < 15
        assert answer.startswith(b"HTTP/1.1 408 "), (path, answer)


async def slow_headers(server: RunningServer) -> None:
    async with connection(server.port) as (reader, writer):
        writer.write(b"GET /about HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        watch = Stopwatch(server.pid)
        answer = await trickle(reader, writer, b"a")
        assert watch.seconds_by_the_wall > 4
        assert watch.seconds < 8
        assert b"HTTP/1.1 2" not in answer


async def nothing_at_all(server: RunningServer) -> None:
    async with connection(server.port) as (reader, writer):
        watch = Stopwatch(server.pid)
        answer = await trickle(reader, writer, b"")
        assert watch.seconds_by_the_wall > 4
        assert watch.seconds < 8
        assert not answer


async def trickle(reader: StreamReader, writer: StreamWriter, byte: bytes) -> bytes:
    """Send a byte now and then until the server has had enough; return its answer."""
    reading = asyncio.ensure_future(read_all(reader))
    async with asyncio.timeout(PATIENCE):
        while not reading.done():
            if not writer.is_closing():
                writer.write(byte)
            await asyncio.wait([reading], timeout=TRICKLES_EVERY)
    return await reading


async def test_an_answer_before_the_end_of_the_body_does_not_cost_the_connection() -> None:
    """Refused at once, by its head: whoever sends the body next may still use the connection."""
    async with running_server() as server, connection(server.port) as (reader, writer):
        for _ in range(3):
            writer.write(
                b"POST /rooms HTTP/1.1\r\nHost: localhost\r\nOrigin: https://elsewhere.example\r\n"
                b"Content-Type: text/plain\r\nContent-Length: 4\r\n\r\n"
            )
            async with asyncio.timeout(PATIENCE):
                assert await reader.readline() == b"HTTP/1.1 403 \r\n"
                writer.write(b"body")
                await reader.readuntil(b"You may not do that here.\n")


async def test_a_post_cut_in_the_middle_is_no_message_and_loses_nobody_elses() -> None:
    async with (
        running_server(EPHEMERA_RATE_LIMITS="off") as server,
        visitor(server.url) as client,
    ):
        ada = await open_room(client)
        ben = await join(client, ada.code)
        async with Reader(server.port, ben) as reader:
            await reader.until_live()
            for number in range(20):
                await cut_post(server, ada, number)
                await say(client, ada, f"whole {number}")
            await reader.until(lambda events: "whole 19" in texts(events))
            assert texts(reader.events) == [f"whole {number}" for number in range(20)]
            assert kinds(reader.events)["member-left"] == 0
        assert "ERROR" not in server.stderr


async def cut_post(server: RunningServer, seat: Seat, number: int) -> None:
    """Break off at a different place each time: in the headers, in the body, at its very end."""
    headers = {"Content-Type": FORM, "Content-Length": "60"}
    request = seat.request("messages", method="POST", headers=headers) + b"text=" + b"a" * 54
    async with connection(server.port) as (_, writer):
        writer.write(request[: (number + 1) * len(request) // 20 - 1])
        await writer.drain()
