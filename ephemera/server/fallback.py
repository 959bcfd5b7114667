"""Requests that are not hot: Hypercorn's protocols, HTTP/1.1 and HTTP/2, on a connection of ours.

This is what Hypercorn's own `TCPServer` does, without its reader, writer, and three tasks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, Protocol

from h11 import IDLE
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.h11 import H2CProtocolRequiredError, H2ProtocolAssumedError
from hypercorn.typing import (
    AppWrapper,
    ASGIReceiveEvent,
    ASGISendEvent,
    ConnectionState,
    Scope,
    WorkerContext,
)

from ephemera.server.borrowed import run_app
from ephemera.server.bounds import Bounds
from ephemera.server.http1 import Cut, Http1
from ephemera.server.http2 import Http2
from ephemera.server.lean import Inbox


class Wire(Protocol):
    """The connection, as Hypercorn's protocols need it."""

    def write(self, data: bytes) -> None:
        """Write, unless the client has gone."""

    async def drained(self) -> None:
        """Wait until the client has taken most of what was written, or has gone."""

    @property
    def is_behind(self) -> bool:
        """Whether the client has not taken all that was written."""

    def close(self) -> None:
        """Close the connection when all is written."""

    def abort(self) -> None:
        """Close the connection at once."""

    def rest(self) -> None:
        """Note that nothing is asked for now."""

    def wake(self) -> None:
        """Note that something is asked for."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work in a task."""


class _Over:
    """The protocol of a connection that has ended: whoever still has something to say is late."""

    async def handle(self, event: object) -> None:
        """Do nothing."""


_OVER: Final[Any] = _Over()


class Served(Protocol):
    """What Hypercorn's protocols serve, and how."""

    app: AppWrapper
    config: Config
    context: WorkerContext
    state: ConnectionState
    bounds: Bounds


class Fallback:
    """Hypercorn's protocol of one connection: it starts with HTTP/1.1, or with what TLS agreed on.

    `handle` and `leave` may wait, and must not be awaited at the same time as the same one.
    """

    __slots__ = ("_bounds", "_protocol", "_shared", "_wire")

    def __init__(self, served: Served, wire: Wire, transport: asyncio.BaseTransport) -> None:
        self._wire = wire
        self._bounds = served.bounds
        encrypted = transport.get_extra_info("ssl_object")
        self._shared = (
            served.app,
            served.config,
            served.context,
            self,
            ConnectionState(served.state),
            encrypted is not None,
            address_of(transport, "peername"),
            address_of(transport, "sockname"),
            self._send,
        )
        self._protocol: Http1 | Http2
        if encrypted and encrypted.selected_alpn_protocol() == "h2":
            self._protocol = self._http2()
        else:
            plain = encrypted is None
            may_upgrade = plain and served.bounds.http2_on_plain_ports
            self._protocol = Http1(*self._shared, may_upgrade=may_upgrade)

    async def begin(self) -> None:
        """Say what the protocol says first."""
        await self._protocol.initiate()

    async def handle(self, data: bytes) -> None:
        """Take what the client said."""
        found: H2ProtocolAssumedError | H2CProtocolRequiredError | None = None
        try:
            await self._protocol.handle(RawData(data))
        except (H2ProtocolAssumedError, H2CProtocolRequiredError) as error:
            found = error
        if isinstance(found, H2ProtocolAssumedError):
            await self._go_over(found.data)
        elif found:
            await self._go_over(found.data, found.headers, found.settings)
        spoken = self._protocol
        if isinstance(spoken, Http1) and spoken.stream and spoken.stream.closed:
            self._wire.close()  # a websocket was refused, and Hypercorn would leave it at that
        if isinstance(spoken, Http2) and spoken.idle:  # it says so after a request only
            self._wire.rest()

    def _http2(self) -> Http2:
        return Http2(*self._shared, wire=self._wire, stalled_seconds=self._bounds.stalled_seconds)

    async def _go_over(
        self,
        data: bytes,
        headers: list[tuple[bytes, bytes]] | None = None,
        settings: bytes | None = None,
    ) -> None:
        """Go over to HTTP/2."""
        self._protocol = self._http2()
        await self._protocol.initiate(headers, settings)
        await self._protocol.handle(RawData(data))

    async def leave(self) -> None:
        """Take it that the client has gone."""
        try:
            await self._protocol.handle(Closed())
        finally:
            self.let_go()

    def let_go(self) -> None:
        """Let go of the protocol: its parts refer to one another, and to this.

        They would wait for a full collection of garbage, which comes the later the more is open.
        """
        self._protocol = _OVER
        self._shared = _OVER

    @property
    def is_between_requests(self) -> bool:
        """Whether whatever comes next is the beginning of a request of HTTP/1.1."""
        spoken = self._protocol
        return (
            isinstance(spoken, Http1)
            and spoken.stream is None
            and spoken.connection.their_state is IDLE
            and not spoken.connection.trailing_data[0]
        )

    async def _send(self, event: Event) -> None:
        if isinstance(event, RawData):
            self._wire.write(event.data)
            await self._wire.drained()
        elif isinstance(event, Cut):
            self._wire.abort()
        elif isinstance(event, Closed):
            self._wire.close()
        elif isinstance(event, Updated):
            if event.idle:
                self._wire.rest()
            else:
                self._wire.wake()

    # A task group, for Hypercorn

    async def spawn_app(
        self,
        app: AppWrapper,
        config: Config,
        scope: Scope,
        send: Callable[[ASGISendEvent | None], Awaitable[None]],
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        """Run the application for one request. What WSGI applications need is left out."""
        inbox = Inbox(config.max_app_queue_size)
        self.spawn(run_app, app, config, scope, inbox.get, send, _not_for_asgi, _not_for_asgi)
        return inbox.put

    def spawn(self, work: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> None:  # noqa: ANN401 - Hypercorn's type
        """Do the work in a task."""
        self._wire.spawn(work(*args))


def address_of(transport: asyncio.BaseTransport, end: str) -> tuple[str, int] | None:
    """Return the host and port of an end of the connection; sockets at a path have none."""
    address = transport.get_extra_info(end)
    return tuple(address[:2]) if isinstance(address, tuple) else None


def _not_for_asgi(*_: Any) -> Any:  # noqa: ANN401 - Hypercorn's type
    """Stand where Hypercorn hands WSGI applications a thread; ours, ASGI, never calls it."""
    raise NotImplementedError
