"""One timer for all heartbeats: the rooms take turns, a few streams in each batch.

A heartbeat shows both ends that the connection is alive, lets proxies keep
it, uncovers clients that vanished, and renews the lease of the seat. The
streams of a room beat together: it is looked up once for all of them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, NoReturn

from ephemera.domain.errors import Unavailable
from ephemera.domain.events import Signal
from ephemera.hub.hub import SLICES, Hub

Renew = Callable[..., Awaitable[None]]
"""Called with a room id and the ids of those in it who show life."""
Linger = Callable[[str, str, float], Awaitable[None]]
"""Called with a room id, the id of a member whose last stream here closed, and when it did."""
Tell = Callable[[str, Signal], Awaitable[None]]
"""Gives a signal in the room of that id."""

AT_ONCE: Final = 48
"""After so many streams, and the rest of the room, the event loop takes a breath."""


class Heartbeat:
    """Beats for every stream of the hub once in `period` seconds."""

    def __init__(
        self, hub: Hub, renew: Renew, linger: Linger, tell: Tell, *, period: float
    ) -> None:
        self._hub = hub
        self._renew = renew
        self._linger = linger
        self._tell = tell
        self._period = period
        self._due = 0.0

    async def run(self) -> NoReturn:
        """Beat for as long as the process lives."""
        self._due = asyncio.get_running_loop().time()
        while True:
            for number in range(SLICES):
                await self.turn(number)

    async def turn(self, number: int) -> None:
        """Beat for one slice, spread over its part of the period, and note who has departed."""
        batches = self._batches(number)
        for rooms in batches:
            await self._wait(self._period / SLICES / len(batches))
            for room_id in rooms:
                await self._beat(room_id)
        await self._note_departed()
        await self._answer_calls()

    def _batches(self, number: int) -> list[list[str]]:
        """Divide the rooms of a slice so that no batch takes long.

        The later the heart is, the more it does at once: a loop that is busy
        must not let leases end.
        """
        most = AT_ONCE * (1 + max(0, int(self._lateness())))
        batches: list[list[str]] = [[]]
        streams = 0
        for room_id in self._hub.slice(number):
            if streams >= most:
                batches.append([])
                streams = 0
            batches[-1].append(room_id)
            streams += len(self._hub.streams_of(room_id))
        return batches

    def _lateness(self) -> float:
        """Return the seconds since the next batch should have been, at most a period."""
        return min(asyncio.get_running_loop().time() - self._due, self._period)

    async def _wait(self, seconds: float) -> None:
        """Wait until so long after the last batch was due, or at least for a breath of the loop.

        Of the beats that were missed only those of one period are made up for.
        """
        now = asyncio.get_running_loop().time()
        self._due = max(self._due + seconds, now - self._period)
        await asyncio.sleep(max(0.0, self._due - now))

    async def _beat(self, room_id: str) -> None:
        """Beat for the endless streams of a room, if any are open still."""
        seats = set()
        for stream in self._hub.streams_of(room_id):
            if not stream.finite:
                stream.ping()
                seats.add(stream.member_id)
        if seats:
            with suppress(Unavailable):  # the streams stay, and the next beat may reach the room
                await self._renew(room_id, *seats)

    async def _note_departed(self) -> None:
        while departed := self._hub.take_departed():
            for room_id, closed, at in departed:
                with suppress(Unavailable):  # then the lease ends by itself, a little later
                    if not self._hub.has_stream(room_id, closed.member_id):
                        await self._linger(room_id, closed.member_id, at)
                    await self._tell(room_id, closed)
            await asyncio.sleep(0)

    async def _answer_calls(self) -> None:
        """Show that who closed a stream at another process has one here."""
        for room_id, member_id in self._hub.take_called():
            with suppress(Unavailable):  # the next beat may reach the room
                await self._renew(room_id, member_id)
