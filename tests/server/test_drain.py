"""A stop ends every stream and the process, in time, whatever the readers do."""

import asyncio
import re
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.patience import PATIENCE
from tests.support.server import RunningServer, running_server
from tests.support.stopwatch import seconds_of

ENDS_WITHIN = 5.0
STREAMS_PER_SEAT = 3
# The most bytes that 4,000 characters can have.
LONGEST = "\N{LEDGER}" * 4_000
COME_BACK = re.compile(rb"^retry: ?([0-9]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Seat:
    """What a program needs to stream and post."""

    room: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}

    def stream_request(self) -> bytes:
        return (
            f"GET /rooms/{self.room}/events HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {self.token}\r\n\r\n"
        ).encode()


async def test_sigterm_ends_200_streams_and_5_stalled_readers_within_5_seconds() -> None:
    async with crowded_server(seats=67, stalled=5) as (server, streams):
        assert len(streams) >= 200
        assert await seconds_of(server.terminate(), server.pid) < ENDS_WITHIN
        assert server.process.returncode == 0
        for stream in streams:
            rest = await stream.read()
            assert rest.endswith(b"0\r\n\r\n"), "a stream was cut, not ended"
        assert "ERROR" not in server.stderr


async def test_a_drain_tells_every_reader_to_come_back_in_one_to_five_seconds() -> None:
    async with crowded_server(seats=5, stalled=0) as (server, streams):
        assert await server.terminate() == 0
        for stream in streams:
            told = COME_BACK.search(await stream.read())
            assert told
            assert 1_000 <= int(told[1]) <= 5_000


async def test_without_stalled_readers_a_stop_takes_no_time() -> None:
    async with crowded_server(seats=20, stalled=0) as (server, _):
        assert await seconds_of(server.terminate(), server.pid) < ENDS_WITHIN / 2
        assert server.process.returncode == 0


@asynccontextmanager
async def crowded_server(
    *, seats: int, stalled: int
) -> AsyncIterator[tuple[RunningServer, list[StreamReader]]]:
    """Serve this many seats with as many streams as each may have, and some stalled readers."""
    asyncio.get_running_loop().set_debug(False)  # twice as fast, and nothing of ours runs in it
    # The kernel must not give up the stalled readers before the drain meets them.
    patient = running_server(EPHEMERA_RATE_LIMITS="off", EPHEMERA_TCP_USER_TIMEOUT_MS="120000")
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(patient)
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=server.url, timeout=PATIENCE)
        )
        streams = [
            await stack.enter_async_context(open_stream(server, seat))
            for seat in [await open_room(client) for _ in range(seats)]
            for _ in range(STREAMS_PER_SEAT)
        ]
        if stalled:
            await stall(stack, server, client, stalled)
        yield server, streams


async def open_room(client: httpx.AsyncClient) -> Seat:
    answer = await client.post(
        "/rooms",
        data={"nickname": "Ada", "capacity": "8", "grace": "3600"},  # whoever stalls is away
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == httpx.codes.CREATED, answer.text
    opened = answer.json()
    return Seat(opened["room"]["id"], opened["token"])


@asynccontextmanager
async def open_stream(server: RunningServer, seat: Seat) -> AsyncIterator[StreamReader]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        await ask(reader, writer, seat)
        yield reader
    finally:
        writer.close()
        await writer.wait_closed()


async def ask(reader: StreamReader, writer: StreamWriter, seat: Seat) -> None:
    writer.write(seat.stream_request())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
    assert head.startswith(b"HTTP/1.1 200 "), head


async def stall(
    stack: AsyncExitStack, server: RunningServer, client: httpx.AsyncClient, count: int
) -> None:
    """Open streams that never read, and post until the server cannot write to them any more."""
    seats = [await open_room(client) for _ in range(count)]
    for seat in seats:
        await stuff(client, seat, stack.enter_context(unread_stream(server, seat)))


def unread_stream(server: RunningServer, seat: Seat) -> socket.socket:
    unread = socket.socket()
    unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the kernel's least
    unread.connect(("127.0.0.1", server.port))
    unread.sendall(seat.stream_request())
    return unread


async def stuff(client: httpx.AsyncClient, seat: Seat, unread: socket.socket) -> None:
    """Post until two dozen messages more leave no more bytes waiting than before."""
    async with asyncio.timeout(PATIENCE):
        before, waiting = -1, 0
        while not 0 < waiting <= before:
            for _ in range(24):
                await post(client, seat)
            before, waiting = waiting, bytes_waiting_for(unread)


async def post(client: httpx.AsyncClient, seat: Seat) -> None:
    path = f"/rooms/{seat.room}/messages"
    answer = await client.post(path, data={"text": LONGEST}, headers=seat.headers)
    assert answer.status_code == httpx.codes.CREATED, answer.text


def bytes_waiting_for(unread: socket.socket) -> int:
    """Return what the server's kernel holds for a connection that is not read."""
    here, server = (f":{name[1]:04X}" for name in (unread.getsockname(), unread.getpeername()))
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        if local.endswith(server) and remote.endswith(here):
            return int(queues.partition(":")[0], 16)
    return 0
