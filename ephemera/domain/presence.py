"""Presence is a lease: a member is here until it ends, and away from then on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ephemera.domain.rooms import Member, Room

LEASE_SECONDS: Final = 30.0
"""How long a sign of life lasts; open streams renew it at every heartbeat."""
LINGER_SECONDS: Final = 8.0
"""How long a seat still counts as here after its last stream closed: longer than a reload."""


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


def is_over(room: Room, lease: Lease, now: float) -> bool:
    """Tell whether the seat has been without a sign of life for longer than the room's grace."""
    return not is_here(lease, now) and now >= lease.seen_at + room.options.grace


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
    over = max(lease.until, lease.seen_at + room.options.grace)
    return lease.until if member.away_since is None else over
