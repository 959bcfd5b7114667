"""How events look in each representation: HTML fragments, JSON lines, text lines."""

from collections.abc import Sequence

from ephemera.domain.codes import show_code
from ephemera.domain.cursors import NOWHERE, Cursor
from ephemera.domain.events import Event, RoomWiped, Signal, Superseded
from ephemera.engine.base import Entry, Snapshot
from ephemera.hub.wire import event_bytes, json_bytes, text_bytes
from ephemera.web import texts
from ephemera.web.fields import (
    entry_fields,
    knock_fields,
    member_fields,
    options_fields,
    signal_fields,
)
from ephemera.web.fragments import Fragments
from ephemera.web.media import EVENT_STREAM, JSON_LINES, TEXT
from ephemera.web.notices import line
from ephemera.web.words import Lines, MessageOfWords


class HtmlEvents:
    """Server-sent events with HTML fragments; unnamed ones are swapped in by htmx."""

    content_type = EVENT_STREAM
    refresh = None

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._words = MessageOfWords(fragments, "stream/_entry.html")
        self._lines = Lines(fragments)

    def greeting(self, cursor: Cursor, *, finite: bool) -> bytes:
        """See `Renderer.greeting`."""
        return b"" if finite else self.ping(cursor)

    def entry(self, entry: Entry) -> bytes:
        """See `Renderer.entry`."""
        if isinstance(entry.event, Superseded):
            return b""
        if words := self._words.render(entry):
            html = words
        elif isinstance(entry.event, RoomWiped):
            html = self._fragments.render("stream/_wiped.html", reason=entry.event.reason)
        else:
            html = self._fragments.render("stream/_entry.html", entry=entry)
        return event_bytes(html.strip(), entry.cursor)

    def resync(self, snapshot: Snapshot, entries: Sequence[Entry]) -> bytes:
        """See `Renderer.resync`. The named event lets a page hush its live region first.

        Its id leads nowhere: a reader who gets no further must be given the whole again.
        """
        room = snapshot.room
        html = self._fragments.render(
            "stream/_resync.html",
            room=room,
            members=room.members,
            line=self._lines.render,
            entries=[entry for entry in entries if entry.has_line],
        )
        return event_bytes("", NOWHERE, "resync") + event_bytes(html.strip(), room.cursor)

    def left(self, cursor: Cursor, event: Event) -> bytes:
        """See `Renderer.left`."""
        html = self._fragments.render("stream/_left.html", event=event)
        return event_bytes(html.strip(), cursor)

    def signal(self, signal: Signal) -> bytes:
        """See `Renderer.signal`. It has no id: a client's cursor must not move."""
        html = self._fragments.render(f"stream/_{signal.name}.html", signal=signal)
        return event_bytes(html.strip(), None)

    def outdates(self, entry: Entry) -> bool:  # noqa: ARG002 - a page changes in its place
        """See `Renderer.outdates`."""
        return False

    def ping(self, cursor: Cursor) -> bytes:
        """See `Renderer.ping`."""
        return event_bytes("", cursor, "ping")

    def goodbye(self, cursor: Cursor, retry: float) -> bytes:
        """See `Renderer.goodbye`."""
        return event_bytes("", cursor, "reconnect", retry)

    def finite(self, cursor: Cursor) -> bytes:
        """See `Renderer.finite`."""
        return event_bytes("", cursor, "finite")


class JsonLines:
    """One JSON object on a line for each event."""

    content_type = JSON_LINES
    refresh = None

    def greeting(self, cursor: Cursor, *, finite: bool) -> bytes:
        """See `Renderer.greeting`."""
        return b"" if finite else self.ping(cursor)

    def entry(self, entry: Entry) -> bytes:
        """See `Renderer.entry`."""
        return json_bytes(entry_fields(entry)) if _is_told(entry) else b""

    def resync(self, snapshot: Snapshot, entries: Sequence[Entry]) -> bytes:
        """See `Renderer.resync`."""
        return json_bytes(
            {
                "cursor": str(snapshot.room.cursor),
                "event": "resync",
                "members": [member_fields(member) for member in snapshot.room.members],
                "knocks": [knock_fields(knock) for knock in snapshot.room.knocks],
                "code": show_code(snapshot.room.code),
                "locked": snapshot.room.locked,
                "options": options_fields(snapshot.room.options),
                "events": [entry_fields(entry) for entry in entries if _is_told(entry)],
            }
        )

    def left(self, cursor: Cursor, event: Event) -> bytes:  # noqa: ARG002 - it is the last line already
        """See `Renderer.left`."""
        return b""

    def signal(self, signal: Signal) -> bytes:
        """See `Renderer.signal`."""
        return json_bytes(signal_fields(signal))

    def outdates(self, entry: Entry) -> bool:  # noqa: ARG002 - a program is told what changed
        """See `Renderer.outdates`."""
        return False

    def ping(self, cursor: Cursor) -> bytes:  # noqa: ARG002 - a ping has no cursor here
        """See `Renderer.ping`."""
        return json_bytes({"event": "ping"})

    def goodbye(self, cursor: Cursor, retry: float) -> bytes:
        """See `Renderer.goodbye`."""
        return json_bytes({"cursor": str(cursor), "event": "reconnect", "retry": round(retry, 3)})

    def finite(self, cursor: Cursor) -> bytes:
        """See `Renderer.finite`."""
        return json_bytes({"cursor": str(cursor), "event": "finite"})


def _is_told(entry: Entry) -> bool:
    """Tell whether a program hears of the entry: of each event once, in its own place."""
    return not (isinstance(entry.event, Superseded) or entry.stands_in)


class TextLines:
    """`nickname: text` lines, and notices that start with `* `, safe to show in a terminal."""

    content_type = TEXT
    refresh = None

    def greeting(self, cursor: Cursor, *, finite: bool) -> bytes:  # noqa: ARG002 - text needs none
        """See `Renderer.greeting`."""
        return b""

    def entry(self, entry: Entry) -> bytes:
        """See `Renderer.entry`."""
        shown = "" if entry.stands_in else line(entry.event)
        return text_bytes(shown) if shown else b""

    def resync(self, snapshot: Snapshot, entries: Sequence[Entry]) -> bytes:  # noqa: ARG002 - lines only
        """See `Renderer.resync`."""
        gap = text_bytes("* " + texts.gettext("resync: earlier lines are not kept any more"))
        return gap + b"".join(self.entry(entry) for entry in entries)

    def left(self, cursor: Cursor, event: Event) -> bytes:  # noqa: ARG002 - it is the last line already
        """See `Renderer.left`."""
        return b""

    def signal(self, signal: Signal) -> bytes:  # noqa: ARG002 - lines stay, signals do not
        """See `Renderer.signal`."""
        return b""

    def outdates(self, entry: Entry) -> bool:  # noqa: ARG002 - a terminal takes nothing back
        """See `Renderer.outdates`."""
        return False

    def ping(self, cursor: Cursor) -> bytes:  # noqa: ARG002 - an empty line has no cursor
        """See `Renderer.ping`."""
        return b"\n"

    def goodbye(self, cursor: Cursor, retry: float) -> bytes:  # noqa: ARG002 - people count roughly
        """See `Renderer.goodbye`."""
        return text_bytes(
            "* " + texts.gettext("the stream ends here; open it again in a few seconds")
        )

    def finite(self, cursor: Cursor) -> bytes:
        """See `Renderer.finite`."""
        return text_bytes(
            "* "
            + texts.gettext("opened in too many places; go on with ?once=1&after=%(cursor)s")
            % {"cursor": cursor}
        )
