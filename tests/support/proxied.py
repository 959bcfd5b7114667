"""Small proxies: one that speaks SOCKS 5, and those that do not do what a proxy should."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_NAME = 3
_SIZES = {1: 4, 4: 16}
"""Of the kinds of address that are no name."""

Handler = Callable[[StreamReader, StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handle: Handler) -> AsyncIterator[int]:
    """Listen on a free port until the block ends."""
    tasks: set[asyncio.Task[None]] = set()

    async def handled(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await handle(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handled, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[int]:
    """Answer whatever comes with the same bytes."""

    async def handle(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await writer.drain()

    async with listening(handle) as port:
        yield port


@dataclass
class Socks:
    """A proxy by SOCKS 5 (RFC 1928, 1929) that knows where every name leads: to one port."""

    leads_to: int
    user: bytes = b""
    password: bytes = b""
    asked_for: list[bytes] = field(default_factory=list)

    async def handle(self, reader: StreamReader, writer: StreamWriter) -> None:
        _, number = await reader.readexactly(2)
        offered = await reader.readexactly(number)
        wanted = 2 if self.user else 0
        writer.write(bytes([5, wanted if wanted in offered else 255]))
        if wanted not in offered or (wanted and not await self._lets_in(reader, writer)):
            return
        _, _, _, kind = await reader.readexactly(4)
        address = (
            await _counted(reader) if kind == _NAME else await reader.readexactly(_SIZES[kind])
        )
        self.asked_for.append(address)
        await reader.readexactly(2)
        there, back = await asyncio.open_connection("127.0.0.1", self.leads_to)
        writer.write(b"\5\0\0\1\x7f\0\0\1\0\0")
        try:
            await asyncio.gather(_hand_on(reader, back), _hand_on(there, writer))
        finally:
            back.close()

    async def _lets_in(self, reader: StreamReader, writer: StreamWriter) -> bool:
        await reader.readexactly(1)
        given = [await _counted(reader), await _counted(reader)]
        is_known = given == [self.user, self.password]
        writer.write(bytes([1, 0 if is_known else 1]))
        return is_known


async def _counted(reader: StreamReader) -> bytes:
    return await reader.readexactly((await reader.readexactly(1))[0])


async def _hand_on(reader: StreamReader, writer: StreamWriter) -> None:
    while chunk := await reader.read(65_536):
        writer.write(chunk)
        await writer.drain()
    writer.close()
