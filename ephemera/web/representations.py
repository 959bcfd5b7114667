"""How events look in each representation: HTML fragments, JSON lines, text lines."""

from collections.abc import Sequence
from typing import Any

from ephemera.domain.codes import show_code
from ephemera.domain.cursors import NOWHERE, Cursor
from ephemera.domain.events import (
    Event,
    HostChanged,
    MemberJoined,
    MemberLeft,
    MemberReturned,
    MemberWentAway,
    MessagePosted,
    RoomOpened,
    RoomWiped,
)
from ephemera.domain.rooms import Member, Room
from ephemera.engine.base import Entry, Snapshot
from ephemera.hub.wire import event_bytes, json_bytes, text_bytes
from ephemera.web import texts
from ephemera.web.fragments import Fragments
from ephemera.web.media import EVENT_STREAM, JSON_LINES, TEXT


class HtmlEvents:
    """Server-sent events with HTML fragments; unnamed ones are swapped in by htmx."""

    content_type = EVENT_STREAM
    refresh = None

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments

    def greeting(self, cursor: Cursor, *, finite: bool) -> bytes:
        """See `Renderer.greeting`."""
        return b"" if finite else self.ping(cursor)

    def entry(self, entry: Entry) -> bytes:
        """See `Renderer.entry`."""
        if isinstance(entry.event, RoomWiped):
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
            entries=[entry for entry in entries if entry.event.has_line],
        )
        return event_bytes("", NOWHERE, "resync") + event_bytes(html.strip(), room.cursor)

    def left(self, cursor: Cursor, event: Event) -> bytes:
        """See `Renderer.left`."""
        html = self._fragments.render("stream/_left.html", event=event)
        return event_bytes(html.strip(), cursor)

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
        return json_bytes(entry_fields(entry))

    def resync(self, snapshot: Snapshot, entries: Sequence[Entry]) -> bytes:
        """See `Renderer.resync`."""
        return json_bytes(
            {
                "cursor": str(snapshot.room.cursor),
                "event": "resync",
                "members": [member_fields(member) for member in snapshot.room.members],
                "events": [entry_fields(entry) for entry in entries],
            }
        )

    def left(self, cursor: Cursor, event: Event) -> bytes:  # noqa: ARG002 - it is the last line already
        """See `Renderer.left`."""
        return b""

    def ping(self, cursor: Cursor) -> bytes:  # noqa: ARG002 - a ping has no cursor here
        """See `Renderer.ping`."""
        return json_bytes({"event": "ping"})

    def goodbye(self, cursor: Cursor, retry: float) -> bytes:
        """See `Renderer.goodbye`."""
        return json_bytes({"cursor": str(cursor), "event": "reconnect", "retry": round(retry, 3)})

    def finite(self, cursor: Cursor) -> bytes:
        """See `Renderer.finite`."""
        return json_bytes({"cursor": str(cursor), "event": "finite"})


class TextLines:
    """`nickname: text` lines, and notices that start with `* `, safe to show in a terminal."""

    content_type = TEXT
    refresh = None

    def greeting(self, cursor: Cursor, *, finite: bool) -> bytes:  # noqa: ARG002 - text needs none
        """See `Renderer.greeting`."""
        return b""

    def entry(self, entry: Entry) -> bytes:
        """See `Renderer.entry`."""
        line = texts.line(entry.event)
        return text_bytes(line) if line else b""

    def resync(self, snapshot: Snapshot, entries: Sequence[Entry]) -> bytes:  # noqa: ARG002 - lines only
        """See `Renderer.resync`."""
        gap = text_bytes("* " + texts.gettext("resync: earlier lines are not kept any more"))
        return gap + b"".join(self.entry(entry) for entry in entries)

    def left(self, cursor: Cursor, event: Event) -> bytes:  # noqa: ARG002 - it is the last line already
        """See `Renderer.left`."""
        return b""

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


def entry_fields(entry: Entry) -> dict[str, Any]:
    """Return what programs see of an event: these fields and, whatever it holds, no others."""
    return {
        "cursor": str(entry.cursor),
        "event": entry.event.name,
        "at": round(entry.event.at, 3),
        **_own_fields(entry.event),
    }


def _own_fields(event: Event) -> dict[str, Any]:
    match event:
        case MessagePosted():
            return {"member": event.member_id, "nickname": event.nickname, "text": event.text}
        case RoomOpened():
            return {
                "member": event.member_id,
                "nickname": event.nickname,
                "capacity": event.capacity,
                "grace": event.grace,
            }
        case MemberLeft():
            return {**_acting(event.member), "reason": event.reason}
        case MemberJoined() | MemberWentAway() | MemberReturned() | HostChanged():
            return _acting(event.member)
        case RoomWiped():
            return {**(_acting(event.member) if event.member else {}), "reason": event.reason}
        case _:
            raise TypeError(event)


def _acting(member: Member) -> dict[str, Any]:
    return {"member": member.id, "nickname": member.nickname, "role": member.role}


def member_fields(member: Member) -> dict[str, Any]:
    """Return what programs see of a member."""
    return {
        "id": member.id,
        "nickname": member.nickname,
        "role": member.role,
        "away": member.away_since is not None,
    }


def room_fields(room: Room, url: str) -> dict[str, Any]:
    """Return what programs of members see of a room."""
    return {
        "id": room.id,
        "url": url,
        "code": show_code(room.code),
        "capacity": room.capacity,
        "grace": room.grace,
        "opened_at": round(room.opened_at, 3),
        "expires_at": round(room.expires_at, 3),
    }
