"""A client of HTTP/2 on a bare connection."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.settings import SettingCodes, Settings

from tests.support.connections import WITHIN
from tests.support.sockets import connection


class Http2:
    """A client of HTTP/2 on a connection of its own, with windows that it opens only by hand."""

    def __init__(
        self,
        reader: StreamReader,
        writer: StreamWriter,
        scheme: str = "http",
        window: int = 65_535,
    ) -> None:
        self._scheme = scheme
        self._reader = reader
        self._writer = writer
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self._h2.local_settings = Settings(
            client=True, initial_values={SettingCodes.INITIAL_WINDOW_SIZE: window}
        )
        self.events: list[Event] = []

    def begin(self) -> None:
        self._h2.initiate_connection()
        self.flush()

    def ask(  # noqa: PLR0913 - what a request has
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        end: bool = True,
        protocol: str = "",
        headers: Mapping[str, str] | None = None,
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
        names |= headers or {}
        self._h2.send_headers(number, list(names.items()), end_stream=end and not body)
        if body:
            self._h2.send_data(number, body, end_stream=end)
        self.flush()
        return number

    def say(self, number: int, body: bytes) -> None:
        self._h2.send_data(number, body)
        self.flush()

    def ping(self) -> None:
        self._h2.ping(b"are you?")
        self.flush()

    def reset(self, number: int) -> None:
        self._h2.reset_stream(number, ErrorCodes.CANCEL)
        self.flush()

    def widen(self, by: int, number: int | None = None) -> None:
        """Open a window, of a stream or of the connection."""
        self._h2.increment_flow_control_window(by, number)
        self.flush()

    def speak(self, frames: bytes) -> None:
        """Say what no client would."""
        self._writer.write(frames)

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

    def why_reset(self, number: int) -> int | None:
        """Return the code with which the server has reset the stream, if it has."""
        codes = [
            event.error_code
            for event in self.events
            if isinstance(event, StreamReset) and event.stream_id == number
        ]
        return codes[0] if codes else None

    @property
    def why_ended(self) -> int | None:
        """The code with which the server has ended the connection, if it has said so."""
        codes = [each.error_code for each in self.events if isinstance(each, ConnectionTerminated)]
        return codes[0] if codes else None

    async def until_closed(self) -> None:
        """Read until the server closes the connection, politely or not."""
        async with asyncio.timeout(WITHIN):
            with suppress(ConnectionError):
                while data := await self._reader.read(65_536):
                    self.events += self._h2.receive_data(data)

    async def until(self, holds: Callable[[], bool], within: float = WITHIN) -> None:
        async with asyncio.timeout(within):
            while not holds():
                data = await self._reader.read(65_536)
                assert data, "the server has closed the connection"
                self.events += self._h2.receive_data(data)
                self.flush()


@asynccontextmanager
async def speaking_http2(port: int, window: int = 65_535) -> AsyncIterator[Http2]:
    async with connection(port) as streams:
        client = Http2(*streams, window=window)
        client.begin()
        yield client
