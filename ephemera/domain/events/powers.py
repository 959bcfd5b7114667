"""Facts about what hosts do to members, and to who is host."""

from dataclasses import dataclass, field

from ephemera.domain.events.base import Event, Secret
from ephemera.domain.rooms import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done(Event):
    """`by` did something to `member`."""

    member: Member
    by: Member

    @property
    def actor(self) -> str:
        """Whoever did it."""
        return self.by.id


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved(_Done):
    """The member was shown out and will not be let in again."""

    name = "member-removed"

    @property
    def released(self) -> str:
        """The id of the member who was removed."""
        return self.member.id


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberMuted(_Done):
    """The member may read but not speak."""

    name = "member-muted"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberUnmuted(_Done):
    """The member may speak again."""

    name = "member-unmuted"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostChanged(Event):
    """The member is a host from now on: named so by `by`, or because no host was left."""

    name = "host-changed"
    member: Member
    by: Member | None = None

    @property
    def actor(self) -> str | None:
        """Whoever named the host."""
        return self.by.id if self.by else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostResigned(Event):
    """The member is a host no more, by their own wish."""

    name = "host-resigned"
    member: Member

    @property
    def actor(self) -> str:
        """Whoever resigned."""
        return self.member.id


@dataclass(frozen=True, slots=True)
class SeatBanned(Secret):
    """Whoever shows the token of this digest is not let in again."""

    digest: str = field(repr=False)
