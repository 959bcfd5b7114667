"""Who goes first, drawn from a seed: the same seed is the same race, step by step."""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from ephemera.domain.cursors import Cursor
from ephemera.domain.log import Entry, Snapshot
from ephemera.domain.presence import Lease
from ephemera.engine.base import Change
from ephemera.engine.memory import MemoryEngine

SETTLING: int = 3
"""Turns of the event loop after which whoever was let go has come as far as they can."""


class Schedule:
    """Lets one of those who wait go on, again and again, until nobody waits."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)  # noqa: S311 - it must be the same again
        self.turns = 0
        self._waiting: list[asyncio.Future[None]] = []

    async def turn(self) -> None:
        """Wait to be drawn."""
        drawn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(drawn)
        await drawn

    async def run(self, tasks: Sequence["asyncio.Task[Any]"]) -> None:
        """Run until these are done and nobody waits."""
        await self._settle()
        while self._waiting:
            self.turns += 1
            drawn = self._waiting.pop(self.dice.randrange(len(self._waiting)))
            if not drawn.done():  # whoever waited may have been cancelled
                drawn.set_result(None)
            await self._settle()
        for task in tasks:
            assert task.done()
            task.result()

    async def _settle(self) -> None:
        for _ in range(SETTLING):
            await asyncio.sleep(0)


class RacingEngine(MemoryEngine):
    """An engine before and after whose every call somebody else may be faster."""

    schedule: Schedule | None = None

    async def load(self, room_id: str) -> Snapshot | None:
        """See `Engine.load`."""
        await self._turn()
        snapshot = await super().load(room_id)
        await self._turn()
        return snapshot

    async def commit(self, change: Change) -> int:
        """See `Engine.commit`."""
        await self._turn()
        try:
            return await super().commit(change)
        finally:
            await self._turn()

    async def find(self, code: str) -> str | None:
        """See `Engine.find`."""
        await self._turn()
        room_id = await super().find(code)
        await self._turn()
        return room_id

    async def read(self, room_id: str, after: Cursor | None) -> Sequence[Entry] | None:
        """See `Engine.read`."""
        await self._turn()
        entries = await super().read(room_id, after)
        await self._turn()
        return entries

    async def renew(self, room_id: str, leases: Mapping[str, Lease]) -> None:
        """See `Engine.renew`."""
        await self._turn()
        await super().renew(room_id, leases)
        await self._turn()

    async def _turn(self) -> None:
        if self.schedule:
            await self.schedule.turn()
