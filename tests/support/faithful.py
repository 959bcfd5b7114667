"""A reader that gives up on nothing: it follows the rules for programs, whatever the network does.

After a cut it comes back with the cursor of the last whole event. When nothing arrives within its
patience it goes on with finite streams (`?once=1`).
"""

import asyncio
import json
import re
from asyncio import StreamReader
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from tests.support.visitors import Seat, visitor

PAUSE_SECONDS: Final = 0.05
"""Between two tries; the network is on this machine."""
_NUMBER: Final = re.compile(r"number (\d+) of all")
_HEAD_END: Final = b"\r\n\r\n"


def numbered(number: int) -> str:
    """Return a message that readers recognise."""
    return f"number {number} of all"


@dataclass
class Faithful:
    """Reads /json or /events, and keeps the number of every message in the order they came."""

    url: str
    seat: Seat
    way: str = "json"
    patience: float = 6.0
    numbers: list[int] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    resyncs: int = 0
    tries: int = 0
    is_finite: bool = False
    ended: bool = False
    _cursor: str = ""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Read until the room is gone."""
        while not self.ended:
            self.tries += 1
            with suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
                await self._read_once()
            await asyncio.sleep(PAUSE_SECONDS)

    async def until(self, count: int, within: float) -> None:
        """Wait until so many messages have come."""
        async with asyncio.timeout(within):
            while len(self.numbers) < count:
                self._news.clear()
                await self._news.wait()

    async def _read_once(self) -> None:
        place = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=2**22)
        try:
            writer.write(self._request())
            if self.is_finite:
                await self._take_answer(reader)
            else:
                await self._take_or_switch(reader)
        finally:
            writer.transport.abort()

    async def _take_or_switch(self, reader: StreamReader) -> None:
        """Read an endless stream; when not even its greeting comes, be content with finite ones."""
        greeted = asyncio.Event()
        reading = asyncio.ensure_future(self._take_answer(reader, greeted))
        greeting = asyncio.ensure_future(greeted.wait())
        try:
            await asyncio.wait(
                {reading, greeting}, timeout=self.patience, return_when=asyncio.FIRST_COMPLETED
            )
            self.is_finite = not greeted.is_set() and not reading.done()
            if not self.is_finite:
                await reading
        finally:
            for task in (reading, greeting):
                task.cancel()
            await asyncio.gather(reading, greeting, return_exceptions=True)

    def _request(self) -> bytes:
        headers = {"Last-Event-ID": self._cursor} if self._cursor else {}
        way = f"{self.way}?once=1" if self.is_finite else self.way
        return self.seat.request(way, headers=headers)

    async def _take_answer(
        self, reader: StreamReader, greeted: asyncio.Event | None = None
    ) -> None:
        head = await reader.readuntil(_HEAD_END)
        status = int(head.split()[1])
        if status == HTTPStatus.NOT_FOUND:
            self.ended = True
        if status != HTTPStatus.OK:
            return
        end = b"\n\n" if self.way == "events" else b"\n"
        waiting = b""
        async for part in _body(reader, head):
            if greeted:
                greeted.set()
            *whole, waiting = (waiting + part).split(end)
            for event in whole:
                self._take(event.decode())

    def _take(self, event: str) -> None:
        cursor, name, text = _read_sse(event) if self.way == "events" else _read_json(event)
        self._cursor = cursor or self._cursor
        if name == "resync":
            self.resyncs += 1
        numbers = set(_NUMBER.findall(text)) if name in {"message-posted", ""} else set()
        if numbers:
            (number,) = numbers
            self.numbers.append(int(number))
            self.sequences.append(int(cursor.partition("-")[2]))
            self._news.set()


def _read_json(line: str) -> tuple[str, str, str]:
    event: dict[str, Any] = json.loads(line)
    return event.get("cursor", ""), event["event"], event.get("text", "")


def _read_sse(block: str) -> tuple[str, str, str]:
    fields: dict[str, list[str]] = {}
    for line in block.splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name, []).append(value.removeprefix(" "))
    cursor, name = (fields.get(key, [""])[-1] for key in ("id", "event"))
    return cursor, name, "\n".join(fields.get("data", []))


async def _body(reader: StreamReader, head: bytes) -> AsyncIterator[bytes]:
    """Yield an answer's body as it comes, in chunks or until the end of the connection."""
    if b"\r\ntransfer-encoding: chunked" not in head.lower():
        while part := await reader.read(65_536):
            yield part
        return
    while left := int((await reader.readuntil(b"\r\n")).strip(), 16):
        while left:
            part = await reader.read(left)  # not the whole chunk: it may never arrive
            if not part:
                return
            left -= len(part)
            yield part
        await reader.readexactly(2)


@asynccontextmanager
async def reading(*readers: Faithful) -> AsyncIterator[None]:
    """Let the readers read until the block ends."""
    tasks = [asyncio.create_task(reader.run()) for reader in readers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def say_for_sure(url: str, seat: Seat, number: int) -> int:
    """Post a numbered message until somebody answers that it is posted; return the tries."""
    fields = {"text": numbered(number), "key": f"key {number}"}
    for tries in range(1, 100):
        async with visitor(url) as client:
            with suppress(httpx.HTTPError):
                answer = await client.post(
                    f"{seat.path}/messages", data=fields, headers=seat.headers
                )
                assert answer.status_code == httpx.codes.CREATED, answer.text
                return tries
    raise AssertionError("A message cannot be posted")


class Poster:
    """Posts on one connection that is kept, as fast as it goes."""

    def __init__(self, url: str, seat: Seat) -> None:
        self._url = urlsplit(url)
        self._seat = seat

    async def say(self, *numbers: int) -> None:
        """Post these messages one after the other."""
        reader, writer = await asyncio.open_connection(self._url.hostname, self._url.port)
        try:
            for number in numbers:
                writer.write(self._request(numbered(number).encode()))
                head = await reader.readuntil(_HEAD_END)
                assert head.startswith(b"HTTP/1.1 201 "), head
                length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
                assert length
                await reader.readexactly(int(length[1]))
        finally:
            writer.transport.abort()

    def _request(self, text: bytes) -> bytes:
        fields = {"Content-Type": "text/plain", "Content-Length": str(len(text))}
        return self._seat.request("messages", method="POST", headers=fields) + text
