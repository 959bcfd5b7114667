"""What programs see of events, members and rooms: these fields and no others."""

from typing import Any

from ephemera.domain import events as e
from ephemera.domain.codes import show_code
from ephemera.domain.cursors import message_id
from ephemera.domain.events import Event, Quote, Signal
from ephemera.domain.log import Entry
from ephemera.domain.rooms import Invitation, Knock, Member, Options, Room
from ephemera.web.rendering.sentences import sentence_of


def entry_fields(entry: Entry, locale: str) -> dict[str, Any]:
    """Return what programs see of an event; its sentence, if it has one, in that language."""
    sentence = sentence_of(entry.event)
    return {
        "cursor": str(entry.cursor),
        "event": entry.event.name,
        "at": round(entry.event.at, 3),
        **({"line": sentence.plain(locale)} if sentence else {}),
        **_own_fields(entry.event),
    }


def signal_fields(signal: Signal) -> dict[str, Any]:
    """Return what programs see of a signal: it is in no log, so it has no cursor."""
    match signal:
        case e.MemberWriting(member=member):
            return {"event": signal.name, **_acting(member)}
        case e.ReachChanged(reached=reached):
            return {"event": signal.name, "reached": reached}
        case _:
            raise TypeError(signal)


def _own_fields(event: Event) -> dict[str, Any]:  # noqa: PLR0911 - one for each kind of event
    match event:
        case e.MessagePosted() | e.MessageEdited() | e.MessageReacted() | e.MessageDeleted():
            return _message_fields(event)
        case e.MessagesExpired(messages=messages):
            return {"messages": [message_id(sequence) for sequence in messages]}
        case e.RoomOpened():
            return {
                "member": event.member_id,
                "nickname": event.nickname,
                **options_fields(event.options),
            }
        case e.RoomRestored():
            return {}  # its cursor has the generation
        case e.MemberLeft():
            return {**_acting(event.member), "reason": event.reason}
        case e.MemberJoined(member=member):
            return {**_acting(member), **({"muted": True} if member.muted else {})}
        case e.MemberWentAway() | e.MemberReturned() | e.HostResigned():
            return _acting(event.member)
        case e.MemberRemoved() | e.MemberMuted() | e.MemberUnmuted() | e.HostChanged():
            return {**_acting(event.member), **_by(event.by)}
        case e.RoomWiped():
            return {**(_acting(event.member) if event.member else {}), "reason": event.reason}
        case _:
            return _door_fields(event)


def _message_fields(event: Event) -> dict[str, Any]:
    match event:
        case e.MessagePosted(member_id=member_id, nickname=nickname, text=text):
            return {"member": member_id, "nickname": nickname, "text": text, **_extras(event)}
        case e.MessageEdited(message=message, member_id=member_id, nickname=nickname, text=text):
            said = {"member": member_id, "nickname": nickname, "text": text}
            return {"message": message_id(message), **said}
        case e.MessageReacted(message=message, member=member, sign=sign):
            return {"message": message_id(message), **_acting(member), "sign": sign}
        case e.MessageDeleted(message=message, member_id=member_id, nickname=nickname, by=by):
            author = {"member": member_id, "nickname": nickname}
            return {"message": message_id(message), **author, **_by(by)}
        case _:
            raise TypeError(event)


def _extras(event: e.MessagePosted) -> dict[str, Any]:
    """Return what few messages have, and only for those."""
    extras: dict[str, Any] = {}
    if event.action:
        extras["action"] = True
    if event.reply:
        extras["reply"] = _quote_fields(event.reply)
    if event.expires_at is not None:
        extras["expires_at"] = round(event.expires_at, 3)
    if event.edited:
        extras["edited"] = True
    if event.reactions:
        extras["reactions"] = dict(event.reactions)
    return extras


def _door_fields(event: Event) -> dict[str, Any]:
    match event:
        case e.RoomLocked(member=member) | e.RoomUnlocked(member=member):
            return _acting(member)
        case e.CodeRotated(member=member, code=code):
            return {**_acting(member), "code": show_code(code)}
        case e.OptionsChanged(member=member, options=options):
            return {**_acting(member), **options_fields(options)}
        case e.InvitationIssued(member=member) | e.InvitationRevoked(member=member):
            return {**_acting(member), "invitation": invitation_fields(event.invitation)}
        case e.Knocked(knock=knock):
            return {"knock": knock_fields(knock)}
        case e.KnockEnded(knock=knock, reason=reason, by=by):
            return {"knock": knock_fields(knock), "reason": reason, **_by(by)}
        case _:
            raise TypeError(event)


def _acting(member: Member) -> dict[str, Any]:
    return {"member": member.id, "nickname": member.nickname, "role": member.role}


def _by(member: Member | None) -> dict[str, Any]:
    return {"by": member.id, "by_nickname": member.nickname} if member else {}


def _quote_fields(quote: Quote) -> dict[str, Any]:
    return {
        "message": message_id(quote.message),
        "member": quote.member_id,
        "nickname": quote.nickname,
        "text": quote.text,
    }


def member_fields(member: Member) -> dict[str, Any]:
    """Return what programs see of a member."""
    return {
        "id": member.id,
        "nickname": member.nickname,
        "role": member.role,
        "away": member.away_since is not None,
        "muted": member.muted,
    }


def knock_fields(knock: Knock) -> dict[str, Any]:
    """Return what programs see of somebody who waits at the door."""
    return {
        "id": knock.id,
        "nickname": knock.nickname,
        "expires_at": round(knock.expires_at, 3),
    }


def invitation_fields(invitation: Invitation) -> dict[str, Any]:
    """Return what programs see of an invitation: not its word."""
    return {
        "id": invitation.id,
        "uses": invitation.uses,
        "expires_at": round(invitation.expires_at, 3),
    }


def options_fields(options: Options) -> dict[str, Any]:
    """Return what programs see of how a room is run."""
    return {
        "capacity": options.capacity,
        "grace": options.grace,
        "ask": options.ask,
        "newcomers": options.newcomers,
        "vanish": options.vanish,
    }


def room_fields(room: Room, url: str) -> dict[str, Any]:
    """Return what programs of members see of a room."""
    return {
        "id": room.id,
        "url": url,
        "code": show_code(room.code),
        "locked": room.locked,
        **options_fields(room.options),
        "opened_at": round(room.opened_at, 3),
        "expires_at": round(room.expires_at, 3),
    }
