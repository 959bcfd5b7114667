"""One timer for all heartbeats: each tick serves one slice of the streams.

A heartbeat shows both ends that the connection is alive, lets proxies keep
it, uncovers clients that vanished, and renews the lease of the seat.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

from ephemera.hub.hub import SLICES, Hub

Renew = Callable[[str, str], Awaitable[None]]
Linger = Callable[[str, str, float], Awaitable[None]]


class Heartbeat:
    """Beats for every stream of the hub once in `period` seconds."""

    def __init__(self, hub: Hub, renew: Renew, linger: Linger, *, period: float) -> None:
        self._hub = hub
        self._renew = renew
        self._linger = linger
        self._period = period
        self._slice = 0

    async def run(self) -> NoReturn:
        """Beat for as long as the process lives."""
        while True:
            await asyncio.sleep(self._period / SLICES)
            await self.tick()

    async def tick(self) -> None:
        """Beat for one slice, and note who has departed since the last tick."""
        self._slice = (self._slice + 1) % SLICES
        seats = set()
        for stream in self._hub.slice(self._slice):
            stream.ping()
            seats.add((stream.room_id, stream.member_id))
        for room_id, member_id in seats:
            await self._renew(room_id, member_id)
        for room_id, member_id, at in self._hub.take_departed():
            await self._linger(room_id, member_id, at)
