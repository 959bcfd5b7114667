"""What the hub asks of a representation: HTML fragments, JSON lines, text lines."""

from collections.abc import Sequence
from typing import Protocol

from ephemera.domain.cursors import Cursor
from ephemera.domain.events import Event, Signal
from ephemera.engine.base import Entry, Snapshot


class Renderer(Protocol):
    """Turns what happens into bytes. Its answers are the same for whoever is looking."""

    def greeting(self, cursor: Cursor, *, finite: bool) -> bytes:
        """Return the first thing a stream gets: to an endless one, proof at once that it flows."""

    def entry(self, entry: Entry) -> bytes:
        """Return an event of the log; may be empty when there is nothing to show."""

    def resync(self, snapshot: Snapshot, entries: Sequence[Entry]) -> bytes:
        """Return what replaces everything a client has: the room and the log that is kept."""

    def left(self, cursor: Cursor, event: Event) -> bytes:
        """Return the last thing that the streams of a released seat get."""

    def signal(self, signal: Signal) -> bytes:
        """Return what is so only just now; may be empty when there is nothing to show."""

    def outdates(self, entry: Entry) -> bool:
        """Tell whether what a client has got so far must be asked for anew after the entry."""

    def ping(self, cursor: Cursor) -> bytes:
        """Return a heartbeat. `cursor` is the newest that the stream has passed."""

    def goodbye(self, cursor: Cursor, retry: float) -> bytes:
        """Return what asks a client to connect again after `retry` seconds."""

    def finite(self, cursor: Cursor) -> bytes:
        """Return what asks a client to go on with finite streams (`?once=1`)."""
