"""HTTP/1 within bounds: Hypercorn's protocol, without the ways from it to HTTP/2."""

from typing import Any

import h11
from hypercorn.events import Closed
from hypercorn.protocol.events import Body
from hypercorn.protocol.events import Event as Said
from hypercorn.protocol.h11 import H11Protocol

from ephemera.server.unsent import SLICE

VERSION_NOT_SUPPORTED = 505


class Cut(Closed):
    """The application has ended before its answer: what is unsent of it is to be dropped."""


class Http1(H11Protocol):
    """One connection, on which HTTP/2 is begun only where that is allowed.

    Else its preface is refused like any other version, and an offer to upgrade is not taken.
    """

    def __init__(self, *args: Any, may_upgrade: bool) -> None:  # noqa: ANN401 - Hypercorn's
        super().__init__(*args)
        self._may_upgrade = may_upgrade

    async def stream_send(self, event: Said) -> None:
        """Send a part of an answer, slice by slice: each waits until the last is taken."""
        if not isinstance(event, Body) or len(event.data) <= SLICE:
            await super().stream_send(event)
            return
        for start in range(0, len(event.data), SLICE):
            part = event.data[start : start + SLICE]
            await super().stream_send(Body(stream_id=event.stream_id, data=part))

    async def _check_protocol(self, event: h11.Request) -> None:
        if self._may_upgrade:
            await super()._check_protocol(event)

    async def _create_stream(self, request: h11.Request) -> None:
        if request.http_version.startswith(b"1."):
            await super()._create_stream(request)
        else:
            await self._send_error_response(VERSION_NOT_SUPPORTED)
            await self.send(Closed())

    async def _maybe_recycle(self) -> None:
        if self.connection.our_state is h11.SEND_BODY:
            await self._close_stream()
            await self.can_read.set()
            await self.send(Cut())
        else:
            await super()._maybe_recycle()
