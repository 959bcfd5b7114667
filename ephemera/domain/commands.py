"""What somebody wants to happen, as verbs. `at` is the time of asking, seconds since the epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ephemera.domain.presence import Lease


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A wish; `decide` says what comes of it."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Command):
    """Open a room and sit down in it as its host."""

    room_id: str
    generation: str
    code: str = field(repr=False)
    nickname: str
    digest: str = field(repr=False)
    capacity: int
    grace: int
    lifetime: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Command):
    """Take a seat. `previous` is the digest of a token once held in this room."""

    nickname: str
    digest: str = field(repr=False)
    previous: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post(Command):
    """Say something. The same fingerprint again is the same message."""

    member_id: str
    text: str
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Command):
    """Be here, after having been away or not."""

    member_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(Command):
    """Give the seat up."""

    member_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Command):
    """End the room for all, now."""

    member_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Command):
    """Do what has become due, as far as these leases tell."""

    leases: Mapping[str, Lease]
