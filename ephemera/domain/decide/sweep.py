"""What time brings about: the end of the room, of knocks, of messages, of seats."""

from dataclasses import replace
from functools import reduce

from ephemera.domain.commands import Sweep
from ephemera.domain.decide.common import Facts, returns, seated
from ephemera.domain.decide.seats import release
from ephemera.domain.events import KnockEnded, MemberWentAway, MessagesExpired, RoomWiped
from ephemera.domain.evolve import evolve
from ephemera.domain.presence import is_here, is_over
from ephemera.domain.rooms import Room


def sweep(room: Room, command: Sweep) -> Facts:
    """Do what has become due."""
    if command.at >= room.expires_at:
        yield RoomWiped(at=command.at, reason="expired")
        return
    yield from _sweep_messages(room, command.at)
    yield from _sweep_knocks(room, command.at)
    for member in room.members:
        facts = tuple(_sweep_seat(room, member.id, command))
        yield from facts
        room = reduce(evolve, facts, room)


def _sweep_messages(room: Room, at: float) -> Facts:
    over = tuple(
        sequence
        for sequence, trace in room.traces.items()
        if trace.expires_at is not None and trace.expires_at <= at and not trace.gone
    )
    if over:
        yield MessagesExpired(at=at, messages=over)


def _sweep_knocks(room: Room, at: float) -> Facts:
    for knock in room.knocks:
        if knock.expires_at <= at:
            yield KnockEnded(at=at, knock=knock, reason="expired")


def _sweep_seat(room: Room, member_id: str, command: Sweep) -> Facts:
    member, lease = seated(room, member_id), command.leases[member_id]
    if is_over(room, lease, command.at):
        yield from release(room, member, "away", command.at)
    elif is_here(lease, command.at):
        yield from returns(member, command.at)
    elif member.away_since is None:
        yield MemberWentAway(at=command.at, member=replace(member, away_since=lease.seen_at))
