"""One accepted connection: who reads each request, when it is idle, and when it ends."""

import asyncio
import logging
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, Final, Protocol

from ephemera.server.eager import start
from ephemera.server.exchange import Asgi, Exchange
from ephemera.server.fallback import Fallback, Served
from ephemera.server.faults import Seldom
from ephemera.server.idleness import Idleness
from ephemera.server.outgoing import Bounded, Outgoing
from ephemera.server.scopes import scope_of
from ephemera.server.whole import Hot, Whole

Work = Coroutine[Any, Any, None]

MOST_HELD_BYTES: Final = 64 * 1024
"""A client that says so much during a stream is cut."""
LATE_BODY_SECONDS: Final = 0.05
"""For the body of a request that comes apart from its head; then Hypercorn waits for it."""

logger = logging.getLogger(__name__)


class Serving(Served, Bounded, Protocol):
    """The server, as its connections need it."""

    asgi: Asgi
    hot: Hot
    is_stopping: bool
    faults: Seldom
    """Whoever finds out how to make one could make thousands."""

    def add(self, connection: "Connection") -> None:
        """Note that the connection is open."""

    def remove(self, connection: "Connection") -> None:
        """Note that the connection has ended."""

    def keep(self, task: asyncio.Task[None]) -> None:
        """Keep the task until it is done."""


class Connection(Outgoing):
    """Reads one request after the other: the hot ones that come whole, and Hypercorn the others.

    While one is answered what follows waits, and not much of it. Between two requests it may be
    idle for `keep_alive_timeout` seconds; as long it may take over the head of a request.
    """

    __slots__ = (
        "_fallback",
        "_held",
        "_idleness",
        "_late_body",
        "_server",
        "_spawned",
        "_stream",
        "_under_way",
        "is_gone",
    )

    _server: Serving

    def __init__(self, server: Serving) -> None:
        super().__init__()
        self._server = server
        self._fallback: Fallback | None = None
        self._stream: Exchange | None = None
        self._under_way: asyncio.Task[None] | None = None
        self._held = b""
        self._late_body: asyncio.TimerHandle | None = None
        self._spawned = 0
        self.is_gone = False
        self._idleness = Idleness(server.config.keep_alive_timeout, self.close)

    # What the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._server.add(self)
        self.rest()

    def data_received(self, data: bytes) -> None:
        """Take what the client said; hold it while something is under way, and read no more.

        Reading goes on beside a stream, or nobody would see that its client has gone.
        """
        if self._transport.is_closing():
            return
        if self._late_body:
            self._late_body.cancel()
            self._take_all(data)
            return
        if self._under_way is None:
            self._take(data)
            return
        self._held += data
        if self._stream is None or self._stream.is_over:
            self._transport.pause_reading()
        elif len(self._held) > MOST_HELD_BYTES:
            self.abort()

    def eof_received(self) -> bool:
        """Take it that the client has gone; but what is being answered will be answered."""
        self._depart()
        if self._transport.get_extra_info("ssl_object"):
            self.close()  # TLS has no half of a connection
            return False
        return self._is_at_work

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - it has gone anyway
        """Let go of everything."""
        self._depart()
        self.tell()
        self._server.remove(self)
        self._held = b""
        if self._late_body:
            self._late_body.cancel()
            self._late_body = None
        self._idleness.stop()
        self.calm_down()

    # What an answer does

    def rest(self) -> None:
        """Note that nothing is asked for now; as the server stops, that is the end."""
        if self._server.is_stopping or self.is_gone:
            self.close()
        else:
            self._idleness.begin()

    def wake(self) -> None:
        """Note that something is asked for."""
        self._idleness.end()

    def stop(self) -> None:
        """Close when nothing is asked for."""
        if self._idleness.is_on:
            self.close()

    def spawn(self, work: Work) -> None:
        """Do the work in a task, which the server waits for when it stops."""
        self._spawned += 1
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._keep(task)
        task.add_done_callback(self._note_done)

    # The requests

    def _take(self, data: bytes) -> None:
        if self._fallback is None or self._fallback.is_between_requests:
            if whole := self._server.hot.read(data):
                self._answer(whole)
                return
            if self._late_body is None and self._server.hot.is_head(data):
                self._held = data
                loop = asyncio.get_running_loop()
                self._late_body = loop.call_later(LATE_BODY_SECONDS, self._take_all)
                return
        self._follow(start(self._hand_on(data)))

    def _take_all(self, rest: bytes = b"") -> None:
        """Take a head that was held, with the body that has come, or without."""
        held, self._held = self._held + rest, b""
        if not self._transport.is_closing():
            self._take(held)
        self._late_body = None

    def _answer(self, whole: Whole) -> None:
        """Answer a hot request. A stream has a task from the start: it is ended by that."""
        self.wake()
        if self._fallback:
            self._fallback.let_go()
            self._fallback = None
        exchange = Exchange(self, whole.body)
        work = self._serve(whole, exchange)
        if whole.method == "POST":
            self._follow(start(work))
        else:
            self._stream = exchange
            self._follow(asyncio.get_running_loop().create_task(work, context=Context()))

    async def _serve(self, whole: Whole, exchange: Exchange) -> None:
        answer = exchange.run(self._server.asgi, scope_of(whole, self._transport, self._server))
        del whole  # a stream is long, and keeps nothing of what was asked
        try:
            await answer
        finally:
            self._stream = None
            if exchange.is_over:
                self.rest()
            else:
                self.abort()  # what is unsent of an answer that was cut is not to be sent

    async def _hand_on(self, data: bytes) -> None:
        fallback = self._fallback
        if fallback is None:
            fallback = self._fallback = Fallback(self._server, self, self._transport)
            await fallback.begin()
        await fallback.handle(data)

    def _follow(self, rest: asyncio.Task[None] | None) -> None:
        """Take nothing more until what is left of an answer is done, if anything is."""
        if rest:
            self._under_way = rest
            self._keep(rest)
            rest.add_done_callback(self._go_on)

    def _go_on(self, _: asyncio.Task[None]) -> None:
        self._under_way = None
        if self.is_gone or self._transport.is_closing():
            self._end_if_done()
        elif self._held:
            held, self._held = self._held, b""
            self._transport.resume_reading()
            self._take(held)

    # The ends of all things

    def _depart(self) -> None:
        if self.is_gone:
            return
        self.is_gone = True
        self.tell()
        if self._fallback:
            if self._under_way:
                self._under_way.cancel()  # what it waits for was to come from the client
            self.spawn(self._fallback.leave())
            self._fallback = None

    @property
    def _is_at_work(self) -> bool:
        return self._under_way is not None or self._spawned > 0

    def _end_if_done(self) -> None:
        """Close the connection of a client that has gone, when all is said."""
        if self.is_gone and not self._is_at_work:
            self.close()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._server.keep(task)
        task.add_done_callback(self._look_at)

    def _note_done(self, _: asyncio.Task[None]) -> None:
        self._spawned -= 1
        self._end_if_done()

    def _look_at(self, task: asyncio.Task[None]) -> None:
        """Cut the connection if one of its tasks failed: nobody knows how far it had come."""
        if not task.cancelled() and (fault := task.exception()):
            if self._server.faults.is_due():
                logger.error("a connection had to be cut", exc_info=fault)
            self.abort()
