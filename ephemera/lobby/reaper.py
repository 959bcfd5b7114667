"""The reaper looks at rooms whose time has come; the domain decides what that means."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn

from ephemera.clock import Clock
from ephemera.domain.commands import Sweep
from ephemera.domain.errors import NoSuchRoom, Unavailable
from ephemera.domain.log import Snapshot
from ephemera.domain.presence import due_at
from ephemera.engine.base import Engine
from ephemera.lobby.steps import Steps

PERIOD_SECONDS: Final = 0.5
BATCH: Final = 50
"""So many rooms are looked at in one go, for nothing as a rule: they were due at their leases."""
CHANGED_AT_ONCE: Final = 4
"""After so many that changed, which is far more work, the event loop takes a breath."""


class Reaper:
    """Releases seats whose grace is over and wipes rooms without seats.

    `reaped` is called for each room that it wiped.
    """

    def __init__(
        self, engine: Engine, clock: Clock, reaped: Callable[[], object] = lambda: None
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._reaped = reaped
        self._steps = Steps(engine, clock)

    async def run(self) -> NoReturn:
        """Reap for as long as the process lives."""
        while True:
            full = False
            with suppress(Unavailable):  # then nothing can be due either
                full = await self.reap_due() == BATCH
            await asyncio.sleep(0 if full else PERIOD_SECONDS)

    async def reap_due(self) -> int:
        """Look at one batch of due rooms; return how many there were."""
        due = await self._engine.take_due(self._clock(), BATCH)
        changed = 0
        for room_id in due:
            changed += await self._reap(room_id)
            if changed == CHANGED_AT_ONCE:
                changed = 0
                await asyncio.sleep(0)
        return len(due)

    async def _reap(self, room_id: str) -> bool:
        """Look at a room, and tell whether that changed it."""
        try:
            before = await self._steps.load(room_id)
            room = await self._steps.carry_out(before, await _sweep(before), anew=_sweep)
            if room.wiped:
                self._reaped()
            now = await self._steps.load(room_id)
        except NoSuchRoom:
            return True
        await self._engine.postpone(room_id, due_at(*now))
        return room is not before.room


async def _sweep(snapshot: Snapshot) -> Sweep:  # a coroutine, as `Anew` must be
    return Sweep(leases=snapshot.leases)
