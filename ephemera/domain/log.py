"""The log of a room: an event at its place, what may be seen of it, and a room at one moment."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ephemera.domain.cursors import Cursor
from ephemera.domain.events import Event
from ephemera.domain.presence import Lease
from ephemera.domain.rooms import Room

LOG_EVENTS: Final = 200
LOG_BYTES: Final = 256 * 1024
"""A room's log holds at most so many events of so much weight; older ones go first."""


class Entry(NamedTuple):
    """One event at its place in the log."""

    cursor: Cursor
    event: Event

    @property
    def sequence(self) -> int:
        """The number of the event within its generation."""
        return self.cursor.sequence

    @property
    def line(self) -> int:
        """The sequence at which people see it: that of the message it is about, or its own."""
        return self.event.about or self.cursor.sequence

    @property
    def stands_in(self) -> bool:
        """Whether it is in the place of a message that it took back; it has one of its own, too."""
        return self.cursor.sequence in self.event.takes_back

    @property
    def has_line(self) -> bool:
        """Whether a page that shows the log has a line for it in this place."""
        return self.event.has_line and self.line == self.cursor.sequence

    def seen_from(self, horizon: int) -> "Entry | None":
        """Return so much of the entry as is shown to who may see nothing up to that line."""
        if self.line <= horizon:
            return None
        seen = self.event.seen_from(horizon)
        return self if seen is self.event else Entry(self.cursor, seen)


class Snapshot(NamedTuple):
    """A room and the leases of its members, as they were at one moment."""

    room: Room
    leases: Mapping[str, Lease]
