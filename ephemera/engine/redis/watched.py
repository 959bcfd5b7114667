"""One room that is watched, and what is needed of the engine to find out what became of it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ephemera.domain.cursors import NOWHERE, Cursor
from ephemera.domain.log import Entry, Snapshot
from ephemera.domain.presence import Lease
from ephemera.domain.rooms import Room


class Reader(Protocol):
    """What is needed of the engine to find out what became of a room."""

    async def load(self, room_id: str) -> Snapshot | None:
        """Return the room and its leases, or None."""

    async def read_some(self, room_id: str, after: Cursor, most: int) -> Sequence[Entry] | None:
        """Return the log after the cursor, if there are at most so many entries."""


@dataclass(slots=True, eq=False)
class Watched:
    """A room that is watched: where listeners have heard up to, and what was last seen of it.

    `newest` is the sequence that there is at least; `again` asks who catches up to look again;
    `commits` are under way from here.
    """

    begun: asyncio.Task[None] | None = None
    subscribed: asyncio.Event = field(default_factory=asyncio.Event)
    watchers: int = 0
    cursor: Cursor = NOWHERE
    newest: int = 0
    again: bool = False
    commits: int = 0
    lost: bool = False
    room: Room | None = field(default=None, repr=False)
    leases: Mapping[str, Lease] = field(default_factory=dict)
    catching_up: asyncio.Task[None] | None = None

    @property
    def is_up_to_date(self) -> bool:
        """Whether nothing is known of that is newer than what was seen."""
        return (
            self.room is not None
            and self.room.cursor == self.cursor
            and self.newest <= self.cursor.sequence
            and not (self.lost or self.catching_up)
        )

    @property
    def snapshot(self) -> Snapshot | None:
        """What was last seen of the room; the leases may have been renewed since."""
        return Snapshot(self.room, self.leases) if self.room else None
