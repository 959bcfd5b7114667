"""Few descriptors: streams are refused before they run out, and nothing breaks when they do."""

import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager

import httpx
import pytest

from tests.support.patience import PATIENCE
from tests.support.processes import descriptors, until
from tests.support.server import RunningServer, running
from tests.support.sockets import Reader, calling
from tests.support.visitors import Seat, gauges, is_seated, join, leave, open_room, say, visitor

ALLOWED = 128
STREAMS = 64  # the rest is spared for others
STREAMS_PER_SEAT = 3
LIMITED = ["sh", "-c", f'ulimit -n {ALLOWED}; exec "$@"', "sh"]
SERVE = [sys.executable, "-m", "ephemera", "serve", "--bind", "127.0.0.1:0"]

LIMIT_TOLD = (
    "WARNING ephemera.serve: The system allows 128 descriptors (`ulimit -Hn`): "
    "streams are limited to 64 instead of 10000."
)
RUN_OUT_TOLD = (
    "ERROR ephemera: Out of descriptors or memory: new connections wait until others have ended."
)


@asynccontextmanager
async def small_server() -> AsyncIterator[tuple[RunningServer, httpx.AsyncClient]]:
    async with running([*LIMITED, *SERVE]) as server, visitor(server.url) as client:
        yield server, client


def told(server: RunningServer) -> list[str]:
    """Return what the server has logged, without the times."""
    return [line.split(" ", 2)[2] for line in server.stderr.splitlines()]


async def full_rooms(server: RunningServer, rooms: int) -> list[Seat]:
    """Fill rooms, each from an address of its own: one alone may not join so often."""
    seats = []
    for room in range(rooms):
        async with visitor(server.url, f"127.0.0.{room + 2}") as client:
            host = await open_room(client)
            seats += [host, *[await join(client, host.code, f"Ben{n}") for n in range(7)]]
    return seats


async def open_streams(
    seats: list[Seat], server: RunningServer, stack: AsyncExitStack, count: int
) -> None:
    """Open so many streams, spread over the seats."""
    for seat in (seats * STREAMS_PER_SEAT)[:count]:
        await stack.enter_async_context(Reader(server.port, seat))


# The limit


async def test_streams_are_refused_before_descriptors_run_out_and_all_else_goes_on() -> None:
    async with small_server() as (server, client), AsyncExitStack() as stack:
        seats = await full_rooms(server, rooms=3)
        await open_streams(seats, server, stack, STREAMS)
        for seat in seats:
            refused = await client.get(f"{seat.path}/json", headers=seat.headers)
            assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert int(refused.headers["Retry-After"]) > 0
        assert (await gauges(client))["streams"] == STREAMS
        assert descriptors(server.pid) < ALLOWED
        await say(client, seats[0], "still here")
        await leave(client, seats[1])
        assert told(server) == [LIMIT_TOLD]


async def test_a_stream_is_admitted_again_when_another_has_ended() -> None:
    async with small_server() as (server, client), AsyncExitStack() as stack:
        seats = await full_rooms(server, rooms=3)
        async with Reader(server.port, seats[-1]):
            await open_streams(seats[:-1], server, stack, STREAMS - 1)

        async def is_below() -> bool:
            return (await gauges(client))["streams"] < STREAMS

        await until(is_below, within=PATIENCE)
        async with Reader(server.port, seats[-1]) as reader:
            await reader.until_live()


# The end of all descriptors


@contextmanager
def crowd_at_the_door(server: RunningServer, count: int) -> Iterator[None]:
    """Connect so often and say nothing."""
    with ExitStack() as stack:
        for _ in range(count):
            address = ("127.0.0.1", server.port)
            stack.enter_context(socket.create_connection(address, timeout=PATIENCE))
        yield


async def has_none_left(server: RunningServer) -> bool:
    return descriptors(server.pid) == ALLOWED


async def test_without_descriptors_streams_go_on_and_the_log_says_so_once() -> None:
    async with small_server() as (server, client):
        ada = await open_room(client)
        ben = await join(client, ada.code)
        await client.aclose()
        async with Reader(server.port, ben) as reader, calling(server.port) as caller:
            with crowd_at_the_door(server, ALLOWED):
                await until(lambda: has_none_left(server), within=PATIENCE)
                await caller.say(ada, "nobody else gets in")
                await reader.until_texts(1)
                await until(lambda: has_said(server, RUN_OUT_TOLD), within=PATIENCE)
            async with visitor(server.url) as another:
                assert await is_seated(another, ben)
                await say(another, ada, "everybody again")
            await reader.until_texts(2)
        assert reader.texts == ["nobody else gets in", "everybody again"]
        assert told(server) == [LIMIT_TOLD, RUN_OUT_TOLD]
        assert await server.terminate() == 0


async def has_said(server: RunningServer, sentence: str) -> bool:
    return sentence in told(server)


# The start


@pytest.mark.parametrize(
    ("allowed", "wanted", "possible"),
    [(64, 10_000, 1), (128, 10_000, 64), (1_024, 10_000, 896), (1_024, 896, 896), (1_024, 8, 8)],
)
async def test_no_more_streams_are_promised_than_descriptors_allow(
    allowed: int, wanted: int, possible: int
) -> None:
    script = f"""
from ephemera.serve import fit_to_descriptors
from ephemera.settings import Settings
print("Ephemera is open at", fit_to_descriptors(Settings(max_streams={wanted})).max_streams)
"""
    command = ["sh", "-c", f'ulimit -n {allowed}; exec "$@"', "sh", sys.executable, "-c", script]
    async with running(command) as child:
        assert child.url == str(possible)
        assert await child.ended() == 0
    assert bool(child.stderr) == (possible < wanted)
