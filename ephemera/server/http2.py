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
from hypercorn.protocol.h2 import BufferCompleteError, H2Protocol
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.utils import filter_pseudo_headers

from ephemera.server.frames import Frames
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


class Http2(H2Protocol):
    """One connection. What waits to be sent is bounded, and for how long.

    A stream that takes nothing for `stalled_seconds` is reset, and so is an answer whose
    application ends before it does: what was still to be sent of it is dropped.
    """

    def __init__(self, *args: Any, wire: Wire, stalled_seconds: float) -> None:  # noqa: ANN401 - Hypercorn's
        super().__init__(*args)
        self.connection: Frames = Frames(self.config)
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
                    await self._take(event.data[start : start + PIECE])
            return
        self._deferred.clear()
        await super().handle(event)
        if self._timer:
            self._timer.cancel()

    async def _take(self, piece: bytes) -> None:
        try:
            events = self.connection.receive_data(piece)
        except ProtocolError as error:
            with suppress(ProtocolError):
                self.connection.close_connection(error.error_code)
            self.closed = True
            await self._flush()
            await self.send(Closed())
        else:
            await self._handle_events(events)
            for number in [number for number, each in self.streams.items() if each.closed]:
                del self.streams[number]  # a websocket was refused, and Hypercorn would keep it

    async def _create_stream(self, request: RequestReceived) -> None:
        """Begin the request, or let it wait for others when all of it has come."""
        if request.stream_ended and (self._deferred or not self._may_begin()):
            self._deferred[request.stream_id] = request
        else:
            await self._begin(request)

    def _may_begin(self) -> bool:
        return len(self._at_work) < MOST_AT_WORK and self._waiting() < MOST_WAITING_BYTES

    def _waiting(self) -> int:
        return sum(unsent.size for unsent in self._unsent.values())

    async def _begin_deferred(self) -> None:
        while self._deferred and self._may_begin():
            number = next(iter(self._deferred))
            await self._begin(self._deferred.pop(number))
            await self.streams[number].handle(EndBody(stream_id=number))

    async def _begin(self, request: RequestReceived) -> None:
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

    async def _priority_updated(self, event: object) -> None:
        """Do nothing: RFC 9113 has done away with priorities, and each would be kept."""

    async def _window_updated(self, stream_id: int | None) -> None:
        for number in [stream_id] if stream_id else list(self._unsent):
            if number in self._unsent and self._unsent[number].is_sendable:
                self._ready[number] = None
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
                await self._send_data(number)
            await self._begin_deferred()
            await self.has_data.wait()
            await self.has_data.clear()

    async def _send_data(self, stream_id: int) -> None:
        if (unsent := self._unsent.get(stream_id)) is None:
            return
        try:
            window = self.connection.local_flow_control_window(stream_id)
            data = unsent.pop(max(0, min(window, self.connection.max_outbound_frame_size)))
            is_last = unsent.is_last
            if data or is_last:
                self.connection.send_data(stream_id, data, end_stream=is_last)
                self.connection.note_sent()
                await self._flush()
        except ProtocolError:
            unsent.drop()
            self._unsent.pop(stream_id, None)
            return
        if is_last:
            self._unsent.pop(stream_id, None)
            unsent.end()
        elif data and unsent.is_sendable:
            self._ready[stream_id] = None

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
        await self._close_stream(number)
        await self._flush()

    async def _close_stream(self, stream_id: int) -> None:
        self._deferred.pop(stream_id, None)
        self._at_work.discard(stream_id)
        if unsent := self._unsent.pop(stream_id, None):
            unsent.drop()
        await super()._close_stream(stream_id)
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
