"""Presence is a lease: a member is here until it ends, and away from then on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ephemera.domain.rooms import Member, Room

LEASE_SECONDS: Final = 30.0
"""How long a sign of life lasts; open streams renew it at every heartbeat."""
LINGER_SECONDS: Final = 8.0
"""How long a seat still counts as here after its last stream closed: longer than a reload."""
GUEST_SECONDS: Final = 3600.0
"""How long a room is kept for its first guest, at least: the way to a messenger is long."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Presence of one seat: last seen at `seen_at`, counted as here before `until`."""

    seen_at: float
    until: float

    @classmethod
    def renewed(cls, now: float) -> "Lease":
        """Return the lease of a seat that has just shown life."""
        return cls(now, now + LEASE_SECONDS)

    @classmethod
    def lingering(cls, now: float) -> "Lease":
        """Return the lease of a seat whose last stream has just closed."""
        return cls(now, now + LINGER_SECONDS)


def is_here(lease: Lease, now: float) -> bool:
    """Tell whether the lease still holds."""
    return now < lease.until


def kept_seconds(room: Room) -> float:
    """Return how long a seat of the room is kept without a sign of life."""
    return room.options.grace if room.is_met else max(room.options.grace, GUEST_SECONDS)


def kept_until(room: Room, lease: Lease) -> float:
    """Return the time at which a seat of that lease is over, unless it shows life before.

    Who opened the room and was away when the first guest came has the grace from then on: else
    the guest would find them leaving.
    """
    return max(lease.until, max(lease.seen_at, room.met_at) + kept_seconds(room))


def waits_until(room: Room, now: float) -> float | None:
    """Return until when the room is kept for its first guest if nobody shows life from now on."""
    return None if room.is_met else min(now + kept_seconds(room), room.expires_at)


def is_over(room: Room, lease: Lease, now: float) -> bool:
    """Tell whether the seat has been without a sign of life for longer than it is kept."""
    return now >= kept_until(room, lease)


def due_at(room: Room, leases: Mapping[str, Lease]) -> float:
    """Return the time of the next thing that must be decided about the room."""
    seats = (_deadline(room, member, leases[member.id]) for member in room.members)
    knocks = (knock.expires_at for knock in room.knocks)
    messages = (
        trace.expires_at
        for trace in room.traces.values()
        if trace.expires_at is not None and not trace.gone
    )
    return min((room.expires_at, *seats, *knocks, *messages))


def _deadline(room: Room, member: Member, lease: Lease) -> float:
    return lease.until if member.away_since is None else kept_until(room, lease)
