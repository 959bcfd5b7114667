"""One time for all processes, which goes on evenly when the clock of the engine is set.

It leads the engine's clock by as much as was agreed on; at first by nothing.
"""

from math import inf
from typing import NamedTuple

from ephemera.clock import STEP_SECONDS, SteadyClock
from ephemera.engine.redis.keys import SWEPT
from ephemera.engine.redis.pipeline import Client
from ephemera.engine.redis.scripts import Scripts


class Swept(NamedTuple):
    """When somebody last looked for what is due, until when nothing is, and what was agreed on."""

    last: float
    rests_until: float
    lead: float = 0.0
    """By how much the time is ahead of the engine's clock."""


class Timing:
    """The time here, and what of it stands in the engine for everybody."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts
        self._is_set = False
        self._lead = 0.0
        self.clock = SteadyClock()

    async def agree(self) -> None:
        """Take over the time of all, or have it go on here when the engine's clock was set."""
        swept = await self.swept()
        seconds, microseconds = await self._client.time()
        at_engine = seconds + microseconds / 1e6
        theirs = at_engine + (swept.lead if swept else 0.0)
        last = swept.last if swept else -inf
        if self._is_set and _was_set(theirs, last, self.clock()):
            self._lead = self.clock() - at_engine
        else:
            now = max(theirs, last)  # what has happened is not to come
            self._lead = now - at_engine
            self.clock.set(now)
            self._is_set = True
        self.clock.look()

    async def swept(self) -> Swept | None:
        """Return what stands in the engine, if anything does."""
        said = await self._client.get(SWEPT)
        return Swept(*map(float, said.split())) if said else None

    async def sweep(self, now: float, rests_until: float) -> None:
        """Write down that somebody looks for what is due, and by which time."""
        await self._scripts.put([SWEPT], [f"{now!r} {rests_until!r} {self._lead!r}"])


def _was_set(theirs: float, last: float, ours: float) -> bool:
    """Tell whether the engine's clock was set, and not this process asleep while others went on."""
    return abs(theirs - ours) > STEP_SECONDS and last - ours < STEP_SECONDS
