"""Which rooms are due, and how many there are, over all partitions."""

import heapq
from collections.abc import Sequence
from itertools import chain
from typing import Final

from ephemera.domain.codes import ALPHABET
from ephemera.domain.presence import LEASE_SECONDS
from ephemera.engine.base import Change
from ephemera.engine.redis.keys import due_in, keys_of
from ephemera.engine.redis.pipeline import Client
from ephemera.engine.redis.scripts import Scripts
from ephemera.engine.redis.timing import Timing

TAKEN_SECONDS: Final = 10.0
"""So long a room that is being looked at is left to who took it: their process may have ended."""
COUNT_EVERY: Final = 20
"""After so many times the rooms are counted, too."""
ASLEEP_SECONDS: Final = 15.0
"""When nobody has asked for so long, the engine was paused or out of reach."""
_INDEXES: Final = [key for partition in ALPHABET for key in due_in(partition)]
"""Of what is due, and of what was taken, which is due again when nobody has looked at it in time.
"""


class Sweeping:
    """Looks for what is due. `rooms` is how many rooms there are, as far as is known."""

    def __init__(self, client: Client, scripts: Scripts, timing: Timing) -> None:
        self._client = client
        self._scripts = scripts
        self._timing = timing
        self._times = 0
        self.rooms = 0

    def count(self, change: Change) -> None:
        """Take note of a room that came or went by this process."""
        self.rooms += (change.room is not None) - (change.before is not None)

    async def count_anew(self) -> None:
        """Count all rooms; one that is being looked at may count twice."""
        async with self._client.pipeline(transaction=False) as pipeline:
            for index in _INDEXES:
                pipeline.zcard(index)
            self.rooms = sum(await pipeline.execute())

    async def take_due(self, now: float, most: int) -> Sequence[str]:
        """Take at most so many rooms that are due, the longest due first."""
        if not await self._is_awake(now):
            return []
        self._times += 1
        if self._times % COUNT_EVERY == 0:
            await self.count_anew()
        async with self._client.pipeline(transaction=False) as pipeline:
            for index in _INDEXES:
                pipeline.zrangebyscore(index, "-inf", now, 0, most, withscores=True)
            found = chain.from_iterable(await pipeline.execute())
        due = heapq.nsmallest(most, ((at, room_id) for room_id, at in found))
        return [room_id for _, room_id in due if await self._take(room_id, now)]

    async def _is_awake(self, now: float) -> bool:
        """Tell whether leases could be renewed until now; else everybody gets the time for it."""
        before = await self._timing.swept()
        rests_until = before.rests_until if before else now
        if before and now - before.last > ASLEEP_SECONDS:
            rests_until = now + LEASE_SECONDS
        await self._timing.sweep(now, rests_until)
        return now >= rests_until

    async def _take(self, room_id: str, now: float) -> bool:
        keys = keys_of(room_id)
        taken = await self._scripts.take(
            [keys.due, keys.taken], [room_id, repr(now), repr(now + TAKEN_SECONDS)]
        )
        return bool(taken)
