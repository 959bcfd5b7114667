"""`decide(room, command) -> events`: every rule of a room, and nothing else decides.

Capacity, roles, names, presence and the end of a room are settled here, for
the web, for programs and for the reaper alike. A command that asks for what is
already so brings about no event. What may not be raises a `Refusal`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import reduce

from ephemera.domain.commands import Close, Command, Join, Leave, Open, Post, Return, Sweep
from ephemera.domain.errors import Invalid, NicknameTaken, NoSuchRoom, NotHost, RoomFull
from ephemera.domain.events import (
    CodeIssued,
    Event,
    HostChanged,
    LeaveReason,
    MemberJoined,
    MemberLeft,
    MemberReturned,
    MemberWentAway,
    MessagePosted,
    PostRemembered,
    RoomOpened,
    RoomWiped,
    SeatTaken,
    Secret,
)
from ephemera.domain.evolve import evolve, opened
from ephemera.domain.nicknames import faces
from ephemera.domain.presence import is_here, is_over
from ephemera.domain.rooms import (
    GRACES,
    LEAST_SEATS,
    MOST_MEMBERS_EVER,
    MOST_SEATS,
    Member,
    Role,
    Room,
)

Facts = Iterator[Event | Secret]


def open_room(command: Open) -> tuple[Room, tuple[Event, ...]]:
    """Return the room that the command opens, and what to announce in it.

    Raises `Invalid` for the fields `capacity` and `grace`.
    """
    if not LEAST_SEATS <= command.capacity <= MOST_SEATS:
        raise Invalid("capacity", "out-of-range")
    if command.grace not in GRACES:
        raise Invalid("grace", "not-a-choice")
    fact = RoomOpened(
        at=command.at,
        room_id=command.room_id,
        generation=command.generation,
        member_id=_member_id(1),
        nickname=command.nickname,
        capacity=command.capacity,
        grace=command.grace,
        expires_at=command.at + command.lifetime,
    )
    room = evolve(opened(fact), CodeIssued(command.code))
    joining = Join(at=command.at, nickname=command.nickname, digest=command.digest)
    seated = tuple(_seat(room, "host", joining))
    return reduce(evolve, seated, room), (fact, *_announced(seated))


def decide(room: Room, command: Command) -> tuple[Room, tuple[Event, ...]]:
    """Return the room after the command, and what to announce in it, in order.

    The room comes back unchanged, with nothing to announce, when the command
    asks for what is already so. Raises `NoSuchRoom` for a member without a
    seat, `RoomFull`, `NicknameTaken` or `NotHost`.
    """
    facts = tuple(_facts(room, command))
    return reduce(evolve, facts, room), _announced(facts)


def _announced(facts: Iterable[Event | Secret]) -> tuple[Event, ...]:
    return tuple(fact for fact in facts if isinstance(fact, Event))


def _facts(room: Room, command: Command) -> Facts:
    match command:
        case Post():
            return _post(room, command)
        case Join():
            return _join(room, command)
        case Return():
            return _return(_seated(room, command.member_id), command.at)
        case Leave():
            return _release(room, _seated(room, command.member_id), "left", command.at)
        case Close():
            return _close(_seated(room, command.member_id), command.at)
        case Sweep():
            return _sweep(room, command)
        case _:
            raise TypeError(command)


def _seated(room: Room, member_id: str) -> Member:
    member = room.member(member_id)
    if member is None:
        raise NoSuchRoom
    return member


def _join(room: Room, command: Join) -> Facts:
    if room.holder_of(command.digest):
        return
    if len(room.members) >= room.capacity or room.admitted >= MOST_MEMBERS_EVER:
        raise RoomFull
    holders = {room.reserved.get(face) for face in faces(command.nickname)}
    if not holders <= {None, command.previous}:
        raise NicknameTaken
    yield from _seat(room, "member", command)


def _seat(room: Room, role: Role, joining: Join) -> Facts:
    member = Member(_member_id(room.admitted + 1), joining.nickname, role, joined_at=joining.at)
    yield MemberJoined(at=joining.at, member=member)
    yield SeatTaken(member.id, joining.digest, joining.previous)


def _member_id(ordinal: int) -> str:
    return f"p{ordinal}"


def _post(room: Room, command: Post) -> Facts:
    member = _seated(room, command.member_id)
    key = command.fingerprint
    if key and room.sequence_of(member.id, key) is not None:
        return
    yield from _return(member, command.at)
    yield MessagePosted(
        at=command.at, member_id=member.id, nickname=member.nickname, text=command.text
    )
    if key:
        yield PostRemembered(member.id, key)


def _return(member: Member, at: float) -> Facts:
    if member.away_since is not None:
        yield MemberReturned(at=at, member=replace(member, away_since=None))


def _close(member: Member, at: float) -> Facts:
    if member.role != "host":
        raise NotHost
    yield RoomWiped(at=at, reason="closed", member=member)


def _release(room: Room, member: Member, reason: LeaveReason, at: float) -> Facts:
    yield MemberLeft(at=at, member=member, reason=reason)
    left = [other for other in room.members if other.id != member.id]
    if not left:
        yield RoomWiped(at=at, reason="empty")
    elif all(other.role != "host" for other in left):
        yield HostChanged(at=at, member=replace(_successor(left), role="host"))


def _successor(members: list[Member]) -> Member:
    """Return the one who has been here longest; those who are away come last."""
    return min(members, key=lambda member: (member.away_since is not None, member.joined_at))


def _sweep(room: Room, command: Sweep) -> Facts:
    if command.at >= room.expires_at:
        yield RoomWiped(at=command.at, reason="expired")
        return
    for member in room.members:
        facts = tuple(_sweep_seat(room, member.id, command))
        yield from facts
        room = reduce(evolve, facts, room)


def _sweep_seat(room: Room, member_id: str, command: Sweep) -> Facts:
    member, lease = _seated(room, member_id), command.leases[member_id]
    if is_over(room, lease, command.at):
        yield from _release(room, member, "away", command.at)
    elif is_here(lease, command.at):
        yield from _return(member, command.at)
    elif member.away_since is None:
        yield MemberWentAway(at=command.at, member=replace(member, away_since=lease.seen_at))
