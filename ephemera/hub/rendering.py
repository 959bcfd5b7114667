"""What the hub asks of a representation: HTML fragments, JSON lines, text lines."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

from ephemera.domain.cursors import Cursor
from ephemera.domain.events import Signal
from ephemera.domain.log import Entry, Snapshot


class Subscriber(Protocol):
    """What a representation may know of a stream: nothing about who reads it."""

    cursor: Cursor
    """The newest that it has passed."""
    finite: bool
    locale: str
    """The language of its reader."""


class Representation:
    """Turns what happens into bytes, the same for all who read it in one language.

    It says nothing but what a subclass says.
    """

    content_type: ClassVar[str]
    """The media type of the stream."""
    refresh: ClassVar[int | None] = None
    """Seconds after which a browser by itself asks again for a document that has ended."""
    beat: ClassVar[bytes] = b""
    """A heartbeat, where it is always the same."""

    def greeting(self, to: Subscriber) -> bytes:
        """Return the first thing a stream gets: to an endless one, proof at once that it flows."""
        return b""

    def entry(self, entry: Entry, locale: str) -> bytes:
        """Return an event of the log; may be empty when there is nothing to show."""
        return b""

    def speaks(self, entry: Entry) -> bool:
        """Tell whether there are words of ours in the entry: else it is the same for all."""
        return True

    def resync(self, snapshot: Snapshot, entries: Sequence[Entry], locale: str) -> bytes:
        """Return what replaces everything a client has: the room and the log that is kept."""
        return b"".join(self.entry(entry, locale) for entry in entries)

    def left(self, to: Subscriber, end: Entry) -> bytes:
        """Return the last thing that the streams of a seat get, which is released by its `end`."""
        return b""

    def signal(self, signal: Signal, locale: str, /) -> bytes:
        """Return what is so only just now; may be empty when there is nothing to show."""
        return b""

    def outdates(self, entry: Entry) -> bool:
        """Tell whether what a client has got so far must be asked for anew after the entry."""
        return False

    def ping(self, to: Subscriber) -> bytes:
        """Return a heartbeat."""
        return self.beat

    def goodbye(self, to: Subscriber, retry: float, /) -> bytes:
        """Return what asks a client to connect again after `retry` seconds."""
        return b""

    def finite(self, to: Subscriber) -> bytes:
        """Return what asks a client to go on with finite streams (`?once=1`)."""
        return b""
