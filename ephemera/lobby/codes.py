"""Looking up codes and invitations, at a cost for those that admit nobody."""

from typing import Final, NoReturn

from ephemera.domain.errors import WrongCode
from ephemera.domain.log import Snapshot
from ephemera.domain.pasted import Pasted
from ephemera.engine.base import Engine
from ephemera.lobby import limits
from ephemera.lobby.limits import Limits

_GUESS: Final = (limits.FAILED_JOINS_FROM_AN_ADDRESS, limits.FAILED_JOINS_FROM_A_NETWORK)
_FAILED: Final = (limits.FAILED_JOINS_IN_ALL, "all")
"""What a code that admits nobody costs besides. It is asked of wrong ones alone: no stranger can
keep a good one out."""


class Codes:
    """What leads into rooms."""

    def __init__(self, engine: Engine, limits: Limits) -> None:
        self._engine = engine
        self._limits = limits

    async def look_up(self, pasted: Pasted, visitor: str) -> Snapshot:
        """Return the room that it leads to; what a guess costs is given back for a good one.

        Every code and word that admits nobody gets one answer, whatever the reason. The word of an
        invitation that is over still leads those back who came by it. Raises `WrongCode`, or
        `TooMany` for who has guessed too often: then it is not looked up.
        """
        async with self._limits.guessing(visitor, *_GUESS):
            code, word = pasted
            room_id = word.room_id if word else await self._engine.find(code) if code else None
            snapshot = await self._engine.load(room_id) if room_id else None
            if snapshot is None or (word and word.digest not in snapshot.room.words.values()):
                raise await self._wrong()
            return snapshot

    async def refuse(self, visitor: str) -> NoReturn:
        """Let a good one count as a wrong one. Raises `WrongCode` or `TooMany`."""
        async with self._limits.guessing(visitor, *_GUESS):
            raise await self._wrong()

    async def _wrong(self) -> WrongCode:
        await self._limits.spend(_FAILED)
        return WrongCode()
