"""HTTP/1 within bounds: Hypercorn's protocol, without the ways from it to HTTP/2."""

from typing import Any

import h11
from hypercorn.events import Closed
from hypercorn.protocol.events import Body
from hypercorn.protocol.events import Event as Said

from ephemera.server.borrowed import OpenH11, OpenRequests
from ephemera.server.unsent import SLICE

BAD_REQUEST = 400
VERSION_NOT_SUPPORTED = 505


class Cut(Closed):
    """The application has ended before its answer: what is unsent of it is to be dropped."""


class Http1(OpenH11):
    """One connection, on which HTTP/2 is begun only where that is allowed.

    Else its preface is refused like any other version, and an offer to upgrade is not taken.
    """

    def __init__(self, *args: Any, may_upgrade: bool) -> None:  # noqa: ANN401 - Hypercorn's
        super().__init__(*args)
        self._may_upgrade = may_upgrade
        most = self.config.h11_max_incomplete_size
        self.connection = OpenRequests(h11.SERVER, max_incomplete_event_size=most)

    async def stream_send(self, event: Said) -> None:
        """Send a part of an answer, slice by slice: each waits until the last is taken."""
        if not isinstance(event, Body) or len(event.data) <= SLICE:
            await super().stream_send(event)
            return
        for start in range(0, len(event.data), SLICE):
            part = event.data[start : start + SLICE]
            await super().stream_send(Body(stream_id=event.stream_id, data=part))

    async def look_for_http2(self, request: h11.Request) -> None:
        """Raise what tells that the client wants HTTP/2, if it may have it."""
        if self._may_upgrade:
            await super().look_for_http2(request)

    async def begin(self, request: h11.Request) -> None:
        """Hand the request to the application, unless that cannot be, or in more than one way."""
        if not request.http_version.startswith(b"1."):
            await self._turn_away(VERSION_NOT_SUPPORTED)
        elif _is_ambiguous(request):
            await self._turn_away(BAD_REQUEST)
        else:
            await super().begin(request)

    async def _turn_away(self, status: int) -> None:
        await self.refuse(status)
        await self.send(Closed())

    async def end(self) -> None:
        """Get ready for the next request, unless the answer to this one was cut short."""
        if self.connection.our_state is h11.SEND_BODY:
            await self.close_stream()
            await self.can_read.set()
            await self.send(Cut())
        else:
            await super().end()


def _is_ambiguous(request: h11.Request) -> bool:
    """Tell whether something in front of us may see another end of it (RFC 9112, section 6.1)."""
    fields = {name for name, _ in request.headers}
    if b"transfer-encoding" not in fields:
        return False
    return b"content-length" in fields or request.http_version == b"1.0"
