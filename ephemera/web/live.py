"""The room without JavaScript: an endless document in a frame."""

from collections.abc import Sequence

from ephemera.domain.cursors import Cursor
from ephemera.domain.events import Event, RoomWiped, Signal, amends
from ephemera.engine.base import Entry, Snapshot
from ephemera.web.fragments import Fragments
from ephemera.web.media import HTML
from ephemera.web.words import Lines

RENEWED_AFTER_SECONDS = 2
"""A document that has ended is asked for again: never faster than once in two seconds."""


class LiveDocument:
    """An HTML document that never ends: the lines of the log as they come, newest in view."""

    content_type = HTML
    refresh = RENEWED_AFTER_SECONDS

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._lines = Lines(fragments)

    def greeting(self, cursor: Cursor, *, finite: bool) -> bytes:  # noqa: ARG002 - always the same
        """See `Renderer.greeting`: the document up to where its lines begin."""
        return self._fragments.render("live/_opening.html").encode()

    def entry(self, entry: Entry) -> bytes:
        """See `Renderer.entry`."""
        if isinstance(entry.event, RoomWiped):
            return self._fragments.render("live/_wiped.html", reason=entry.event.reason).encode()
        if not entry.has_line:
            return b""
        return self._lines.render(entry).encode()

    def resync(self, snapshot: Snapshot, entries: Sequence[Entry]) -> bytes:  # noqa: ARG002 - lines only
        """See `Renderer.resync`: a document begins with all that is kept, whatever came before."""
        return b"".join(self.entry(entry) for entry in entries)

    def left(self, cursor: Cursor, event: Event) -> bytes:  # noqa: ARG002 - the sentence is enough
        """See `Renderer.left`."""
        return self._fragments.render("live/_left.html", event=event).encode()

    def signal(self, signal: Signal) -> bytes:  # noqa: ARG002 - nothing could take it away again
        """See `Renderer.signal`."""
        return b""

    def outdates(self, entry: Entry) -> bool:
        """See `Renderer.outdates`: what is written stays, so a new document must come."""
        return amends(entry.event)

    def ping(self, cursor: Cursor) -> bytes:  # noqa: ARG002 - white space has no cursor
        """See `Renderer.ping`."""
        return b"\n"

    def goodbye(self, cursor: Cursor, retry: float) -> bytes:  # noqa: ARG002 - the browser renews it
        """See `Renderer.goodbye`."""
        return b""

    def finite(self, cursor: Cursor) -> bytes:  # noqa: ARG002 - the next document is whole again
        """See `Renderer.finite`."""
        return self._fragments.render("live/_finite.html").encode()
