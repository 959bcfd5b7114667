"""What is used of others that they do not offer: Hypercorn's, h2's and asyncio's private parts.

They are named here and nowhere else, each with what it is for and what would stand in its place.
`tests/connections/test_borrowed.py` pins the text of each, so that a release that changes one is
read before it is used.

Of Hypercorn we also use what has public names, but no manual: its protocols with their attributes,
`HTTPStream` and `WSStream`, the events between them, `Lifespan`, `WorkerContext`, `ASGIWrapper`. In
their place would stand h11 and h2 themselves, as the README says.
"""

import asyncio
import re
from typing import Any, Final

import h11
from h2.connection import H2Connection
from h2.events import Event, RequestReceived
from hypercorn.asyncio.task_group import _handle
from hypercorn.protocol.h2 import H2Protocol
from hypercorn.protocol.h11 import H11Protocol
from hyperframe.frame import Frame

run_app: Final = _handle
"""Runs the application for one request, logs its fault, and tells that it has ended.

Instead: the same ten lines here."""


_EMPTY_LINES: Final = re.compile(rb"(?:\r?\n)+")


class OpenRequests(h11.Connection):
    """h11's state of a connection, which passes over empty lines before a request.

    Some clients end a body with one that does not belong to it (RFC 9112, section 2.2).

    Instead: the bytes of each request found here, before h11 has them.
    """

    def next_event(self) -> Any:  # noqa: ANN401 - h11's
        """Return the next event, or that there is none yet."""
        unread = self._receive_buffer._data
        if unread.startswith((b"\r", b"\n")) and self.their_state is h11.IDLE:
            if empty := _EMPTY_LINES.match(unread):
                self._receive_buffer.maybe_extract_at_most(empty.end())
            if unread == b"\r":
                return h11.NEED_DATA
        return super().next_event()


class OpenH11(H11Protocol):
    """Hypercorn's HTTP/1, which lets others have a say when a request begins and ends.

    Instead: h11, driven by a loop of our own over `next_event`, some 150 lines.
    """

    refuse = H11Protocol._send_error_response
    """Answers with a status alone, before there is a request. Instead: two events of h11."""
    close_stream = H11Protocol._close_stream
    """Tells the request that it is over. Instead: `stream.handle(StreamClosed(…))`."""

    async def look_for_http2(self, request: h11.Request) -> None:
        """Raise what tells that the client wants HTTP/2, if it does."""
        await super()._check_protocol(request)

    async def begin(self, request: h11.Request) -> None:
        """Hand the request to the application."""
        await super()._create_stream(request)

    async def end(self) -> None:
        """Get ready for the next request, or close."""
        await super()._maybe_recycle()

    async def _check_protocol(self, event: h11.Request) -> None:
        await self.look_for_http2(event)

    async def _create_stream(self, request: h11.Request) -> None:
        await self.begin(request)

    async def _maybe_recycle(self) -> None:
        await self.end()


class OpenH2(H2Protocol):
    """Hypercorn's HTTP/2, which leaves it to others when a request begins and what is sent when.

    Instead: h2, driven by a loop of our own over its events, some 200 lines.
    """

    flush = H2Protocol._flush
    """Sends what h2 has to say. Instead: `send(RawData(connection.data_to_send()))`."""
    take = H2Protocol._handle_events
    """Does what the client's frames ask for. Instead: the loop over h2's events."""

    async def begin(self, request: RequestReceived) -> None:
        """Hand the request to the application, now or later."""
        raise NotImplementedError  # only who opens it knows how

    async def close_stream(self, number: int) -> None:
        """Tell the request that it is over, and forget it."""
        await super()._close_stream(number)

    async def note_window(self, number: int | None) -> None:
        """Take it that more may be sent: for one request, or for all."""
        raise NotImplementedError  # only who opens it knows how

    async def _create_stream(self, request: RequestReceived) -> None:
        await self.begin(request)

    async def _close_stream(self, stream_id: int) -> None:
        await self.close_stream(stream_id)

    async def _window_updated(self, stream_id: int | None) -> None:
        await self.note_window(stream_id)

    async def _priority_updated(self, event: object) -> None:
        """Do nothing: RFC 9113 has done away with priorities, and each would be kept."""


class OpenFrames(H2Connection):
    """h2's state of a connection, which shows each frame: not all of them become events.

    Instead: hyperframe on the same bytes, read twice, to count before h2 does what they say.
    """

    def note(self, frame: Frame) -> None:
        """Take note of a frame, before it is looked at. May raise `ProtocolError`."""

    def _receive_frame(self, frame: Frame) -> list[Event]:
        self.note(frame)
        return super()._receive_frame(frame)


def layers_of(transport: asyncio.Transport) -> tuple[asyncio.Transport, ...]:
    """Return the transport, and the one below if it is of TLS: either may hold what is unsent.

    Instead: a protocol that is given the lower one, and TLS begun by `loop.start_tls`.
    """
    tls = getattr(transport, "_ssl_protocol", None)
    below = getattr(tls, "_transport", None)
    return (transport, below) if below else (transport,)
