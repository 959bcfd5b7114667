"""How often things may happen. Sizes are settled where the thing is read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from ephemera.clock import Clock
from ephemera.domain.errors import Refusal, TooMany
from ephemera.engine.base import Engine


class Limit(NamedTuple):
    """A budget for each subject: `rate` per second, up to `burst` at once."""

    name: str
    rate: float
    burst: int


MESSAGES_OF_A_SEAT: Final = Limit("messages-of-a-seat", 1.0, 5)
MESSAGES_IN_A_ROOM: Final = Limit("messages-in-a-room", 8.0, 20)
FAILED_JOINS_FROM_AN_ADDRESS: Final = Limit("failed-joins", 10 / 60, 10)
FAILED_JOINS_FROM_A_NETWORK: Final = Limit("failed-joins-of-a-network", 2.0, 120)
FAILED_JOINS_IN_ALL: Final = Limit("failed-joins-in-all", 200.0, 200)
JOINS_IN_A_ROOM: Final = Limit("joins-in-a-room", 1 / 15, 24)
JOINS_FROM_AN_ADDRESS: Final = Limit("joins", 1.0, 60)
"""An office or a school is one address."""
KNOCKS_FROM_AN_ADDRESS: Final = Limit("knocks", 6 / 60, 6)
FAILED_KEYS_FROM_AN_ADDRESS: Final = Limit("failed-keys", 10 / 60, 10)
FAILED_KEYS_FROM_A_NETWORK: Final = Limit("failed-keys-of-a-network", 2.0, 120)
ACTS_OF_A_SEAT: Final = Limit("acts-of-a-seat", 2.0, 20)
READS_OF_A_SEAT: Final = Limit("reads-of-a-seat", 2.0, 40)
"""Of all that a room holds: some milliseconds each. A page without scripts may ask every 2 s."""
ROOMS_FROM_AN_ADDRESS: Final = Limit("rooms", 5 / 600, 5)
ROOMS_FROM_A_NETWORK: Final = Limit("rooms-of-a-network", 50 / 600, 50)
"""A room that nobody else comes to is kept for little more than an hour, so a network can hold a
few hundred of them, of the thousands that there may be."""

EXEMPT: Final = "exempt"
"""The visitor of whom nothing is counted."""


def network_of(visitor: str) -> str:
    """Return the wider network of a visitor: their name begins with it, up to a slash."""
    return visitor.partition("/")[0]


class Limits:
    """Spends from the engine's budgets, so that they hold across processes."""

    def __init__(self, engine: Engine, clock: Clock, *, enforced: bool = True) -> None:
        self._engine = engine
        self._clock = clock
        self._enforced = enforced
        self._guessing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def spend(self, *spendings: tuple[Limit, str]) -> None:
        """Take one from the budget of each limit and subject, or from none of them.

        Raises `TooMany` with the seconds to wait.
        """
        if not self._enforced:
            return
        for place, (limit, subject) in enumerate(spendings):
            if wait := await self._take(limit, subject):
                await self.refund(*spendings[:place])
                raise TooMany(wait)

    @asynccontextmanager
    async def paying(
        self, *spendings: tuple[Limit, str], refunding: bool = True
    ) -> AsyncIterator[None]:
        """Spend for what is done within; it is given back when that is refused."""
        await self.spend(*spendings)
        try:
            yield
        except Refusal:
            if refunding:
                await self.refund(*spendings)
            raise

    @asynccontextmanager
    async def guessing(
        self, visitor: str, of_the_address: Limit, of_the_network: Limit
    ) -> AsyncIterator[None]:
        """Spend for what is tried within, and give it back unless that is refused.

        Who has guessed too often is refused before, with `TooMany`, right or wrong: else there
        would be no limit. What one visitor tries is tried one after the other: else an office that
        comes at once with what is right would use up what is for wrong ones.
        """
        tried = ((of_the_address, visitor), (of_the_network, network_of(visitor)))
        async with self._guessing.setdefault(visitor, asyncio.Lock()):
            await self.spend(*tried)
            yield
            await self.refund(*tried)

    async def allow(self, limit: Limit, subject: str) -> bool:
        """Take one from the budget and tell whether there was one."""
        return not await self._take(limit, subject)

    async def refund(self, *spendings: tuple[Limit, str]) -> None:
        """Give back what `spend` took."""
        if not self._enforced:
            return
        for limit, subject in spendings:
            if subject != EXEMPT:
                await self._engine.refund(_budget(limit, subject), limit.rate)

    async def _take(self, limit: Limit, subject: str) -> float:
        if subject == EXEMPT:
            return 0.0
        return await self._engine.spend(
            _budget(limit, subject), limit.rate, limit.burst, self._clock()
        )


def _budget(limit: Limit, subject: str) -> str:
    return f"{limit.name}:{subject}"
