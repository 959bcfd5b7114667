"""Answers in flight: about a room that is gone they are not sent to their end to slow readers.

Streams are the hub's matter; this is for pages, and whatever else is answered once.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from ephemera.domain.errors import Unavailable
from ephemera.domain.events import RoomWiped
from ephemera.domain.log import Entry
from ephemera.engine.base import Engine
from ephemera.hub.hub import LAST_SECONDS

SLOW_SECONDS: Final = 1.0
"""An answer that takes longer is watched over."""


class InFlight:
    """Cancels what sends an answer when its room has been gone for `LAST_SECONDS`.

    The server drops what is unsent of an answer whose application ends before it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._answers: dict[str, set[asyncio.Task[None]]] = {}
        engine.listen(self.hear, astray=self.end)

    async def guard(self, room_id: str, answer: asyncio.Task[None]) -> None:
        """Wait until an answer about the room is sent; to be cancelled ends that, too."""
        try:
            await asyncio.wait([answer], timeout=SLOW_SECONDS)
            if not answer.done():
                await self._watch_over(room_id, answer)
            return await answer
        finally:
            answer.cancel()

    async def _watch_over(self, room_id: str, answer: asyncio.Task[None]) -> None:
        self._answers.setdefault(room_id, set()).add(answer)
        try:
            with suppress(Unavailable):  # then nobody knows
                await self._engine.watch(room_id)
                if await self._engine.load(room_id) is None:
                    self.end(room_id)
            await asyncio.wait([answer])
        finally:
            self._engine.unwatch(room_id)
            answers = self._answers[room_id]
            answers.discard(answer)
            if not answers:
                del self._answers[room_id]

    def hear(self, room_id: str, entries: Sequence[Entry]) -> None:
        """Note the end of a room: the engine's listener."""
        if room_id in self._answers and any(isinstance(each.event, RoomWiped) for each in entries):
            self.end(room_id)

    def end(self, room_id: str) -> None:
        """Give the answers that are under way a last moment: the room has gone, or nobody knows."""
        loop = asyncio.get_running_loop()
        for answer in self._answers.get(room_id, ()):
            loop.call_later(LAST_SECONDS, answer.cancel)
