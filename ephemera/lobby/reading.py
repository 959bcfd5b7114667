"""What members read of a room; to read it is a sign of life."""

from typing import NamedTuple

from ephemera.domain.errors import NoSuchRoom
from ephemera.domain.log import Entry
from ephemera.domain.rooms import Room
from ephemera.engine.base import Engine
from ephemera.lobby.lobby import Seated
from ephemera.lobby.presence import Presence


class Seen(NamedTuple):
    """A room with its reader in it, and the lines of its log that are theirs to read."""

    room: Room
    lines: list[Entry]


class Reading:
    """Shows a room as it is now."""

    def __init__(self, engine: Engine, presence: Presence) -> None:
        self._engine = engine
        self._presence = presence

    async def room(self, seated: Seated) -> Room:
        """Return the room after its reader has shown life: nobody sees themselves as away.

        Raises `NoSuchRoom` when they have no seat in it any more.
        """
        await self._presence.renew(seated.room.id, seated.member.id)
        snapshot = await self._engine.load(seated.room.id)
        if snapshot is None or snapshot.room.member(seated.member.id) is None:
            raise NoSuchRoom
        return snapshot.room

    async def all_of(self, seated: Seated) -> Seen:
        """Return all that a page shows, up to the cursor of the room. Raises as `room` does."""
        room, horizon = await self.room(seated), seated.member.horizon
        kept = await self._engine.read(room.id, None) or ()
        until = [entry for entry in kept if entry.sequence <= room.sequence and entry.has_line]
        return Seen(room, [seen for entry in until if (seen := entry.seen_from(horizon))])
