"""Seats: taken, given up, released; and who is host then."""

from dataclasses import replace

from ephemera.domain.commands import Close, Join, Leave, Restore, Return
from ephemera.domain.decide.common import Facts, returns, rule_of
from ephemera.domain.errors import (
    LeavingErases,
    LeavingHandsOver,
    NicknameTaken,
    NoSuchRoom,
    RoomFull,
)
from ephemera.domain.events import (
    HostChanged,
    LeaveReason,
    MemberJoined,
    MemberLeft,
    RoomRestored,
    RoomWiped,
    SeatTaken,
)
from ephemera.domain.nicknames import faces
from ephemera.domain.rooms import Invitation, Member, Role, Room


def check_space(room: Room) -> None:
    """Raise `RoomFull` when nobody else can sit down."""
    if len(room.members) >= room.options.capacity:
        raise RoomFull


def check_nickname(room: Room, joining: Join) -> None:
    """Raise `NicknameTaken` when it looks like that of somebody else."""
    looks = set(faces(joining.nickname))
    waiting = {face for knock in room.knocks for face in faces(knock.nickname)}
    holders = {room.reserved.get(face) for face in looks}
    if looks & waiting or not holders <= {None, joining.previous, joining.digest}:
        raise NicknameTaken


def seat(
    room: Room, role: Role, joining: Join, now: float, invitation: Invitation | None = None
) -> Facts:
    """Let somebody sit down; muted, if they were when they left."""
    later = room.options.newcomers == "later" and role == "member"
    member = Member(
        f"p{room.admitted + 1}",
        joining.nickname,
        role,
        joined_at=now,
        muted=not {joining.digest, joining.previous}.isdisjoint(room.silenced),
        horizon=room.sequence if later else 0,
    )
    yield MemberJoined(at=now, member=member, invitation=invitation)
    yield SeatTaken(member.id, joining.digest, joining.previous)


@rule_of(Return)
def return_(_room: Room, by: Member, _act: Return, now: float) -> Facts:
    """Be here again."""
    return returns(by, now)


@rule_of(Leave)
def leave(room: Room, by: Member, act: Leave, now: float) -> Facts:
    """Give the seat up.

    Raises `LeavingErases` or `LeavingHandsOver` for who has not been asked about exactly this.
    """
    if act.sure != "yes":
        _check_sure(room, by, act.sure)
    return release(room, by, "left", now)


@rule_of(Close)
def close(_room: Room, by: Member, _act: Close, now: float) -> Facts:
    """End the room for all."""
    yield RoomWiped(at=now, reason="closed", member=by)


@rule_of(Restore)
def restore(room: Room, command: Restore, now: float) -> Facts:
    """Go on without what was said; a room that was wiped stays gone."""
    if room.wiped:
        raise NoSuchRoom
    yield RoomRestored(at=now, generation=command.generation)


def release(room: Room, member: Member, reason: LeaveReason, now: float) -> Facts:
    """Free the seat; the last one takes the room along, the last host hands it over."""
    yield MemberLeft(at=now, member=member, reason=reason)
    if len(room.members) == 1:
        yield RoomWiped(at=now, reason="empty")
    elif heir := _heir(room, member):
        yield HostChanged(at=now, member=as_host(heir))


def _check_sure(room: Room, member: Member, sure: str) -> None:
    heir = _heir(room, member)
    if len(room.members) == 1 and sure != LeavingErases.sure:
        raise LeavingErases
    if heir and sure != heir.id:
        raise LeavingHandsOver(heir.id, heir.nickname)


def as_host(member: Member) -> Member:
    """Return the member as a host, who may speak."""
    return replace(member, role="host", muted=False)


def _heir(room: Room, leaving: Member) -> Member | None:
    """Return who becomes the host when that member has left, if nobody else is one.

    It is who has been here longest; those away come late, the muted last.
    """
    left = [other for other in room.members if other.id != leaving.id]
    if not left or any(other.role == "host" for other in left):
        return None
    return min(left, key=lambda one: (one.muted, one.away_since is not None, one.joined_at))
