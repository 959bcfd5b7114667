"""Networks that get in the way: small proxies of our own, each as bad as one we know of.

Each is an async context manager that stands before a server on a loopback port and gives a
`Network`, with its URL and a count of the harm it has done. Everything is bounded, and everything
ends with the block.
"""

import asyncio
import random
import re
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

CHUNK: Final = 65_536
MOST_HELD: Final = 8 * 1024 * 1024
"""Bytes of one answer that the holding proxy takes before it gives up."""
MOST_CONNECTIONS: Final = 200
MOST_ON_THE_WAY: Final = 64
"""Chunks that a slow line carries at once in one direction."""

_RESET: Final = struct.pack("ii", 1, 0)
_HEAD_END: Final = b"\r\n\r\n"
_PER_HOP: Final = re.compile(rb"(?im)^(connection|keep-alive|upgrade|http2-settings):.*\r\n")

Serve = Callable[[StreamReader, StreamWriter, StreamReader, StreamWriter], Awaitable[None]]
"""Serves one connection: from and to the client, from and to the server."""


@dataclass
class Network:
    """A hostile network: where it is entered, and what it has done so far."""

    url: str = ""
    connections: int = 0
    harm: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)


@asynccontextmanager
async def holding(port: int) -> AsyncIterator[Network]:
    """Hold the body of each answer to its end, then hand it on at once."""

    async def serve(
        reader: StreamReader, writer: StreamWriter, there: StreamReader, back: StreamWriter
    ) -> None:
        await _send_request(reader, back)
        await _until_answered(_pump(reader, back), _hold(there, writer, network))

    async with _network(port, serve) as network:
        yield network


@asynccontextmanager
async def cutting_idle(port: int, seconds: float) -> AsyncIterator[Network]:
    """Reset each connection on which nothing came from the server for so many seconds."""

    async def serve(
        reader: StreamReader, writer: StreamWriter, there: StreamReader, back: StreamWriter
    ) -> None:
        async def hand_on() -> None:
            while chunk := await _within(there.read(CHUNK), seconds):
                writer.write(chunk)
                await writer.drain()

        try:
            await _until_answered(_pump(reader, back), hand_on())
        except TimeoutError:
            network.harm += 1
            _reset(writer)

    async with _network(port, serve) as network:
        yield network


@asynccontextmanager
async def speaking_http_1_0(port: int) -> AsyncIterator[Network]:
    """Answer by HTTP/1.0: no chunks, and the end of the connection is the end of the answer."""

    async def serve(
        reader: StreamReader, writer: StreamWriter, there: StreamReader, back: StreamWriter
    ) -> None:
        await _send_request(reader, back)
        await _until_answered(_pump(reader, back), _unchunk(there, writer, network))

    async with _network(port, serve) as network:
        yield network


@asynccontextmanager
async def cutting_at_random(
    port: int, seed: int, most_bytes: int = 40_000
) -> AsyncIterator[Network]:
    """Reset each connection after a random number of bytes from the server."""
    chance = random.Random(seed)  # noqa: S311 - the same harm in every run

    async def serve(
        reader: StreamReader, writer: StreamWriter, there: StreamReader, back: StreamWriter
    ) -> None:
        await _until_answered(
            _pump(reader, back), _pump_some(there, writer, chance.randint(1, most_bytes))
        )
        if not there.at_eof():
            network.harm += 1
            _reset(writer)

    async with _network(port, serve) as network:
        yield network


@asynccontextmanager
async def slow_and_lossy(
    port: int, seed: int, latency: float = 0.3, lost: float = 0.01
) -> AsyncIterator[Network]:
    """Let an answer come `latency` seconds after its question, and reset a share of connections."""
    chance = random.Random(seed)  # noqa: S311 - the same harm in every run

    async def serve(
        reader: StreamReader, writer: StreamWriter, there: StreamReader, back: StreamWriter
    ) -> None:
        most = chance.randint(1, 1_000) if chance.random() < lost else None
        await _until_answered(
            _delay(reader, back, latency / 2), _delay(there, writer, latency / 2, most)
        )
        if most is not None and not there.at_eof():
            network.harm += 1
            _reset(writer)

    async with _network(port, serve) as network:
        yield network


@asynccontextmanager
async def _network(port: int, serve: Serve) -> AsyncIterator[Network]:
    """Accept connections until the block ends, and see that each is over by then."""
    network = Network()

    async def accept(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        if len(network._tasks) >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        network._tasks.add(task)
        network.connections += 1
        try:
            await _connect(port, reader, writer, serve)
        finally:
            network._tasks.discard(task)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    network.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield network
    finally:
        listener.close()
        for task in tuple(network._tasks):
            task.cancel()
        await asyncio.gather(*network._tasks, return_exceptions=True)
        await listener.wait_closed()


async def _connect(port: int, reader: StreamReader, writer: StreamWriter, serve: Serve) -> None:
    """Serve one connection; whatever ends it ends both sides of it."""
    back = None
    try:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await serve(reader, writer, there, back)
            await writer.drain()
    except (ConnectionError, asyncio.CancelledError):
        writer.transport.abort()
    finally:
        writer.close()
        if back:
            back.transport.abort()


async def _until_answered(question: Awaitable[None], answer: Awaitable[None]) -> None:
    """Run both directions until the answer is over, or the client has gone."""
    tasks = asyncio.ensure_future(question), asyncio.ensure_future(answer)
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()


async def _pump_some(reader: StreamReader, writer: StreamWriter, most: int) -> None:
    """Hand on at most so many bytes."""
    while most and (chunk := await reader.read(min(CHUNK, most))):
        writer.write(chunk)
        await writer.drain()
        most -= len(chunk)


async def _delay(
    reader: StreamReader, writer: StreamWriter, latency: float, most: int | None = None
) -> None:
    """Hand everything (or `most` bytes) on, in order, `latency` seconds late."""
    loop = asyncio.get_running_loop()
    line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(MOST_ON_THE_WAY)

    async def put() -> None:
        left = CHUNK if most is None else most
        while left and (chunk := await reader.read(min(CHUNK, left))):
            left -= 0 if most is None else len(chunk)
            await line.put((loop.time() + latency, chunk))
        await line.put((loop.time() + latency, b""))

    async def take() -> None:
        while True:
            due, chunk = await line.get()
            await asyncio.sleep(due - loop.time())
            if not chunk:
                return
            writer.write(chunk)
            await writer.drain()

    await _until_answered(_for_ever(put()), take())


async def _for_ever(work: Awaitable[None]) -> None:
    """Do the work and never be the first to end."""
    await work
    await asyncio.Event().wait()


async def _send_request(reader: StreamReader, back: StreamWriter) -> None:
    """Hand the head of a request on; the server is to close after its answer."""
    head = await reader.readuntil(_HEAD_END)
    line, _, fields = head.partition(b"\r\n")
    back.write(line + b"\r\nConnection: close\r\n" + _PER_HOP.sub(b"", fields))


async def _hold(there: StreamReader, writer: StreamWriter, network: Network) -> None:
    held = bytearray()
    while chunk := await there.read(CHUNK):
        held += chunk
        if len(held) > MOST_HELD:
            writer.transport.abort()
            return
    network.harm += 1
    writer.write(held)
    await writer.drain()


async def _unchunk(there: StreamReader, writer: StreamWriter, network: Network) -> None:
    head = await there.readuntil(_HEAD_END)
    chunked = b"\r\ntransfer-encoding: chunked" in head.lower()
    head = re.sub(rb"(?i)\r\ntransfer-encoding:[^\r]*", b"", head)
    writer.write(re.sub(rb"^HTTP/1\.1", b"HTTP/1.0", head))
    network.harm += 1
    while chunk := await (_read_chunk(there) if chunked else there.read(CHUNK)):
        writer.write(chunk)
        await writer.drain()


async def _read_chunk(there: StreamReader) -> bytes:
    size = int((await there.readline()).split(b";")[0] or b"0", 16)
    return (await there.readexactly(size + 2))[:-2]


async def _within(reading: Awaitable[bytes], seconds: float) -> bytes:
    async with asyncio.timeout(seconds):
        return await reading


def _reset(writer: StreamWriter) -> None:
    """End a connection as a broken wire does: with a reset, and without what was still to come."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
