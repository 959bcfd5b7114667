"""Waiting, made smaller (ADR 0029), and requests that are over.

asyncio's queues and events keep a deque, 760 bytes each, for whoever might wait; Hypercorn has a
queue and two events for every request. These here keep nothing until somebody waits.
"""

import asyncio
from typing import Any, Final

from hypercorn.typing import ASGIReceiveEvent

_NOTHING: Final[list[ASGIReceiveEvent]] = []
"""The items of all inboxes that have none; never changed."""


class Waiters:
    """Those who wait for a change. All are woken by each, and look again."""

    __slots__ = ("_futures",)

    def __init__(self) -> None:
        self._futures: tuple[asyncio.Future[None], ...] = ()

    def wait(self) -> asyncio.Future[None]:
        """Return what is done when something has changed."""
        future = asyncio.get_running_loop().create_future()
        self._futures += (future,)
        return future

    def wake(self) -> None:
        """Let all of them look again."""
        futures, self._futures = self._futures, ()
        for future in futures:
            if not future.done():  # who waited may have been cancelled
                future.set_result(None)


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

    __slots__ = ("_items", "_most", "_waiters")

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: list[ASGIReceiveEvent] = _NOTHING
        self._waiters = Waiters()

    async def put(self, item: ASGIReceiveEvent) -> None:
        """Add an item, when there are fewer than the most (0: always).

        That the client has gone is added in any case: perhaps nobody takes anything any more.
        """
        while len(self._items) >= self._most > 0 and item["type"] != "http.disconnect":
            await self._waiters.wait()
        self._items = [*self._items, item]
        self._waiters.wake()

    async def get(self) -> ASGIReceiveEvent:
        """Take the first item, when there is one."""
        while not self._items:
            await self._waiters.wait()
        item, *rest = self._items
        self._items = rest or _NOTHING
        self._waiters.wake()
        return item


class Over:
    """A request that is over, or has not begun: what is said of it harms nobody."""

    closed = True
    idle = True

    async def handle(self, event: object) -> None:
        """Do nothing."""


class Streams(dict[int, Any]):
    """The requests of an HTTP/2 connection; what comes for one that is over harms nobody else's.

    Hypercorn would raise `KeyError`, and lose the connection with every stream on it.
    """

    def __missing__(self, _: int) -> Over:
        return _OVER


_OVER: Final = Over()
