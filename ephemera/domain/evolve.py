"""`evolve(room, event) -> room`: what a fact makes of a room. It decides nothing."""

from dataclasses import replace

from ephemera.domain.events import (
    CodeIssued,
    Event,
    HostChanged,
    MemberJoined,
    MemberLeft,
    MemberReturned,
    MemberWentAway,
    PostRemembered,
    RoomOpened,
    RoomWiped,
    SeatTaken,
    Secret,
)
from ephemera.domain.nicknames import faces
from ephemera.domain.rooms import MOST_REMEMBERED_POSTS, Member, Room, Seat


def opened(event: RoomOpened) -> Room:
    """Return the room that the first event of every room brings about."""
    return Room(
        id=event.room_id,
        generation=event.generation,
        capacity=event.capacity,
        grace=event.grace,
        opened_at=event.at,
        expires_at=event.expires_at,
        sequence=1,
    )


def evolve(room: Room, event: Event | Secret) -> Room:
    """Return the room as it is after the event."""
    if isinstance(event, Secret):
        return _with_secret(room, event)
    return replace(_with_fact(room, event), sequence=room.sequence + 1)


def _with_fact(room: Room, event: Event) -> Room:
    match event:
        case MemberJoined(member=member):
            return replace(room, members=(*room.members, member), admitted=room.admitted + 1)
        case MemberLeft(member=member):
            return _without(room, member)
        case MemberWentAway(member=member) | MemberReturned(member=member):
            return _with_member(room, member)
        case HostChanged(member=member):
            return _with_member(room, member)
        case RoomWiped():
            return replace(room, wiped=True, members=(), seats={}, reserved={})
        case _:
            return room


def _with_secret(room: Room, secret: Secret) -> Room:
    match secret:
        case CodeIssued(code=code):
            return replace(room, code=code)
        case SeatTaken(member_id=member_id, digest=digest, previous=previous):
            return _with_seat(room, member_id, digest, previous)
        case PostRemembered(member_id=member_id, fingerprint=fingerprint):
            return _with_post(room, member_id, fingerprint)
        case _:
            raise TypeError(secret)


def _with_member(room: Room, changed: Member) -> Room:
    members = tuple(changed if member.id == changed.id else member for member in room.members)
    return replace(room, members=members)


def _without(room: Room, gone: Member) -> Room:
    members = tuple(member for member in room.members if member.id != gone.id)
    seats = {member_id: seat for member_id, seat in room.seats.items() if member_id != gone.id}
    return replace(room, members=members, seats=seats)


def _with_seat(room: Room, member_id: str, digest: str, previous: str | None) -> Room:
    member = room.member(member_id)
    nickname = member.nickname if member else ""
    handed_over = {
        face: digest if holder == previous else holder for face, holder in room.reserved.items()
    }
    return replace(
        room,
        seats={**room.seats, member_id: Seat(digest)},
        reserved=handed_over | dict.fromkeys(faces(nickname), digest),
    )


def _with_post(room: Room, member_id: str, fingerprint: str) -> Room:
    seat = room.seats[member_id]
    posted = (*seat.posted, (fingerprint, room.sequence))[-MOST_REMEMBERED_POSTS:]
    return replace(room, seats={**room.seats, member_id: replace(seat, posted=posted)})
