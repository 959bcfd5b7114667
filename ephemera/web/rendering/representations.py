"""How events look in each representation: HTML fragments, JSON lines, text lines."""

from collections.abc import Sequence

from ephemera.domain import events as e
from ephemera.domain.codes import show_code
from ephemera.domain.cursors import NOWHERE
from ephemera.domain.events import Event, RoomWiped, Signal, Superseded
from ephemera.domain.log import Entry, Snapshot
from ephemera.domain.terminals import speaker
from ephemera.domain.texts import ACTION
from ephemera.hub.rendering import Representation, Subscriber
from ephemera.web.rendering.encoding import event_bytes, json_bytes, text_bytes
from ephemera.web.rendering.endings import ending_of
from ephemera.web.rendering.fields import (
    entry_fields,
    knock_fields,
    member_fields,
    options_fields,
    signal_fields,
)
from ephemera.web.rendering.fragments import Fragments
from ephemera.web.rendering.languages import Sentence, said
from ephemera.web.rendering.lines import Lines, PlainMessage
from ephemera.web.rendering.media import EVENT_STREAM, JSON_LINES, TEXT
from ephemera.web.rendering.sentences import RESYNC, sentence_of


class HtmlEvents(Representation):
    """Server-sent events with HTML fragments; unnamed ones are swapped in by htmx."""

    content_type = EVENT_STREAM

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._plain = PlainMessage(fragments, "stream/_entry.html")
        self._lines = Lines(fragments)

    def greeting(self, to: Subscriber) -> bytes:
        """See `Representation.greeting`."""
        return b"" if to.finite else self.ping(to)

    def entry(self, entry: Entry, locale: str) -> bytes:
        """See `Representation.entry`."""
        if isinstance(entry.event, Superseded):
            return b""
        if plain := self._plain.render(entry):
            html = plain
        elif isinstance(entry.event, RoomWiped):
            html = self._ended(entry, locale)
        else:
            html = self._fragments.render("stream/_entry.html", locale, entry=entry)
        return event_bytes(html.strip(), entry.cursor)

    def speaks(self, entry: Entry) -> bool:
        """See `Representation.speaks`."""
        return not self._plain.fits(entry)

    def resync(self, snapshot: Snapshot, entries: Sequence[Entry], locale: str) -> bytes:
        """See `Representation.resync`. The named event lets a page hush its live region first.

        Its id leads nowhere: a reader who gets no further must be given the whole again.
        """
        room = snapshot.room
        html = self._fragments.render(
            "stream/_resync.html",
            locale,
            room=room,
            members=room.members,
            line=self._lines.render,
            entries=[entry for entry in entries if entry.has_line],
        )
        return event_bytes("", NOWHERE, "resync") + event_bytes(html.strip(), room.cursor)

    def left(self, to: Subscriber, end: Entry) -> bytes:
        """See `Representation.left`."""
        return event_bytes(self._ended(end, to.locale).strip(), end.cursor)

    def _ended(self, end: Entry, locale: str) -> str:
        return self._fragments.render("stream/_ended.html", locale, ending=ending_of(end.event))

    def signal(self, signal: Signal, locale: str, /) -> bytes:
        """See `Representation.signal`. It has no id: a client's cursor must not move."""
        html = self._fragments.render(f"stream/_{signal.name}.html", locale, signal=signal)
        return event_bytes(html.strip(), None)

    def ping(self, to: Subscriber) -> bytes:
        """See `Representation.ping`."""
        return event_bytes("", to.cursor, "ping")

    def goodbye(self, to: Subscriber, retry: float, /) -> bytes:
        """See `Representation.goodbye`."""
        return event_bytes("", to.cursor, "reconnect", retry)

    def finite(self, to: Subscriber) -> bytes:
        """See `Representation.finite`."""
        return event_bytes("", to.cursor, "finite")


class JsonLines(Representation):
    """One JSON object on a line for each event."""

    content_type = JSON_LINES
    beat = json_bytes({"event": "ping"})

    def greeting(self, to: Subscriber) -> bytes:
        """See `Representation.greeting`."""
        return b"" if to.finite else self.beat

    def entry(self, entry: Entry, locale: str) -> bytes:
        """See `Representation.entry`."""
        return json_bytes(entry_fields(entry, locale)) if _is_told(entry) else b""

    def speaks(self, entry: Entry) -> bool:
        """See `Representation.speaks`."""
        return sentence_of(entry.event) is not None

    def resync(self, snapshot: Snapshot, entries: Sequence[Entry], locale: str) -> bytes:
        """See `Representation.resync`."""
        return json_bytes(
            {
                "cursor": str(snapshot.room.cursor),
                "event": "resync",
                "line": RESYNC.plain(locale),
                "members": [member_fields(member) for member in snapshot.room.members],
                "knocks": [knock_fields(knock) for knock in snapshot.room.knocks],
                "code": show_code(snapshot.room.code),
                "locked": snapshot.room.locked,
                "options": options_fields(snapshot.room.options),
                "events": [entry_fields(entry, locale) for entry in entries if _is_told(entry)],
            }
        )

    def signal(self, signal: Signal, _: str, /) -> bytes:
        """See `Representation.signal`."""
        return json_bytes(signal_fields(signal))

    def goodbye(self, to: Subscriber, retry: float, /) -> bytes:
        """See `Representation.goodbye`."""
        return json_bytes(
            {"cursor": str(to.cursor), "event": "reconnect", "retry": round(retry, 3)}
        )

    def finite(self, to: Subscriber) -> bytes:
        """See `Representation.finite`."""
        return json_bytes({"cursor": str(to.cursor), "event": "finite"})


def _is_told(entry: Entry) -> bool:
    """Tell whether a program hears of the entry: of each event once, in its own place."""
    return not (isinstance(entry.event, Superseded) or entry.stands_in)


class TextLines(Representation):
    """`nickname: text` lines, and notices that start with `* `, safe to show in a terminal.

    All that is ours stands before the first `: ` that is in no quotes, what is typed after it.
    """

    content_type = TEXT
    beat = b"\n"

    def entry(self, entry: Entry, locale: str) -> bytes:
        """See `Representation.entry`."""
        line = "" if entry.stands_in else _line(entry.event, locale)
        return text_bytes(line) if line else b""

    def speaks(self, entry: Entry) -> bool:
        """See `Representation.speaks`."""
        return not (isinstance(entry.event, e.MessagePosted) and not entry.event.edited)

    def resync(self, snapshot: Snapshot, entries: Sequence[Entry], locale: str) -> bytes:
        """See `Representation.resync`."""
        return _notice(RESYNC, locale) + super().resync(snapshot, entries, locale)

    def goodbye(self, to: Subscriber, _: float, /) -> bytes:
        """See `Representation.goodbye`. People count roughly."""
        return _notice(said("the stream ends here; open it again in a few seconds"), to.locale)

    def finite(self, to: Subscriber) -> bytes:
        """See `Representation.finite`."""
        go_on = said(
            "opened in too many places; go on with ?once=1&after=%(cursor)s", cursor=str(to.cursor)
        )
        return _notice(go_on, to.locale)


def _notice(sentence: Sentence, locale: str) -> bytes:
    return text_bytes(f"* {sentence.plain(locale)}")


def _line(event: Event, locale: str) -> str:
    """Return the event as a line of plain text, or nothing when it has none."""
    match event:
        case e.MessagePosted(edited=False):
            return _said(event)
        case e.MessagePosted() | e.MessageEdited():
            return _said(event, f" {said('(edited)').plain(locale)}")
        case _:
            sentence = sentence_of(event)
            return f"* {sentence.plain(locale)}" if sentence else ""


def _said(event: e.MessagePosted | e.MessageEdited, mark: str = "") -> str:
    """Return what somebody said; what they do (`/me`) must not look like a notice of ours."""
    return f"{speaker(event.nickname)}{mark}: {ACTION if event.action else ''}{event.text}"
