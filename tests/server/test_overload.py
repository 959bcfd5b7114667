"""More comes in than the server can carry: some are told to come later, nobody loses anything."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from tests.support.patience import PATIENCE
from tests.support.server import RunningServer, running_server
from tests.support.sockets import Reader, connection
from tests.support.visitors import Seat, join, leave, open_room, visitor

CROWD = 30
AHEAD = 4
LOBBY = b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n"
ANSWER = b"HTTP/1.1 200"
HAPPENS_WITHIN = 5 * PATIENCE
ROOMS = 5
SEATS = 8
TOLD = (
    "WARNING ephemera.server.load: More comes in than can be carried: some is told to come later."
)


@asynccontextmanager
async def crowded(server: RunningServer) -> AsyncIterator[None]:
    """Let a crowd look at the lobby all the time, each asking ahead of the answers.

    They come one after the other, or else the server would do the same step for all of them at
    once, and be idle when all of them wait for the next.
    """
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        crowd = []
        for _ in range(CROWD):
            streams = await stack.enter_async_context(connection(server.port))
            streams[1].write(LOBBY * AHEAD)
            await streams[0].readuntil(ANSWER)
            crowd.append(tasks.create_task(look_again_and_again(*streams)))
        yield
        for each in crowd:
            each.cancel()


async def look_again_and_again(reader: StreamReader, writer: StreamWriter) -> None:
    while seen := await reader.read(2**16):
        writer.write(LOBBY * seen.count(ANSWER))


class Speaker:
    """A member who says one thing after the other, and the same again when it was not taken."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.said: list[str] = []
        self.refused = 0

    def speak(self, writer: StreamWriter) -> None:
        """Send what is next."""
        text = f"{self.seat.nickname} {len(self.said)}"
        headers = {
            "Content-Type": "text/plain",
            "Content-Length": str(len(text)),
            "Idempotency-Key": text,
            "Accept": "application/json",
        }
        writer.write(self.seat.request("messages", method="POST", headers=headers))
        writer.write(text.encode())

    async def listen(self, reader: StreamReader) -> None:
        """Read the answer: it is taken, or to be said later."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        body = await reader.readexactly(int(value_of("content-length", head)))
        if head.startswith("http/1.1 201 "):
            self.said.append(f"{self.seat.nickname} {len(self.said)}")
            return
        if head.startswith("http/1.1 429 "):  # the server keeps up, and they speak too often
            return
        assert head.startswith("http/1.1 503 "), head
        assert b'"reason":"unavailable"' in body
        assert 1 <= int(value_of("retry-after", head)) <= 5
        self.refused += 1


def value_of(name: str, head: str) -> str:
    return head.partition(f"\n{name}:")[2].partition("\r")[0]


async def all_speak(port: int, speakers: list[Speaker]) -> None:
    """Let all of them say something at once, each on a connection of their own."""
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(connection(port)) for _ in speakers]
        for speaker, (_, writer) in zip(speakers, lines, strict=True):
            speaker.speak(writer)
        for speaker, (reader, _) in zip(speakers, lines, strict=True):
            await speaker.listen(reader)


async def is_behind(server: RunningServer, client: httpx.AsyncClient, seat: Seat) -> bool:
    """Ask for a stream, without its events; tell whether the server has seen that it is behind."""
    await client.head(f"{seat.path}/json", headers=seat.headers)
    return TOLD in server.stderr


class Gathering:
    """Full rooms, with somebody who reads in each of them."""

    def __init__(self, server: RunningServer, stack: AsyncExitStack) -> None:
        self.speakers: list[Speaker] = []
        self.readers: list[Reader] = []
        self._server = server
        self._stack = stack

    async def open(self) -> None:
        """Fill a room, from an address of its own: one alone may not join so often."""
        address = f"127.0.0.{len(self.readers) + 2}"
        async with visitor(self._server.url, address) as client:
            host = await open_room(client)
            seats = [host, *[await join(client, host.code, f"Ben{n}") for n in range(SEATS - 1)]]
        self.speakers += map(Speaker, seats)
        reader = await self._stack.enter_async_context(Reader(self._server.port, host))
        self.readers.append(reader)

    async def everybody_has_heard_everything_once(self) -> None:
        for number, reader in enumerate(self.readers):
            room = self.speakers[number * SEATS : (number + 1) * SEATS]
            await reader.until_texts(sum(len(speaker.said) for speaker in room))
            for speaker in room:
                name = f"{speaker.seat.nickname} "
                assert [text for text in reader.texts if text.startswith(name)] == speaker.said


async def test_under_overload_some_are_refused_and_what_was_taken_arrives_once_and_in_order() -> (
    None
):
    async with (
        running_server() as server,
        visitor(server.url) as client,
        AsyncExitStack() as stack,
        asyncio.timeout(HAPPENS_WITHIN),
    ):
        gathering = Gathering(server, stack)
        for _ in range(ROOMS):
            await gathering.open()
        speakers = gathering.speakers
        ada, eve = speakers[0].seat, speakers[-1].seat
        async with crowded(server):
            while not await is_behind(server, client, ada):
                pass
            while not any(speaker.refused for speaker in speakers):
                await all_speak(server.port, speakers)
            await leave(client, eve)
        while waiting := [speaker for speaker in speakers[:-1] if len(speaker.said) < 2]:
            await all_speak(server.port, waiting)
        await gathering.everybody_has_heard_everything_once()
        assert {line.split(" ", 2)[2] for line in server.stderr.splitlines()} == {TOLD}
