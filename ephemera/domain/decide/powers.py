"""What hosts do to members, and who is host."""

from dataclasses import replace

from ephemera.domain.commands import Appoint, Mute, Remove, Resign
from ephemera.domain.decide.common import Facts, meant, present, rule_of, subject
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


@rule_of(Remove)
def remove(room: Room, by: Member, act: Remove, now: float) -> Facts:
    """Show a member out for good; the code they came by goes with them.

    It goes, too, when they have left just before: whoever leaves to come back
    in a minute must not find it as it was. Nor may they take a place again that
    they have lost just before.
    """
    place = _place_of(room, act.target)
    if place:
        yield MemberRemoved(at=now, member=place.member, by=by)
        yield SeatBanned(place.digest)
    if act.code:
        yield CodeRotated(at=now, member=by, code=act.code)


def _place_of(room: Room, target: str) -> Lapsed | None:
    """Return whom a host wants to remove, with the digest of their token; see `subject`."""
    member = subject(room, target)
    return Lapsed(member, room.seats[member.id].digest) if member else room.lapsed.get(target)


@rule_of(Mute)
def mute(room: Room, by: Member, act: Mute, now: float) -> Facts:
    """Let a member speak no more, or again."""
    target = present(subject(room, act.target))
    if target.muted != act.muted:
        fact = MemberMuted if act.muted else MemberUnmuted
        yield fact(at=now, member=replace(target, muted=act.muted), by=by)


@rule_of(Appoint)
def appoint(room: Room, by: Member, act: Appoint, now: float) -> Facts:
    """Make a member a host, beside oneself or in one's own place."""
    target = present(meant(room, act.target))
    if target.role != "host":
        yield HostChanged(at=now, member=as_host(target), by=by)
    if not act.stay and target.id != by.id:
        yield _resigned(by, now)


@rule_of(Resign)
def resign(room: Room, by: Member, _act: Resign, now: float) -> Facts:
    """Be a host no more; there must be another one."""
    if not any(other.role == "host" and other.id != by.id for other in room.members):
        raise LastHost
    yield _resigned(by, now)


def _resigned(host: Member, now: float) -> HostResigned:
    return HostResigned(at=now, member=replace(host, role="member", away_since=None))
