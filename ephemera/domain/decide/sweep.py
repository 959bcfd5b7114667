"""What time brings about: the end of the room, of knocks, of messages, of seats."""

from dataclasses import replace
from functools import reduce

from ephemera.domain.commands import Sweep
from ephemera.domain.decide.common import Facts, present, returns, rule_of
from ephemera.domain.decide.seats import release
from ephemera.domain.events import KnockEnded, MemberWentAway, MessagesExpired, RoomWiped
from ephemera.domain.evolve import evolve
from ephemera.domain.presence import Lease, is_here, is_over
from ephemera.domain.rooms import Room


@rule_of(Sweep)
def sweep(room: Room, command: Sweep, now: float) -> Facts:
    """Do what has become due."""
    if now >= room.expires_at:
        yield RoomWiped(at=now, reason="expired")
        return
    yield from _sweep_messages(room, now)
    yield from _sweep_knocks(room, now)
    for member in room.members:
        facts = tuple(_sweep_seat(room, member.id, command.leases[member.id], now))
        yield from facts
        room = reduce(evolve, facts, room)


def _sweep_messages(room: Room, now: float) -> Facts:
    over = tuple(
        sequence
        for sequence, trace in room.traces.items()
        if trace.expires_at is not None and trace.expires_at <= now and not trace.gone
    )
    if over:
        yield MessagesExpired(at=now, messages=over)


def _sweep_knocks(room: Room, now: float) -> Facts:
    for knock in room.knocks:
        if knock.expires_at <= now:
            yield KnockEnded(at=now, knock=knock, reason="expired")


def _sweep_seat(room: Room, member_id: str, lease: Lease, now: float) -> Facts:
    member = present(room.member(member_id))
    if is_over(room, lease, now):
        yield from release(room, member, "away", now)
    elif is_here(lease, now):
        yield from returns(member, now)
    elif member.away_since is None:
        yield MemberWentAway(at=now, member=replace(member, away_since=lease.seen_at))
