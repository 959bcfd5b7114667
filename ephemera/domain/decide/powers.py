"""What hosts do to members, and who is host."""

from dataclasses import replace

from ephemera.domain.commands import Appoint, Mute, Remove, Resign
from ephemera.domain.decide.common import Facts, host, meant, present, returns, subject
from ephemera.domain.decide.seats import as_host
from ephemera.domain.errors import LastHost
from ephemera.domain.events import (
    CodeRotated,
    HostChanged,
    HostResigned,
    MemberMuted,
    MemberRemoved,
    MemberUnmuted,
    SeatBanned,
)
from ephemera.domain.rooms import Lapsed, Member, Room


def remove(room: Room, command: Remove) -> Facts:
    """Show a member out for good; the code they came by goes with them.

    It goes, too, when they have left just before: whoever leaves to come back
    in a minute must not find it as it was. Nor may they take a place again that
    they have lost just before.
    """
    by = host(room, command.member_id)
    place = _place_of(room, command.target)
    if place or command.code:
        yield from returns(by, command.at)
    if place:
        yield MemberRemoved(at=command.at, member=place.member, by=by)
        yield SeatBanned(place.digest)
    if command.code:
        yield CodeRotated(at=command.at, member=by, code=command.code)


def _place_of(room: Room, target: str) -> Lapsed | None:
    """Return whom a host wants to remove, with the digest of their token; see `subject`."""
    member = subject(room, target)
    return Lapsed(member, room.seats[member.id].digest) if member else room.lapsed.get(target)


def mute(room: Room, command: Mute) -> Facts:
    """Let a member speak no more, or again."""
    by = host(room, command.member_id)
    target = present(subject(room, command.target))
    if target.muted != command.muted:
        yield from returns(by, command.at)
        fact = MemberMuted if command.muted else MemberUnmuted
        yield fact(at=command.at, member=replace(target, muted=command.muted), by=by)


def appoint(room: Room, command: Appoint) -> Facts:
    """Make a member a host, beside oneself or in one's own place."""
    by = host(room, command.member_id)
    target = present(meant(room, command.target))
    if target.role != "host":
        yield from returns(by, command.at)
        yield HostChanged(at=command.at, member=as_host(target), by=by)
    if not command.stay and target.id != by.id:
        yield from _resign(by, command.at)


def resign(room: Room, command: Resign) -> Facts:
    """Be a host no more; there must be another one."""
    by = host(room, command.member_id)
    if not any(other.role == "host" and other.id != by.id for other in room.members):
        raise LastHost
    yield from returns(by, command.at)
    yield from _resign(by, command.at)


def _resign(member: Member, at: float) -> Facts:
    yield HostResigned(at=at, member=replace(member, role="member", away_since=None))
