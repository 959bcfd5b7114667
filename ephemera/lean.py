"""What Hypercorn keeps of a connection while a stream is idle, made smaller (ADR 0029).

And a place before its parser, where a request may be answered that is too much (ADR 0028).

asyncio's queues and events keep a deque, 760 bytes each, for whoever might wait; Hypercorn has one
queue and one event for every request, so five of them. These here keep nothing until somebody
waits. Hypercorn lets its event class be chosen; its task group it does not, and there we reach into
the module: a new version of Hypercorn has to be looked at before it is allowed in pyproject.toml.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from h11 import IDLE
from hypercorn.asyncio import run, tcp_server
from hypercorn.asyncio.task_group import TaskGroup, _handle
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Event, RawData
from hypercorn.protocol import ProtocolWrapper
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.typing import AppWrapper, ASGIReceiveEvent, ASGISendEvent, Scope


class TurnAway(Protocol):
    """Looks at what comes between two requests."""

    def __call__(self, data: bytes, /, *, secure: bool) -> bytes | None:
        """Return the whole answer to the request that these bytes are, if it is to have no other.

        `secure` says whether they came by TLS. None: the parser sees to it.
        """


_NOTHING: Final[list[ASGIReceiveEvent]] = []
"""The items of all inboxes that have none; never changed."""


class Happening:
    """An `asyncio.Event` that is made when somebody waits for it."""

    __slots__ = ("_awaited", "_is_set")

    def __init__(self) -> None:
        self._is_set = False
        self._awaited: asyncio.Event | None = None

    async def clear(self) -> None:
        """Make it something that has not happened."""
        self._is_set = False

    async def wait(self) -> None:
        """Wait until it has happened."""
        if not self._is_set:
            self._awaited = self._awaited or asyncio.Event()
            await self._awaited.wait()

    async def set(self) -> None:
        """Let it happen; whoever waits goes on, even if it is cleared before they do."""
        awaited, self._awaited, self._is_set = self._awaited, None, True
        if awaited:
            awaited.set()

    def is_set(self) -> bool:
        """Tell whether it has happened."""
        return self._is_set


class Inbox:
    """What arrives for one request, as an `asyncio.Queue`, for one who puts and one who gets."""

    __slots__ = ("_items", "_most", "_waiting")

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: list[ASGIReceiveEvent] = _NOTHING
        self._waiting: tuple[asyncio.Future[None], ...] = ()

    async def put(self, item: ASGIReceiveEvent) -> None:
        """Add an item, when there are fewer than the most (0: always)."""
        while len(self._items) >= self._most > 0:
            await self._wait()
        self._items = [*self._items, item]
        self._wake()

    async def get(self) -> ASGIReceiveEvent:
        """Take the first item, when there is one."""
        while not self._items:
            await self._wait()
        item, *rest = self._items
        self._items = rest or _NOTHING
        self._wake()
        return item

    def _wait(self) -> asyncio.Future[None]:
        """Return what is done when something has been put or taken; all look again then."""
        future = asyncio.get_running_loop().create_future()
        self._waiting += (future,)
        return future

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, ()
        for future in waiting:
            if not future.done():  # who waited may have been cancelled
                future.set_result(None)


class LeanTaskGroup(TaskGroup):
    """Hypercorn's, with an inbox instead of a queue."""

    async def spawn_app(
        self,
        app: AppWrapper,
        config: Config,
        scope: Scope,
        send: Callable[[ASGISendEvent | None], Awaitable[None]],
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        """Run the application for one request. What WSGI applications need is left out."""
        inbox = Inbox(config.max_app_queue_size)
        self.spawn(_handle, app, config, scope, inbox.get, send, _not_for_asgi, _not_for_asgi)
        return inbox.put


class _Over:
    """The protocol of a connection that has ended: whoever still has something to say is late."""

    async def handle(self, event: object) -> None:
        """Do nothing."""


_OVER: Final[Any] = _Over()


class LeanServer(tcp_server.TCPServer):
    """Hypercorn's server of one connection, that lets go of its protocol when that has ended.

    Its parts refer to one another, and so does what ended it to where it happened. All of it would
    wait for a full collection of garbage, which comes the later the more streams are open.
    """

    async def run(self) -> None:
        """Serve the connection to its end."""
        try:
            await super().run()
        finally:
            if fault := self.reader.exception():
                fault.with_traceback(None)
            self.protocol = _OVER


class Doorway(ProtocolWrapper):
    """Hypercorn's protocol of a connection, before which a request may be turned away."""

    turn_away: TurnAway

    async def handle(self, event: Event) -> None:
        """Answer what comes in one piece between two requests, or hand it on."""
        if isinstance(event, RawData) and self._is_between_requests:
            answer = self.turn_away(event.data, secure=self.ssl)
            if answer:
                await self.send(RawData(answer))
                return
        await super().handle(event)

    @property
    def _is_between_requests(self) -> bool:
        spoken = self.protocol
        return (
            isinstance(spoken, H11Protocol)
            and spoken.stream is None
            and spoken.connection.their_state is IDLE
            and not spoken.connection.trailing_data[0]
        )


def let_in(_: bytes, /, *, secure: bool) -> None:
    """Turn nobody away."""


def _not_for_asgi(*_: Any) -> Any:  # noqa: ANN401 - Hypercorn's type
    raise NotImplementedError


def make_lean(turn_away: TurnAway) -> None:
    """Give Hypercorn our classes, for this process."""
    Doorway.turn_away = staticmethod(turn_away)
    tcp_server.ProtocolWrapper = Doorway  # type: ignore[attr-defined] # there is no other way in
    WorkerContext.event_class = Happening
    tcp_server.TaskGroup = LeanTaskGroup  # type: ignore[attr-defined] # there is no other way in
    run.TCPServer = LeanServer  # type: ignore[attr-defined] # the same
