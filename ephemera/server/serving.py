"""Accepting connections, and ending them: what Hypercorn's worker does, for connections of ours."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from socket import socket
from ssl import SSLContext
from typing import Final

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import AppWrapper, ConnectionState, Event
from hypercorn.typing import WorkerContext as HypercornContext

from ephemera.server.accepting import ListeningSocket
from ephemera.server.bounds import Bounds
from ephemera.server.connection import Connection
from ephemera.server.exchange import Asgi
from ephemera.server.faults import Seldom
from ephemera.server.guests import Guests
from ephemera.server.lean import Happening
from ephemera.server.whole import Hot

_ABORTED_SECONDS: Final = 0.5
"""For the last steps of connections that were cut."""


class _Context(WorkerContext):
    """What Hypercorn's protocols share, with events that keep nothing until somebody waits."""

    event_class: type[Event] = Happening


class Server:
    """Serves an ASGI application as the configuration says.

    `hot` are the requests that are answered without Hypercorn (ADR 0032), by method and path; `*`
    in a path stands for a name. Raises `ValueError` for one that `whole.Hot` does not take.
    """

    def __init__(
        self,
        asgi: Asgi,
        config: Config,
        hot: Collection[tuple[str, str]],
        bounds: Bounds = Bounds(),  # noqa: B008 - it cannot be changed
    ) -> None:
        self.asgi = asgi
        self.bounds = bounds
        self.config = config
        self.hot = Hot(hot)
        self.app: AppWrapper = ASGIWrapper(asgi)
        self.context: HypercornContext = _Context(None)
        self.state = ConnectionState({})
        self.is_stopping = False
        self.faults = Seldom()
        self._guests = Guests(bounds.connections_per_address)
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._nobody: asyncio.Future[None] | None = None

    async def serve(self, until: Callable[[], Awaitable[object]]) -> None:
        """Serve until that has returned, then end within `graceful_timeout` and a moment.

        What is being answered then may be answered to its end. Raises what the application
        raises when it starts.
        """
        loop = asyncio.get_running_loop()
        lifespan = Lifespan(self.app, self.config, loop, self.state)
        living = loop.create_task(lifespan.handle_lifespan())
        await lifespan.wait_for_startup()
        if living.done() and (fault := living.exception()):
            raise fault
        listeners = await self._listen()
        try:
            await until()
        finally:
            await _close(listeners)
            await self._stop()
            await lifespan.wait_for_shutdown()
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)

    def add(self, connection: Connection) -> None:
        """Note that the connection is open."""
        self._connections.add(connection)

    def remove(self, connection: Connection) -> None:
        """Note that the connection has ended."""
        self._connections.discard(connection)
        if self._nobody and not self._nobody.done() and not self._connections:
            self._nobody.set_result(None)

    def keep(self, task: asyncio.Task[None]) -> None:
        """Keep the task until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self) -> list[asyncio.Server]:
        sockets = self.config.create_sockets()
        context = self.config.create_ssl_context() if self.config.ssl_enabled else None
        return [
            *[await self._accept(each, None) for each in sockets.insecure_sockets],
            *[await self._accept(each, context) for each in sockets.secure_sockets],
        ]

    async def _accept(self, listener: socket, tls: SSLContext | None) -> asyncio.Server:
        if isinstance(listener, ListeningSocket) and self.bounds.connections_per_address:
            listener.limit(self._guests)
        return await asyncio.get_running_loop().create_server(
            lambda: Connection(self),
            sock=listener,
            ssl=tls,
            ssl_handshake_timeout=self.config.ssl_handshake_timeout if tls else None,
            backlog=self.config.backlog,
        )

    async def _stop(self) -> None:
        """Let connections end that have something to say, for a while, and cut the others."""
        self.is_stopping = True
        self._nobody = asyncio.get_running_loop().create_future()
        await self.context.terminated.set()
        for connection in tuple(self._connections):
            connection.stop()
        await self._wait_for_nobody(self.config.graceful_timeout)
        for connection in tuple(self._connections):
            connection.abort()
        await self._wait_for_nobody(_ABORTED_SECONDS)

    async def _wait_for_nobody(self, seconds: float) -> None:
        """Wait until no connection is open and no task is left, or so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if self._nobody and self._connections:
                    await asyncio.shield(self._nobody)
                while self._tasks:
                    await asyncio.wait(self._tasks)


async def _close(listeners: Iterable[asyncio.Server]) -> None:
    """Accept nobody any more. Who was accepted in this very turn still comes in, and is closed.

    A listener that is closed already would take them for a fault (`Server._attach`).
    """
    for listener in listeners:
        for each in listener.sockets:
            asyncio.get_running_loop().remove_reader(each.fileno())
    await asyncio.sleep(0)
    for listener in listeners:
        listener.close()
