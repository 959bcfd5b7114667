"""HTTP/2 within bounds: Hypercorn's protocol, with another way to begin requests and to send."""

import asyncio
from contextlib import suppress
from typing import Any, Final, Protocol

from h2.errors import ErrorCodes
from h2.events import RequestReceived
from h2.exceptions import ProtocolError
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.events import (
    Body,
    Data,
    EndBody,
    EndData,
    Request,
    Response,
    StreamClosed,
    Trailers,
)
from hypercorn.protocol.events import (
    Event as Said,
)
from hypercorn.protocol.h2 import BufferCompleteError
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.utils import filter_pseudo_headers

from ephemera.server.borrowed import OpenH2
from ephemera.server.floods import Floodgate
from ephemera.server.lean import Streams
from ephemera.server.unsent import SLICE, Unsent

MOST_WAITING_BYTES: Final = 1024 * 1024
"""While so much waits to be sent on a connection no other request is begun."""
MOST_BYTES: Final = 4 * MOST_WAITING_BYTES
"""What would wait beyond that is refused. It takes requests that hold their own ends back."""
MOST_AT_WORK: Final = 4
"""So many requests of a connection are worked at: each may become a large answer."""
PIECE: Final = 4096
"""So much is read before what it says is done."""
LOOKS: Final = 4
"""As often it is looked at a stream that does not move before it is reset."""


class Wire(Protocol):
    """The connection, as HTTP/2 needs it."""

    @property
    def is_behind(self) -> bool:
        """Whether the client has not taken all that was written."""

    def abort(self) -> None:
        """Close the connection at once."""


class Http2(OpenH2):
    """One connection. What waits to be sent is bounded, and for how long.

    A stream that takes nothing for `stalled_seconds` is reset, and so is an answer whose
    application ends before it does: what was still to be sent of it is dropped.
    """

    def __init__(self, *args: Any, wire: Wire, stalled_seconds: float) -> None:  # noqa: ANN401 - Hypercorn's
        super().__init__(*args)
        self.connection: Floodgate = Floodgate(self.config)
        self.streams = Streams()
        self._wire = wire
        self._stalled_seconds = stalled_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._unsent: dict[int, Unsent] = {}
        self._ready: dict[int, None] = {}
        self._deferred: dict[int, RequestReceived] = {}
        self._at_work: set[int] = set()

    # What the client says

    async def handle(self, event: Event) -> None:
        """Take what was read, or that the connection has ended."""
        if isinstance(event, RawData):
            for start in range(0, len(event.data), PIECE):
                if not self.closed:
                    await self._read(event.data[start : start + PIECE])
            return
        self._deferred.clear()
        await super().handle(event)
        if self._timer:
            self._timer.cancel()

    async def _read(self, piece: bytes) -> None:
        try:
            events = self.connection.receive_data(piece)
        except ProtocolError as error:
            with suppress(ProtocolError):
                self.connection.close_connection(error.error_code)
            self.closed = True
            await self.flush()
            await self.send(Closed())
        else:
            await self.take(events)
            for number in [number for number, each in self.streams.items() if each.closed]:
                del self.streams[number]  # a websocket was refused, and Hypercorn would keep it

    async def begin(self, request: RequestReceived) -> None:
        """Begin the request, or let it wait for others when all of it has come."""
        if request.stream_ended and (self._deferred or not self._may_begin()):
            self._deferred[request.stream_id] = request
        else:
            await self._begin_now(request)

    def _may_begin(self) -> bool:
        return len(self._at_work) < MOST_AT_WORK and self._waiting() < MOST_WAITING_BYTES

    def _waiting(self) -> int:
        return sum(unsent.size for unsent in self._unsent.values())

    async def _begin_deferred(self) -> None:
        while self._deferred and self._may_begin():
            number = next(iter(self._deferred))
            await self._begin_now(self._deferred.pop(number))
            await self.streams[number].handle(EndBody(stream_id=number))

    async def _begin_now(self, request: RequestReceived) -> None:
        number, fields = request.stream_id, dict(request.headers)
        method, path = fields[b":method"], fields.get(b":path", b"")
        if not (method.isascii() and path.isascii() and path):
            await self._reset(number, ErrorCodes.PROTOCOL_ERROR)
            return
        kind = WSStream if method == b"CONNECT" else HTTPStream
        stream = self.streams[number] = kind(
            self.app, self.config, self.context, self.task_group, self.ssl,
            self.client, self.server, self.stream_send, number,
        )  # fmt: skip
        self._unsent[number] = Unsent()
        if request.stream_ended:
            self._at_work.add(number)
        await stream.handle(
            Request(
                stream_id=number,
                headers=filter_pseudo_headers(request.headers),
                http_version="2",
                method=method.decode().upper(),
                raw_path=path,
                state=self.connection_state,
            )
        )
        self.keep_alive_requests += 1

    async def note_window(self, number: int | None) -> None:
        """Take it that more may be sent: for one request, or for all."""
        for each in [number] if number else list(self._unsent):
            if each in self._unsent and self._unsent[each].is_sendable:
                self._ready[each] = None
        await self.has_data.set()

    # What is answered

    async def stream_send(self, event: Said) -> None:
        """Send a part of an answer: wait until the client has taken most of it, or of all."""
        number = event.stream_id
        with suppress(BufferCompleteError, KeyError, ProtocolError):  # the request is over
            if isinstance(event, Body | Data):
                await self._hand_over(number, memoryview(event.data))
            elif isinstance(event, EndBody | EndData | Trailers):
                unsent = self._unsent[number]
                unsent.set_whole()
                await self._note(number)
                await unsent.over()
            elif isinstance(event, StreamClosed):
                await self._cut_short(number)
                await super().stream_send(event)
            elif not isinstance(event, Request):
                await super().stream_send(event)
                if isinstance(event, Response) and not _tells_length(event):
                    self._at_work.discard(number)
                    await self.has_data.set()

    async def _hand_over(self, number: int, data: memoryview) -> None:
        self._at_work.discard(number)
        unsent, waiting = self._unsent[number], self._waiting()
        if waiting and waiting + len(data) > MOST_BYTES:
            await self._reset(number, ErrorCodes.ENHANCE_YOUR_CALM)
            return
        for end in range(SLICE, len(data) + SLICE, SLICE):
            unsent.add(data[end - SLICE : end], max(0, len(data) - end))
            await self._note(number)
            await unsent.room()

    async def _note(self, number: int) -> None:
        """Note that there is something to send."""
        self._ready[number] = None
        self._watch()
        await self.has_data.set()

    async def send_task(self) -> None:
        """Send what there is, one frame of each stream after the other."""
        while not self.closed:
            while self._ready:
                number = next(iter(self._ready))
                del self._ready[number]
                await self._send_frame(number)
            await self._begin_deferred()
            await self.has_data.wait()
            await self.has_data.clear()

    async def _send_frame(self, number: int) -> None:
        if (unsent := self._unsent.get(number)) is None:
            return
        try:
            window = self.connection.local_flow_control_window(number)
            data = unsent.pop(max(0, min(window, self.connection.max_outbound_frame_size)))
            is_last = unsent.is_last
            if data or is_last:
                self.connection.send_data(number, data, end_stream=is_last)
                self.connection.note_sent()
                await self.flush()
        except ProtocolError:
            unsent.drop()
            self._unsent.pop(number, None)
            return
        if is_last:
            self._unsent.pop(number, None)
            unsent.end()
        elif data and unsent.is_sendable:
            self._ready[number] = None

    # The end of an answer

    async def _cut_short(self, number: int) -> None:
        """Drop what is unsent of an answer whose application has ended before it.

        What lies with all others' on the way to the kernel cannot be told apart.
        """
        if number in self._unsent:
            if self._wire.is_behind:
                self._wire.abort()
            await self._reset(number, ErrorCodes.INTERNAL_ERROR)

    async def _reset(self, number: int, code: ErrorCodes) -> None:
        if unsent := self._unsent.pop(number, None):
            unsent.drop()
        with suppress(ProtocolError):
            self.connection.reset_stream(number, code)
        await self.close_stream(number)
        await self.flush()

    async def close_stream(self, number: int) -> None:
        """Tell the request that it is over, and forget it with what is unsent of its answer."""
        self._deferred.pop(number, None)
        self._at_work.discard(number)
        if unsent := self._unsent.pop(number, None):
            unsent.drop()
        await super().close_stream(number)
        await self.has_data.set()

    # Those who take nothing

    def _watch(self) -> None:
        if self._timer is None and not self.closed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._stalled_seconds / LOOKS, self._look)

    def _look(self) -> None:
        """Reset the streams that take nothing; a PING is no sign that they will."""
        self._timer = None
        too_long_ago = asyncio.get_running_loop().time() - self._stalled_seconds
        waiting = [number for number, unsent in self._unsent.items() if unsent.size]
        for number in waiting:
            if self._unsent[number].taken_at <= too_long_ago:
                self.task_group.spawn(self._give_up, number)
        if waiting:
            self._watch()

    async def _give_up(self, number: int) -> None:
        await self._reset(number, ErrorCodes.CANCEL)
        if self.idle:
            await self.send(Updated(idle=True))


def _tells_length(response: Response) -> bool:
    return any(name.lower() == b"content-length" for name, _ in response.headers)
