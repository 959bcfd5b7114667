"""Follows a room for as long as it exists, and goes on where it was after every interruption."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final

from ephemera.domain.terminals import named
from ephemera.terminal.client import Client
from ephemera.terminal.events import (
    Event,
    Parser,
    cursor_of,
    inline,
    kind_of,
    number_of,
    text_of,
)
from ephemera.terminal.mistakes import Gone, Removed, TooFast, Unreached

FIRST_WITHIN: Final = 6.0
"""Seconds until a stream must have said something; else something on the way holds it back."""
FINITE_SECONDS: Final = 600.0
"""How long to go on with finite streams before an endless one is tried again."""
LEAST_SECONDS_BETWEEN: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 30.0


def _ignore(_: object) -> None:
    """Do nothing with it."""


class Follower:
    """Hands over what happens after a cursor, in order, and whether there is a connection."""

    def __init__(
        self,
        client: Client,
        hear: Callable[[list[Event]], None] = _ignore,
        connected: Callable[[bool], None] = _ignore,
        after: str = "",
    ) -> None:
        self._client = client
        self._hear = hear
        self._connected = connected
        self._cursor = after
        self._removed_by: str | None = None
        self._wiped = False
        self._failures = 0
        self._finite_until = 0.0
        self._asked_to_wait = 0.0

    async def run(self) -> None:
        """Follow until the room is wiped. Raises `Mistake`, `Gone` when the seat has ended.

        It is `Removed` when the last thing said before the end was that somebody was removed.
        """
        while True:
            started, heard = time.monotonic(), False
            removed_by, self._removed_by = self._removed_by, None
            try:
                heard = await self._read(finite=started < self._finite_until)
            except (TooFast, Unreached) as failure:
                self._asked_to_wait = failure.seconds
                self._removed_by = None  # the stream was cut: there may have been more to say
            except Gone:
                if removed_by is None:
                    raise
                raise Removed(removed_by and named(removed_by)) from None
            except TimeoutError:
                self._finite_until = time.monotonic() + FINITE_SECONDS
                continue
            if self._wiped:
                return
            await asyncio.sleep(self._pause(started, heard=heard))

    async def _read(self, *, finite: bool) -> bool:
        """Read one stream to its end; tell whether it said anything."""
        parser, heard = Parser(), False
        async with asyncio.timeout(None if finite else FIRST_WITHIN) as deadline:
            async with self._client.stream(self._cursor, finite=finite) as chunks:
                async for chunk in chunks:
                    deadline.reschedule(None)
                    heard = True
                    self._failures = 0
                    self._connected(True)  # noqa: FBT003 - that is what it is told
                    self._take(parser.feed(chunk))
        return heard

    def _take(self, events: list[Event]) -> None:
        for event in events:
            self._cursor = cursor_of(event) or self._cursor
            self._removed_by = None
            match kind_of(event):
                case "member-removed":
                    self._removed_by = inline(text_of(event, "by_nickname"))
                case "room-wiped":
                    self._wiped = True
                case "finite":
                    self._finite_until = time.monotonic() + FINITE_SECONDS
                case "reconnect":
                    self._asked_to_wait = number_of(event, "retry")
        if events:
            self._hear(events)

    def _pause(self, started: float, *, heard: bool) -> float:
        """Return the seconds until the next stream: readers must not come back all at once."""
        now = time.monotonic()
        if self._removed_by is not None:
            return 0.0  # was it us? Then there is no seat any more
        if heard and now < self._finite_until:
            return max(0.0, started + LEAST_SECONDS_BETWEEN - now)
        self._connected(False)  # noqa: FBT003 - that is what it is told
        asked, self._asked_to_wait = self._asked_to_wait, 0.0
        step = min(LONGEST_WAIT_SECONDS, 2.0**self._failures)
        self._failures += 1
        jittered = step * random.uniform(1.0, 1.5)  # noqa: S311 - it spreads load
        return max(jittered, min(asked, LONGEST_WAIT_SECONDS))
