"""Readers that never read: they lose their streams, and nobody else loses anything."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager

import httpx

from tests.support.patience import PATIENCE
from tests.support.processes import descriptors, resident, until
from tests.support.server import RunningServer, running_server
from tests.support.sockets import Reader, calling, stalled
from tests.support.stopwatch import seconds_of
from tests.support.visitors import (
    LONGEST,
    Seat,
    gauges,
    join,
    open_room,
    visitor,
)

STALLED_SEATS = 7  # of eight: the eighth is Ada's
STREAMS_PER_SEAT = 3
# Ada fills the log before the readers come, so that some of them stall while they catch up.
BEFORE = 18
FREE_WITHIN = 30.0


class Crowd:
    """Rooms in which Ada reads all that she says, and the others never read anything."""

    def __init__(self, server: RunningServer, client: httpx.AsyncClient, rooms: int) -> None:
        self.server = server
        self.client = client
        self.rooms = range(rooms)
        self.hosts: list[Seat] = []
        self.others: list[list[Seat]] = []
        self.readers: list[Reader] = []
        self.said: list[list[str]] = [[] for _ in self.rooms]

    async def gather(self, stack: AsyncExitStack) -> None:
        for _ in self.rooms:
            host = await open_room(self.client)
            names = [f"Ben{number}" for number in range(STALLED_SEATS)]
            self.hosts.append(host)
            self.others.append([await join(self.client, host.code, name) for name in names])
            reader = await stack.enter_async_context(Reader(self.server.port, host))
            self.readers.append(reader)

    async def say(self, count: int) -> None:
        """Say so much in each room; Ada reads each message there before she says the next."""
        await asyncio.gather(*(self._say(room, count) for room in self.rooms))

    async def _say(self, room: int, count: int) -> None:
        said, reader = self.said[room], self.readers[room]
        async with calling(self.server.port) as caller:
            for _ in range(count):
                text = f"{len(said):04}{LONGEST[4:]}"
                await caller.say(self.hosts[room], text)
                said.append(text)
                await reader.until_texts(len(said))

    @contextmanager
    def stall(self) -> Iterator[int]:
        """Open every stream that the others may have; some start anew, some at the newest event."""
        with ExitStack() as stack:
            for room in self.rooms:
                newest = {"Last-Event-ID": self.readers[room].cursor}
                requests = [
                    seat.request("json", headers=headers)
                    for seat in self.others[room]
                    for headers in ({}, newest, newest)
                ]
                for request in requests:
                    stack.enter_context(stalled(self.server.port, request))
            yield len(self.rooms) * STALLED_SEATS * STREAMS_PER_SEAT

    async def has_streams(self, count: int) -> bool:
        return (await gauges(self.client))["streams"] == count

    async def has_at_most(self, count: int) -> bool:
        # The client's own idle connections, at most one for each room, come and go.
        return descriptors(self.server.pid) <= count + len(self.rooms)


@asynccontextmanager
async def crowd_of(rooms: int, patience: str = "20000") -> AsyncIterator[Crowd]:
    """Gather so many rooms on a server that gives a stalled reader up after `patience` ms."""
    asyncio.get_running_loop().set_debug(False)  # twice as fast, and nothing of ours runs in it
    async with (
        running_server(EPHEMERA_RATE_LIMITS="off", EPHEMERA_TCP_USER_TIMEOUT_MS=patience) as server,
        visitor(server.url) as client,
        AsyncExitStack() as stack,
    ):
        crowd = Crowd(server, client, rooms)
        await crowd.gather(stack)
        await crowd.say(BEFORE)
        yield crowd


async def test_500_readers_that_never_read_take_nothing_from_the_others() -> None:
    async with crowd_of(rooms=24) as crowd:
        pid, rooms = crowd.server.pid, len(crowd.rooms)
        at_first, size = descriptors(pid), resident(pid)
        with crowd.stall() as count:
            assert count >= 500
            await until(lambda: crowd.has_streams(rooms + count), within=PATIENCE)
            assert not await crowd.has_at_most(at_first)
            await crowd.say(12)
            # The streams of Ada are left, and no others. `has_at_most` leaves room for some more,
            # so it is no sign that the last of the others has ended.
            free = until(lambda: crowd.has_streams(rooms), PATIENCE)
            assert await seconds_of(free, pid) < FREE_WITHIN
            await until(lambda: crowd.has_at_most(at_first), within=PATIENCE)
            await crowd.say(3)
            assert resident(pid) < 1.5 * size
        for said, reader in zip(crowd.said, crowd.readers, strict=True):
            assert reader.texts == said
        assert "ERROR" not in crowd.server.stderr


async def test_the_memory_of_readers_that_never_read_comes_back() -> None:
    """Whatever they took, the next of them need no more: nothing of them is kept."""
    async with crowd_of(rooms=8, patience="1000") as crowd:
        at_first = resident(crowd.server.pid)
        await pass_a_wave(crowd)
        after_one = await has_come_down(crowd, 1.5 * at_first)
        for _ in range(3):
            await pass_a_wave(crowd)
        # Kept, each wave would cost as much again as the first; the allocator's holes cost little.
        await has_come_down(crowd, 1.2 * after_one)


async def pass_a_wave(crowd: Crowd) -> None:
    """Let readers stall until all of them have lost their streams."""
    with crowd.stall() as count:
        await until(lambda: crowd.has_streams(len(crowd.rooms) + count), within=PATIENCE)
        await crowd.say(12)
        await until(lambda: crowd.has_streams(len(crowd.rooms)), PATIENCE)


async def has_come_down(crowd: Crowd, most: float) -> int:
    """Wait until the server is smaller than that; return how large it is then.

    What only the collector frees may come back late, and not at all while nothing is done.
    """

    async def is_smaller() -> bool:
        await crowd.say(1)
        return resident(crowd.server.pid) < most

    await until(is_smaller, PATIENCE)
    return resident(crowd.server.pid)
