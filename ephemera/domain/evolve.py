"""`evolve(room, event) -> room`: what a fact makes of a room. It decides nothing."""

from collections.abc import Mapping
from dataclasses import fields, replace
from itertools import islice
from typing import Any, Final, TypeVar

from ephemera.domain import events as e
from ephemera.domain.events import Event, Secret
from ephemera.domain.reserved import newest_names, reserving
from ephemera.domain.rooms import (
    MOST_BANNED,
    MOST_CLOSED_INVITATIONS,
    MOST_KNOCKS,
    MOST_LAPSED,
    MOST_REMEMBERED_POSTS,
    MOST_SILENCED,
    MOST_TRACES,
    Invitation,
    Knock,
    Knocker,
    Lapsed,
    Member,
    Room,
    Seat,
    Trace,
)

_Kept = TypeVar("_Kept", Member, Knock, Invitation)
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

WIPED: Final[Mapping[str, Any]] = {"wiped": True} | {
    one.name: () if one.default == () else {}
    for one in fields(Room)
    if one.default == () or one.default_factory is dict
}
"""What a room is at its end: whatever it has several of is of its members."""


def opened(event: e.RoomOpened) -> Room:
    """Return the room that the first event of every room brings about."""
    return Room(
        id=event.room_id,
        generation=event.generation,
        options=event.options,
        opened_at=event.at,
        expires_at=event.expires_at,
        sequence=1,
    )


def evolve(room: Room, event: Event | Secret) -> Room:
    """Return the room as it is after the event."""
    if isinstance(event, Secret):
        return _with_secret(room, event)
    if isinstance(event, e.MessagePosted):  # there are many of them: the room is copied only once
        return replace(room, traces=_traces_with(room, event), sequence=room.sequence + 1)
    return replace(_with_fact(room, event), sequence=room.sequence + 1)


def _with_fact(room: Room, event: Event) -> Room:  # noqa: PLR0911 - one line for each kind of event
    match event:
        case e.MemberJoined():
            return _with_newcomer(room, event)
        case e.MemberLeft(member=member) | e.MemberRemoved(member=member):
            return _without_member(room, member, away=getattr(event, "reason", "") == "away")
        case (
            e.MemberWentAway(member=member)
            | e.MemberReturned(member=member)
            | e.HostResigned(member=member)
        ):
            return replace(room, members=_changed(room.members, member))
        case (
            e.HostChanged(member=member)
            | e.MemberMuted(member=member)
            | e.MemberUnmuted(member=member)
        ):
            return _with_voice(room, member)
        case e.MessageReacted() | e.MessageDeleted() | e.MessagesExpired():
            return replace(room, traces=_traces_after(room.traces, event))
        case e.RoomRestored(generation=generation):
            return replace(room, generation=generation, traces={})
        case e.RoomWiped():
            return replace(room, **WIPED)
        case _:
            return _with_door(room, event)


def _with_door(room: Room, event: Event) -> Room:  # noqa: PLR0911 - the same
    match event:
        case e.RoomLocked() | e.RoomUnlocked():
            return replace(room, locked=isinstance(event, e.RoomLocked))
        case e.CodeRotated(code=code):
            return replace(room, code=code, invitations=())
        case e.OptionsChanged(options=options):
            return replace(room, options=options)
        case e.InvitationIssued(invitation=invitation):
            kept = tuple(one for one in room.invitations if event.at < one.expires_at)
            return replace(room, invitations=(*kept, invitation), invited=room.invited + 1)
        case e.InvitationRevoked(invitation=invitation):
            return _with_invitation(room, replace(invitation, uses=0))
        case e.Knocked(knock=knock):
            return replace(room, knocks=(*room.knocks, knock), knocked=room.knocked + 1)
        case e.KnockEnded():
            return _without_knock(room, event)
        case e.MessageEdited():
            return room
        case _:
            raise TypeError(event)


def _with_secret(room: Room, secret: Secret) -> Room:
    match secret:
        case e.CodeIssued(code=code):
            return replace(room, code=code)
        case e.SeatTaken():
            return _with_seat(room, secret)
        case e.SeatBanned(digest=digest):
            return replace(
                room,
                banned=(*room.banned, digest)[-MOST_BANNED:],
                lapsed=_not_of(room.lapsed, digest),
            )
        case e.PostRemembered(member_id=member_id, fingerprint=fingerprint):
            return _with_post(room, member_id, fingerprint)
        case e.InvitationKept(invitation_id=invitation_id, digest=digest):
            return _with_word(room, invitation_id, digest)
        case e.KnockerKept():
            return _with_knocker(room, secret)
        case _:
            raise TypeError(secret)


def _with_newcomer(room: Room, event: e.MemberJoined) -> Room:
    joined = replace(
        room,
        members=(*room.members, event.member),
        admitted=room.admitted + 1,
        met_at=event.at if room.admitted == 1 else room.met_at,
    )
    return _with_invitation(joined, event.invitation) if event.invitation else joined


def _without_member(room: Room, member: Member, *, away: bool) -> Room:
    """Return the room without the seat, in which the name stays reserved as the newest.

    Who was away too long, and did not leave, can take the place again. One that was lost before
    has no seat any more.
    """
    seat = room.seats.get(member.id)
    if seat is None:
        return room
    lapsed = {**room.lapsed, member.id: Lapsed(member, seat.digest)} if away else room.lapsed
    members = _without(room.members, member.id)
    reserved = reserving(room.reserved, member.nickname, seat.digest)
    here = [*(one.nickname for one in members), *(knock.nickname for knock in room.knocks)]
    return replace(
        room,
        members=members,
        seats=_less(room.seats, member.id),
        reserved=newest_names(reserved, here),
        lapsed=_newest(lapsed, MOST_LAPSED),
    )


def _not_of(lapsed: Mapping[str, Lapsed], digest: str | None) -> dict[str, Lapsed]:
    return {key: one for key, one in lapsed.items() if one.digest != digest}


def _newest(kept: Mapping[_Key, _Value], most: int) -> dict[_Key, _Value]:
    return dict(islice(kept.items(), max(0, len(kept) - most), None))


def _with_voice(room: Room, member: Member) -> Room:
    """Return the room with the member, who comes back muted, or not, as they are now."""
    digest = room.seats[member.id].digest
    silenced = tuple(one for one in room.silenced if one != digest)
    return replace(
        room,
        members=_changed(room.members, member),
        silenced=(*silenced, digest)[-MOST_SILENCED:] if member.muted else silenced,
    )


def _with_seat(room: Room, taken: e.SeatTaken) -> Room:
    member = room.member(taken.member_id)
    nickname = member.nickname if member else ""
    room = _inherited(room, taken.digest, taken.previous)
    return replace(
        room,
        seats={**room.seats, taken.member_id: Seat(taken.digest)},
        reserved=reserving(room.reserved, nickname, taken.digest),
    )


def _inherited(room: Room, digest: str, previous: str | None) -> Room:
    """Return the room in which the token is heir to an older one: to its names, and to a mute.

    The mute binds the older one, too: whoever has it may show it again.
    """
    silenced = room.silenced
    if previous and previous in silenced:
        silenced = (*(one for one in silenced if one != previous), digest, previous)
    return replace(
        room,
        reserved={
            face: digest if holder == previous else holder for face, holder in room.reserved.items()
        },
        silenced=silenced[-MOST_SILENCED:],
        turned_away=_less(room.turned_away, digest),
        lapsed=_not_of(room.lapsed, previous),
    )


def _with_knocker(room: Room, kept: e.KnockerKept) -> Room:
    return replace(
        _inherited(room, kept.digest, kept.previous),
        knockers={**room.knockers, kept.knock_id: Knocker(kept.digest)},
    )


def _with_post(room: Room, member_id: str, fingerprint: str) -> Room:
    seat = room.seats[member_id]
    posted = (*seat.posted, (fingerprint, room.sequence))[-MOST_REMEMBERED_POSTS:]
    return replace(room, seats={**room.seats, member_id: replace(seat, posted=posted)})


def _traces_with(room: Room, event: e.MessagePosted) -> Mapping[int, Trace]:
    trace = Trace(event.member_id, event.nickname, event.at, event.expires_at, event.action)
    traces = {**room.traces, room.sequence + 1: trace}
    if len(traces) > MOST_TRACES:
        del traces[next(iter(traces))]
    return traces


def _traces_after(traces: Mapping[int, Trace], event: Event) -> Mapping[int, Trace]:
    if isinstance(event, e.MessageReacted):
        reacted = replace(traces[event.message], reactions=event.reactions)
        return {**traces, event.message: reacted}
    gone = {
        sequence: replace(traces[sequence], nickname="", reactions=(), gone=True)
        for sequence in event.takes_back
    }
    return {**traces, **gone}


def _with_invitation(room: Room, changed: Invitation) -> Room:
    if changed.uses:
        return replace(room, invitations=_changed(room.invitations, changed))
    return replace(room, invitations=_without(room.invitations, changed.id))


def _with_word(room: Room, invitation_id: str, digest: str) -> Room:
    words = {**room.words, invitation_id: digest}
    over = [key for key in words if room.invitation(key) is None]
    for key in over[:-MOST_CLOSED_INVITATIONS]:
        del words[key]
    return replace(room, words=words)


def _without_knock(room: Room, event: e.KnockEnded) -> Room:
    turned_away = dict(room.turned_away)
    if event.reason in ("declined", "expired"):
        turned_away[room.knockers[event.knock.id].digest] = event.reason
    return replace(
        room,
        knocks=_without(room.knocks, event.knock.id),
        knockers=_less(room.knockers, event.knock.id),
        turned_away=_newest(turned_away, MOST_KNOCKS),
    )


def _changed(kept: tuple[_Kept, ...], changed: _Kept) -> tuple[_Kept, ...]:
    return tuple(changed if one.id == changed.id else one for one in kept)


def _without(kept: tuple[_Kept, ...], gone: str) -> tuple[_Kept, ...]:
    return tuple(one for one in kept if one.id != gone)


def _less(kept: Mapping[_Key, _Value], gone: _Key) -> dict[_Key, _Value]:
    return {key: value for key, value in kept.items() if key != gone}
