"""A room and those in it, as values: what is public and what is secret are of different types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from ephemera.domain.cursors import Cursor

MOST_SEATS: Final = 8
LEAST_SEATS: Final = 2
GRACES: Final = (30, 120, 900, 3600)
"""Seconds that a seat without a stream is kept; the opener of a room chooses."""
MOST_MEMBERS_EVER: Final = 200
"""Nicknames stay reserved until the wipe, so the members of one room's life are bounded."""
MOST_REMEMBERED_POSTS: Final = 16
"""How many of a seat's own posts can still be recognised when they are tried again."""

Role = Literal["host", "member"]


@dataclass(frozen=True, slots=True)
class Member:
    """Someone admitted, as everybody in the room may see them. Times in seconds since the epoch."""

    id: str
    nickname: str
    role: Role
    joined_at: float
    away_since: float | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """The secret part of a member's place: nothing that encodes, logs or exports may reach it."""

    digest: str = field(repr=False)
    posted: tuple[tuple[str, int], ...] = field(default=(), repr=False)
    """(fingerprint, sequence) of the newest posts that came with a key."""


@dataclass(frozen=True, slots=True)
class Room:
    """The state of a room after event `sequence` of its `generation`.

    `members` stand in the order in which they joined. `seats` has the secret
    part of each. `reserved` maps every face of every nickname ever used here
    to the digest of the token it belongs to.
    """

    id: str
    generation: str
    capacity: int
    grace: int
    opened_at: float
    expires_at: float
    code: str = field(default="", repr=False)
    sequence: int = 0
    admitted: int = 0
    members: tuple[Member, ...] = ()
    seats: Mapping[str, Seat] = field(default_factory=dict, repr=False)
    reserved: Mapping[str, str] = field(default_factory=dict, repr=False)
    wiped: bool = False

    @property
    def cursor(self) -> Cursor:
        """The place after the newest event."""
        return Cursor(self.generation, self.sequence)

    def member(self, member_id: str) -> Member | None:
        """Return the member of that id, or None when the seat is gone."""
        return next((member for member in self.members if member.id == member_id), None)

    def holder_of(self, digest: str) -> Member | None:
        """Return the member whose seat's token has that digest."""
        for member_id, seat in self.seats.items():
            if seat.digest == digest:
                return self.member(member_id)
        return None

    def sequence_of(self, member_id: str, fingerprint: str) -> int | None:
        """Return the sequence of the message that this member posted with that fingerprint."""
        return dict(self.seats[member_id].posted).get(fingerprint)
