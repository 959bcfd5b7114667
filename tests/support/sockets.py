"""Readers on sockets of their own, that can stall, vanish and come back; and bare connections."""

import asyncio
import json
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Self

from tests.support.patience import PATIENCE
from tests.support.visitors import Seat, kinds, texts

ANSWERS_WITHIN = PATIENCE
_RESET = struct.pack("ii", 1, 0)


class Reader:
    """A program that reads /json, keeps every event and remembers the cursor."""

    def __init__(self, port: int, seat: Seat) -> None:
        self.events: list[dict[str, Any]] = []
        self.texts: list[str] = []
        self.signals: list[dict[str, Any]] = []
        self.pings = 0
        self.cursor = ""
        self._port = port
        self._seat = seat
        self._streams: tuple[StreamReader, StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.vanish()

    async def connect(self) -> None:
        """Open the stream, after the last event that came."""
        headers = {"Last-Event-ID": self.cursor} if self.cursor else {}
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**22)
        self._streams = (reader, writer)
        writer.write(self._seat.request("json", headers=headers))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWERS_WITHIN)
        assert head.startswith(b"HTTP/1.1 200 "), head

    def vanish(self) -> None:
        """Reset the connection: no farewell, as when a cable is cut and the kernel notices."""
        if self._streams:
            writer = self._streams[1]
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
            self._streams = None

    async def read(self) -> bool:
        """Read what comes next; return False at the end of the stream."""
        assert self._streams
        chunk = await read_chunk(self._streams[0])
        for line in chunk.splitlines():
            self._take(json.loads(line))
        return bool(chunk)

    async def until(
        self, done: Callable[[list[dict[str, Any]]], bool], within: float = ANSWERS_WITHIN
    ) -> None:
        """Read until the events so far are what they should be."""
        async with asyncio.timeout(within):
            while not done(self.events):
                assert await self.read(), f"The stream ended after {kinds(self.events)}"

    async def until_texts(self, count: int) -> None:
        """Read until so many messages have come."""
        await self.until(lambda _: len(self.texts) >= count)

    async def until_live(self) -> None:
        """Read until the greeting: from then on nothing is missed."""
        pings = self.pings
        async with asyncio.timeout(ANSWERS_WITHIN):
            while self.pings == pings:
                assert await self.read()

    def _take(self, event: dict[str, Any]) -> None:
        if event["event"] == "ping":
            self.pings += 1
        elif "cursor" not in event:
            self.signals.append(event)
        else:
            self.events.append(event)
            self.texts += texts([event])
            self.cursor = event["cursor"]


class Caller:
    """Asks again and again on one connection: a tenth of the work that a whole client makes."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def post(
        self, path: str, body: str, kind: str, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """Post a body; return the status and the JSON of the answer."""
        content = body.encode()
        fields = {**headers, "Content-Type": kind, "Content-Length": str(len(content))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n"
        self._writer.write(head.encode() + content)
        return await asyncio.wait_for(self._answer(), ANSWERS_WITHIN)

    async def say(self, seat: Seat, text: str) -> None:
        """Post a message as plain text."""
        kind = "text/plain; charset=utf-8"
        status, told = await self.post(f"{seat.path}/messages", text, kind, seat.headers)
        assert status == HTTPStatus.CREATED, told

    async def _answer(self) -> tuple[int, dict[str, Any]]:
        status, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        fields = {name.lower(): value for name, _, value in (each.partition(":") for each in lines)}
        body = await self._reader.readexactly(int(fields["content-length"]))
        return int(status.split()[1]), json.loads(body)


@asynccontextmanager
async def calling(port: int) -> AsyncIterator[Caller]:
    """Keep a connection for one question after the other."""
    async with connection(port) as streams:
        yield Caller(*streams)


async def read_chunk(reader: StreamReader) -> bytes:
    """Return the next chunk of a chunked answer, or nothing at its end or when it was cut."""
    try:
        size = int(await reader.readline() or b"0", 16)
        return (await reader.readexactly(size + 2))[:-2]
    except (ConnectionError, asyncio.IncompleteReadError):
        return b""


def stalled(port: int, request: bytes) -> socket.socket:
    """Send a request and never read the answer."""
    unread = socket.socket()
    unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the kernel's least
    unread.connect(("127.0.0.1", port))
    unread.sendall(request)
    return unread


async def exchange(port: int, *parts: bytes, within: float = ANSWERS_WITHIN) -> bytes:
    """Send these bytes on a connection of their own, and return all until the server closes it."""
    async with connection(port) as (reader, writer), asyncio.timeout(within):
        for part in parts:
            writer.write(part)
        return await read_all(reader)


async def read_all(reader: StreamReader) -> bytes:
    """Return all bytes until the connection ends, politely or not."""
    received = bytearray()
    try:
        while part := await reader.read(65_536):
            received += part
    except ConnectionError:
        pass
    return bytes(received)


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    """Keep a bare connection until the block ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()  # a polite end would trip over bytes that nobody read
