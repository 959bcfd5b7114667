"""An engine before and after whose every call something may happen: a crash, or somebody faster."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ParamSpec, TypeVar

from ephemera.clock import Clock
from ephemera.domain.cursors import Cursor
from ephemera.domain.events import Signal
from ephemera.domain.log import Entry, Snapshot
from ephemera.domain.presence import Lease
from ephemera.engine.base import Astray, Change, Conflict, Keeper, Listener, Sensor
from ephemera.engine.redis import RedisEngine
from tests.support.clock import FakeClock
from tests.support.ledger import Ledger

P = ParamSpec("P")
T = TypeVar("T")

Trouble = Callable[[], Awaitable[None]]


class Crashed(BaseException):
    """The process is no more. Nothing of ours catches this."""


class TroubledEngine:
    """An engine before and after whose every call something may happen, once."""

    def __init__(self, engine: RedisEngine, clock: FakeClock, happened: Counter[str]) -> None:
        self.real = engine
        self.clock: Clock = clock
        engine.clock = clock
        self.ledger = Ledger()
        self.happened = happened
        self._countdown = 0
        self._trouble: Trouble | None = None
        self._unwritten: set[asyncio.Event] = set()

    def expect(self, countdown: int, trouble: Trouble | None) -> None:
        """Let the trouble come at so manyth a place, one before and one after each call."""
        self._countdown, self._trouble = countdown, trouble

    async def _call(self, call: Callable[P, Awaitable[T]], *of: P.args, **what: P.kwargs) -> T:
        await self._perhaps()
        answer = await call(*of, **what)
        await self._perhaps()
        return answer

    async def _perhaps(self) -> None:
        self._countdown -= 1
        trouble = self._trouble
        if trouble and self._countdown == 0:
            self._trouble = None
            await trouble()

    async def open(self) -> None:
        """See `Engine.open`."""
        await self._call(self.real.open)

    async def load(self, room_id: str) -> Snapshot | None:
        """See `Engine.load`."""
        return await self._call(self.real.load, room_id)

    def recall(self, room_id: str) -> Snapshot | None:
        """See `Engine.recall`."""
        return self.real.recall(room_id)

    async def commit(self, change: Change) -> int:
        """See `Engine.commit`."""
        return await self._call(self._commit, change)

    async def _commit(self, change: Change) -> int:
        written = asyncio.Event()
        self._unwritten.add(written)
        try:
            begins = await self.real.commit(change)
            self.ledger.commits(change)
        except Conflict:
            self.happened["conflict"] += 1
            raise
        except AssertionError as promise:
            self.ledger.broken = str(promise)  # for who asks later: this may be in no one's call
            raise
        finally:
            self._unwritten.discard(written)
            written.set()
        return begins

    async def all_written(self) -> None:
        """Wait until the ledger was told of every commit that is under way."""
        for written in tuple(self._unwritten):
            await written.wait()

    async def find(self, code: str) -> str | None:
        """See `Engine.find`."""
        return await self._call(self.real.find, code)

    async def read(self, room_id: str, after: Cursor | None) -> Sequence[Entry] | None:
        """See `Engine.read`."""
        return await self._call(self.real.read, room_id, after)

    async def renew(self, room_id: str, leases: Mapping[str, Lease]) -> None:
        """See `Engine.renew`."""

        async def renew() -> None:
            await self.real.renew(room_id, leases)
            self.ledger.renews(leases)

        await self._call(renew)

    async def take_due(self, now: float, most: int) -> Sequence[str]:
        """See `Engine.take_due`."""

        async def take_due() -> Sequence[str]:
            taken = await self.real.take_due(now, most)
            self.ledger.takes(taken, now)
            return taken

        return await self._call(take_due)

    async def postpone(self, room_id: str, due: float) -> None:
        """See `Engine.postpone`."""
        await self._call(self.real.postpone, room_id, due)
        self.ledger.looked()

    async def spend(self, budget: str, rate: float, burst: int, now: float) -> float:
        """See `Engine.spend`."""
        return await self._call(self.real.spend, budget, rate, burst, now)

    async def refund(self, budget: str, rate: float) -> None:
        """See `Engine.refund`."""
        await self._call(self.real.refund, budget, rate)

    async def signal(self, room_id: str, signal: Signal) -> None:
        """See `Engine.signal`."""
        await self._call(self.real.signal, room_id, signal)

    async def count_rooms(self) -> int:
        """See `Engine.count_rooms`."""
        return await self._call(self.real.count_rooms)

    def listen(
        self, listener: Listener, sensor: Sensor | None = None, astray: Astray | None = None
    ) -> None:
        """See `Engine.listen`."""
        self.real.listen(listener, sensor, astray)

    def entrust(self, keeper: Keeper) -> None:
        """See `Engine.entrust`."""
        self.real.entrust(keeper)

    async def watch(self, room_id: str) -> None:
        """See `Engine.watch`."""
        await self.real.watch(room_id)

    def unwatch(self, room_id: str) -> None:
        """See `Engine.unwatch`."""
        self.real.unwatch(room_id)

    async def close(self) -> None:
        """See `Engine.close`."""
        await self.real.close()
