"""A client of HTTP/2 on a bare connection."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded

from tests.support.connections import WITHIN
from tests.support.sockets import connection


class Http2:
    """A client of HTTP/2 on a connection of its own."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, scheme: str = "http") -> None:
        self._scheme = scheme
        self._reader = reader
        self._writer = writer
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self.events: list[Event] = []

    def begin(self) -> None:
        self._h2.initiate_connection()
        self.flush()

    def ask(
        self, method: str, path: str, body: bytes = b"", *, end: bool = True, protocol: str = ""
    ) -> int:
        number = self._h2.get_next_available_stream_id()
        names = {
            ":method": method,
            ":path": path,
            ":scheme": self._scheme,
            ":authority": "a",
        }
        if protocol:
            names[":protocol"] = protocol
        self._h2.send_headers(number, list(names.items()), end_stream=end and not body)
        if body:
            self._h2.send_data(number, body, end_stream=end)
        self.flush()
        return number

    def say(self, number: int, body: bytes) -> None:
        self._h2.send_data(number, body)
        self.flush()

    def flush(self) -> None:
        self._writer.write(self._h2.data_to_send())

    def statuses(self) -> dict[int, bytes]:
        return {
            event.stream_id: dict(event.headers)[b":status"]
            for event in self.events
            if isinstance(event, ResponseReceived) and event.stream_id and event.headers
        }

    def body(self, number: int) -> bytes:
        return b"".join(
            event.data or b""
            for event in self.events
            if isinstance(event, DataReceived) and event.stream_id == number
        )

    def has_ended(self, number: int) -> bool:
        return any(
            isinstance(event, StreamEnded) and event.stream_id == number for event in self.events
        )

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN):
            while not holds():
                data = await self._reader.read(65_536)
                assert data, "the server has closed the connection"
                self.events += self._h2.receive_data(data)
                self.flush()


@asynccontextmanager
async def speaking_http2(port: int) -> AsyncIterator[Http2]:
    async with connection(port) as streams:
        client = Http2(*streams)
        client.begin()
        yield client
