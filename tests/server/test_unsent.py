"""After the wipe nothing of a room goes out, however slowly it was read until then."""

import asyncio
import fcntl
import socket
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest
from h2.errors import ErrorCodes

from tests.support.connections import all_of
from tests.support.http2 import Http2, speaking_http2
from tests.support.patience import PATIENCE
from tests.support.processes import descriptors, resident, until
from tests.support.server import ROOT, RunningServer, running_server
from tests.support.sockets import exchange
from tests.support.visitors import Seat, gauges, open_room, say_plainly, visitor

WORD: Final = "mayfly"
FAT: Final = f"{WORD} " + "& " * 1_990
MESSAGES: Final = 18
"""As many of them as a log holds."""
GONE_WITHIN: Final = PATIENCE


@dataclass
class FatRoom:
    """A room whose page is large, on a server of its own."""

    server: RunningServer
    client: httpx.AsyncClient
    seat: Seat
    page: int

    @property
    def by_cookie(self) -> dict[str, str]:
        return {"cookie": f"seat={self.seat.token}", "accept": "text/html"}

    def request(self, way: str) -> bytes:
        lines = [f"GET {self.seat.path}{way} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in self.by_cookie.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def close(self) -> None:
        answer = await self.client.post(f"{self.seat.path}/close", headers=self.seat.headers)
        assert answer.status_code == httpx.codes.NO_CONTENT


@asynccontextmanager
async def fat_room(bind: str = "127.0.0.1:0", **environ: str) -> AsyncIterator[FatRoom]:
    """Let Ada fill the log of a room."""
    asyncio.get_running_loop().set_debug(False)  # as in the tests of stalled readers
    environ |= {"EPHEMERA_RATE_LIMITS": "off", "EPHEMERA_HTTP2_ON_PLAIN_PORTS": "on"}
    async with (
        running_server(folder=ROOT, bind=bind, **environ) as server,
        visitor_of(server.url) as client,
    ):
        seat = await open_room(client)
        for _ in range(MESSAGES):
            await say_plainly(client, seat, FAT)
        room = FatRoom(server, client, seat, 0)
        answer = await client.get(seat.path, headers=room.by_cookie)
        room.page = len(answer.content)
        assert room.page > 200_000
        assert answer.text.count(WORD) == MESSAGES
        yield room
        assert "ERROR" not in server.stderr


def visitor_of(url: str) -> httpx.AsyncClient:
    if url.startswith("http"):
        return visitor(url)
    transport = httpx.AsyncHTTPTransport(uds=url.removeprefix("unix:"))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=PATIENCE)


async def asked_without_a_window(room: FatRoom, client: Http2, ways: list[str]) -> list[int]:
    """Ask for all of these on one connection, and take nothing."""
    numbers = [client.ask("GET", room.seat.path + way, headers=room.by_cookie) for way in ways]
    await client.until(lambda: bool(client.statuses()))
    return numbers


async def test_60_pages_that_nobody_takes_need_the_memory_of_a_few() -> None:
    async with fat_room() as room, speaking_http2(room.server.port, window=0) as client:
        before = resident(room.server.pid)
        await asked_without_a_window(room, client, [""] * 60)
        for _ in range(40):
            client.ping()
            await exchange(room.server.port, b"GET /health/live HTTP/1.0\r\n\r\n")
        assert resident(room.server.pid) - before < 20 * room.page


async def test_pages_that_nobody_takes_are_reset_and_pings_do_not_help() -> None:
    async with (
        fat_room(EPHEMERA_TCP_USER_TIMEOUT_MS="1000") as room,
        speaking_http2(room.server.port, window=0) as client,
    ):
        [number] = await asked_without_a_window(room, client, [""])

        async def ping() -> bool:
            client.ping()
            return client.why_reset(number) is not None

        reading = asyncio.create_task(client.until(lambda: client.why_reset(number) is not None))
        await until(ping, GONE_WITHIN)
        await reading
        assert client.why_reset(number) == ErrorCodes.CANCEL


async def test_no_word_goes_out_on_http_2_after_the_wipe() -> None:
    ways = ["", "/json", "/events", "/live"]
    async with fat_room() as room, speaking_http2(room.server.port, window=0) as client:
        numbers = await asked_without_a_window(room, client, ways)
        await until(lambda: has_streams(room, 3), GONE_WITHIN)
        await room.close()
        await until(lambda: has_streams(room, 0), GONE_WITHIN)
        await client.until(
            lambda: sum(client.why_reset(each) is not None for each in numbers) == len(ways)
        )
        client.widen(2**30)
        for number in numbers:
            if client.why_reset(number) is None and not client.has_ended(number):
                client.widen(2**30, number)
        last = client.ask("GET", "/health/live")
        client.widen(2**20, last)
        await client.until(lambda: client.has_ended(last))
        said = b"".join(client.body(each) for each in numbers)
        assert WORD.encode() not in said


@pytest.mark.parametrize("way", ["", "/live"])
async def test_nothing_but_what_the_kernel_has_goes_out_after_the_wipe(
    way: str, tmp_path: Path
) -> None:
    """At a path the kernel takes little, and has no time-out: the rest waits here."""
    path = tmp_path / "socket"
    async with fat_room(bind=f"unix:{path}") as room:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(room.request(way))
            await until(lambda: is_behind(client), GONE_WITHIN)
            await room.close()
            before = descriptors(room.server.pid)
            await until(lambda: has_fewer(room, before), GONE_WITHIN)
            taken = await asyncio.to_thread(all_of, client)
    assert taken.startswith(b"HTTP/1.1 200 ")
    assert len(taken) < room.page


async def test_who_keeps_up_is_told_of_the_end_in_order() -> None:
    async with fat_room() as room, speaking_http2(room.server.port) as client:
        number = client.ask("GET", f"{room.seat.path}/json", headers=room.by_cookie)
        client.widen(2**30)
        client.widen(2**30, number)
        await client.until(lambda: b"ping" in client.body(number))
        await room.close()
        await client.until(lambda: client.has_ended(number))
        assert b"room-wiped" in client.body(number)


async def is_behind(client: socket.socket) -> bool:
    """Tell whether as much has come as the kernel takes."""
    count = fcntl.ioctl(client.fileno(), termios.FIONREAD, bytes(4))
    return int.from_bytes(count, sys.byteorder) > 100_000


async def has_fewer(room: FatRoom, count: int) -> bool:
    return descriptors(room.server.pid) < count


async def has_streams(room: FatRoom, count: int) -> bool:
    return (await gauges(room.client))["streams"] == count
