"""Documents without JavaScript: the room as an endless one in a frame, and waiting to be let in."""

from ephemera.domain.events import RoomWiped, amends
from ephemera.domain.log import Entry
from ephemera.hub.rendering import Representation, Subscriber
from ephemera.web.rendering.endings import ending_of
from ephemera.web.rendering.fragments import Fragments
from ephemera.web.rendering.lines import Lines
from ephemera.web.rendering.media import HTML

RENEWED_AFTER_SECONDS = 2
"""A document that has ended is asked for again: never faster than once in two seconds."""


class LiveDocument(Representation):
    """An HTML document that never ends: the lines of the log as they come, newest in view.

    It begins with all that is kept, whatever came before.
    """

    content_type = HTML
    refresh = RENEWED_AFTER_SECONDS
    beat = b"\n"

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._lines = Lines(fragments)

    def greeting(self, to: Subscriber) -> bytes:
        """See `Representation.greeting`: the document up to where its lines begin."""
        return self._fragments.render("live/_opening.html", to.locale).encode()

    def entry(self, entry: Entry, locale: str) -> bytes:
        """See `Representation.entry`."""
        if isinstance(entry.event, RoomWiped):
            return self._ended(entry, locale)
        return self._lines.render(entry, locale).encode() if entry.has_line else b""

    def speaks(self, entry: Entry) -> bool:
        """See `Representation.speaks`."""
        return self._lines.speak(entry)

    def left(self, to: Subscriber, end: Entry) -> bytes:
        """See `Representation.left`."""
        return self._ended(end, to.locale)

    def _ended(self, end: Entry, locale: str) -> bytes:
        ending = ending_of(end.event)
        return self._fragments.render("live/_ended.html", locale, ending=ending).encode()

    def outdates(self, entry: Entry) -> bool:
        """See `Representation.outdates`: what is written stays, so a new document must come."""
        return amends(entry.event)

    def finite(self, to: Subscriber) -> bytes:
        """See `Representation.finite`: the next document is whole again."""
        return self._fragments.render("live/_finite.html", to.locale).encode()


class WaitingDocument(Representation):
    """An HTML document that says nothing more, and ends when the answer is there.

    Its browser then asks for it again by itself. Nothing of the room is in it:
    whoever waits has not been let in.
    """

    content_type = HTML
    refresh = 1
    beat = b"\n"

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments

    def greeting(self, to: Subscriber) -> bytes:
        """See `Representation.greeting`: the whole document, but for its end."""
        return self._fragments.render("pages/waiting.html", to.locale).encode()

    def finite(self, to: Subscriber) -> bytes:
        """See `Representation.finite`: the next document is whole again."""
        return self._fragments.render("rooms/_waiting_elsewhere.html", to.locale).encode()
