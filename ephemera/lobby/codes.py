"""Looking up codes and invitations, at a cost for those that admit nobody."""

import asyncio
from typing import Final, NoReturn
from weakref import WeakValueDictionary

from ephemera.domain.errors import WrongCode
from ephemera.domain.log import Snapshot
from ephemera.domain.pasted import Pasted
from ephemera.engine.base import Engine
from ephemera.lobby import limits
from ephemera.lobby.limits import Limit, Limits, network_of

_FAILED: Final = (limits.FAILED_JOINS_IN_ALL, "all")
"""What a code that admits nobody costs besides its guess."""


class Codes:
    """What leads into rooms. Nobody is kept out by what strangers guess."""

    def __init__(self, engine: Engine, limits: Limits) -> None:
        self._engine = engine
        self._limits = limits
        self._under_way: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def look_up(self, pasted: Pasted, visitor: str) -> Snapshot:
        """Return the room that it leads to; what a guess costs is given back for a good one.

        Every code and word that admits nobody gets one answer, whatever the reason. The word of an
        invitation that is over still leads those back who came by it. Raises `WrongCode`, or
        `TooMany` for who has guessed too often: then it is not looked up.

        Those of one visitor are looked up one after the other: else an office that comes at once
        with a good one would use up what is for wrong ones. What all may guess together is asked
        of wrong ones alone: no stranger can keep a good one out.
        """
        async with self._under_way.setdefault(visitor, asyncio.Lock()):
            await self._limits.spend(*_guess(visitor))
            code, word = pasted
            room_id = word.room_id if word else await self._engine.find(code) if code else None
            snapshot = await self._engine.load(room_id) if room_id else None
            if snapshot is None or (word and word.digest not in snapshot.room.words.values()):
                await self._limits.spend(_FAILED)
                raise WrongCode
            await self._limits.refund(*_guess(visitor))
            return snapshot

    async def refuse(self, visitor: str) -> NoReturn:
        """Let a good one count as a wrong one. Raises `WrongCode` or `TooMany`."""
        await self._limits.spend(*_guess(visitor), _FAILED)
        raise WrongCode


def _guess(visitor: str) -> tuple[tuple[Limit, str], ...]:
    return (
        (limits.FAILED_JOINS_FROM_AN_ADDRESS, visitor),
        (limits.FAILED_JOINS_FROM_A_NETWORK, network_of(visitor)),
    )
