"""What programs see of events, members and rooms: these fields and no others."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

from ephemera.clock import shown
from ephemera.domain import events as e
from ephemera.domain.codes import show_code
from ephemera.domain.cursors import message_id
from ephemera.domain.events import Event, Quote, Signal
from ephemera.domain.log import Entry
from ephemera.domain.rooms import Invitation, Knock, Member, Options, Room
from ephemera.web.rendering.sentences import sentence_of

Fields = dict[str, Any]
Tell = Callable[[Any], Fields]


def entry_fields(entry: Entry, locale: str) -> Fields:
    """Return what programs see of an event; its sentence, if it has one, in that language."""
    sentence = sentence_of(entry.event)
    return {
        "cursor": str(entry.cursor),
        "event": entry.event.name,
        "at": _seconds(entry.event.at),
        **({"line": sentence.plain(locale)} if sentence else {}),
        **_own_fields(entry.event),
    }


def signal_fields(signal: Signal) -> Fields:
    """Return what programs see of a signal: it is in no log, so it has no cursor."""
    return {"event": signal.name, **_own_fields(signal)}


def _own_fields(fact: Event | Signal) -> Fields:
    own: Fields = {}
    for name in (one.name for one in fields(fact) if one.name != "at"):
        tell = _TOLD_OF.get((type(fact), name)) or _TOLD[name]
        own |= tell(getattr(fact, name))
    return own


def _seconds(at: float) -> float:
    return round(shown(at), 3)


def _acting(member: Member) -> Fields:
    return {"member": member.id, "nickname": member.nickname, "role": member.role}


def _by(member: Member | None) -> Fields:
    return {"by": member.id, "by_nickname": member.nickname} if member else {}


def _newcomer(member: Member) -> Fields:
    return _acting(member) | ({"muted": True} if member.muted else {})


def _as(key: str, told: Callable[[Any], object] = lambda value: value) -> Tell:
    """Return how to tell what is always there, under that key."""
    return lambda value: {key: told(value)}


def _if_any(key: str, told: Callable[[Any], object] = lambda value: value) -> Tell:
    """Return how to tell what few have, and only of those."""
    return lambda value: {key: told(value)} if value else {}


def _quote_fields(quote: Quote) -> Fields:
    return {
        "message": message_id(quote.message),
        "member": quote.member_id,
        "nickname": quote.nickname,
        "text": quote.text,
    }


def member_fields(member: Member) -> Fields:
    """Return what programs see of a member."""
    return {
        "id": member.id,
        "nickname": member.nickname,
        "role": member.role,
        "away": member.away_since is not None,
        "muted": member.muted,
    }


def knock_fields(knock: Knock) -> Fields:
    """Return what programs see of somebody who waits at the door."""
    return {
        "id": knock.id,
        "nickname": knock.nickname,
        "expires_at": _seconds(knock.expires_at),
    }


def invitation_fields(invitation: Invitation) -> Fields:
    """Return what programs see of an invitation: not its word."""
    return {
        "id": invitation.id,
        "uses": invitation.uses,
        "expires_at": _seconds(invitation.expires_at),
    }


def options_fields(options: Options) -> Fields:
    """Return what programs see of how a room is run."""
    return {
        "capacity": options.capacity,
        "grace": options.grace,
        "ask": options.ask,
        "newcomers": options.newcomers,
        "vanish": options.vanish,
    }


def room_fields(room: Room, url: str) -> Fields:
    """Return what programs of members see of a room."""
    return {
        "id": room.id,
        "url": url,
        "code": show_code(room.code),
        "locked": room.locked,
        **options_fields(room.options),
        "opened_at": _seconds(room.opened_at),
        "expires_at": _seconds(room.expires_at),
    }


def _nothing(_: object) -> Fields:
    return {}


_TOLD: Final[Mapping[str, Tell]] = {
    "action": _if_any("action"),
    "by": _by,
    "code": _as("code", show_code),
    "edited": _if_any("edited"),
    "expires_at": _if_any("expires_at", _seconds),
    "invitation": _as("invitation", invitation_fields),
    "knock": _as("knock", knock_fields),
    "member": lambda member: _acting(member) if member else {},
    "member_id": _as("member"),
    "message": _as("message", message_id),
    "messages": _as("messages", lambda messages: [message_id(one) for one in messages]),
    "nickname": _as("nickname"),
    "options": options_fields,
    "reached": _as("reached"),
    "reactions": _if_any("reactions", dict),
    "reason": _as("reason"),
    "reply": _if_any("reply", _quote_fields),
    "sign": _as("sign"),
    "text": _as("text"),
}
"""What programs see of the field of that name, whatever it is a field of."""
_TOLD_OF: Final[Mapping[tuple[type[Event | Signal], str], Tell]] = {
    (e.MemberJoined, "invitation"): _nothing,
    (e.MemberJoined, "member"): _newcomer,
    (e.MessageEdited, "action"): _nothing,
    (e.MessageReacted, "reactions"): _nothing,
    (e.RoomOpened, "expires_at"): _nothing,
    (e.RoomOpened, "generation"): _nothing,  # the cursor has it
    (e.RoomOpened, "room_id"): _nothing,
    (e.RoomRestored, "generation"): _nothing,
}
"""What they see of it there instead."""
