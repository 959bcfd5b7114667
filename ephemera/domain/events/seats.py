"""Facts about seats: who came, went, was away, and is the host."""

from dataclasses import dataclass, field
from typing import Literal

from ephemera.domain.events.base import Event, Secret
from ephemera.domain.rooms import Invitation, Member, Options

LeaveReason = Literal["left", "away"]
WipeReason = Literal["empty", "closed", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOpened(Event):
    """Somebody opened the room and is its host."""

    name = "room-opened"
    room_id: str
    generation: str
    member_id: str
    nickname: str
    options: Options
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRestored(Event):
    """The room was lost and is back, in that generation; what was said before is not."""

    name = "room-restored"
    generation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined(Event):
    """Somebody took a seat; by an invitation, of which so much is left."""

    name = "member-joined"
    member: Member
    invitation: Invitation | None = None

    @property
    def has_line(self) -> bool:
        """Whether it is worth a line: that the opener sits down too goes without saying."""
        return self.member.role != "host"

    @property
    def actor(self) -> str:
        """Whoever joined."""
        return self.member.id


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft(Event):
    """A seat was released."""

    name = "member-left"
    member: Member
    reason: LeaveReason

    @property
    def released(self) -> str:
        """The id of the member who left."""
        return self.member.id


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberWentAway(Event):
    """A lease ended: nobody is seen in that seat."""

    name = "member-went-away"
    member: Member

    @property
    def has_line(self) -> bool:
        """Never: the roster shows it."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReturned(Event):
    """An away member is here again."""

    name = "member-returned"
    member: Member

    @property
    def has_line(self) -> bool:
        """Never: the roster shows it."""
        return False

    @property
    def actor(self) -> str:
        """Whoever returned."""
        return self.member.id


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomWiped(Event):
    """The end: nothing of the room can be reached any more."""

    name = "room-wiped"
    reason: WipeReason
    member: Member | None = None
    """Who ended it, if somebody did."""

    @property
    def has_line(self) -> bool:
        """Never: there is no log any more."""
        return False


@dataclass(frozen=True, slots=True)
class CodeIssued(Secret):
    """From now on this code admits."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SeatTaken(Secret):
    """The seat of that member opens with the token of this digest.

    `previous` is the digest of an older token whose reserved nicknames go over
    to the new one.
    """

    member_id: str
    digest: str = field(repr=False)
    previous: str | None = field(default=None, repr=False)
