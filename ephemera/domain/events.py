"""Facts about a room, in the past tense.

An `Event` is announced: it is numbered, kept in the log and shown to members.
A `Secret` happens in the same step, changes the room's state, and is seen by
nobody: a type that no log, encoder or stream can hold.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from ephemera.domain.rooms import Member

LeaveReason = Literal["left", "away"]
WipeReason = Literal["empty", "closed", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact that is announced; `at` in seconds since the epoch."""

    name: ClassVar[str]
    at: float

    @property
    def has_line(self) -> bool:
        """Whether the event has a line of its own in the log that people read."""
        return True

    @property
    def released(self) -> str | None:
        """The id of the member whose seat ended with this event, if any."""
        return None

    @property
    def weight(self) -> int:
        """Bytes that the event counts for in the log."""
        return 128


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOpened(Event):
    """Somebody opened the room and is its host."""

    name = "room-opened"
    room_id: str
    generation: str
    member_id: str
    nickname: str
    capacity: int
    grace: int
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined(Event):
    """Somebody took a seat."""

    name = "member-joined"
    member: Member

    @property
    def has_line(self) -> bool:
        """Whether it is worth a line: that the opener sits down too goes without saying."""
        return self.member.role != "host"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class HostChanged(Event):
    """The member is the host from now on."""

    name = "host-changed"
    member: Member


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePosted(Event):
    """A member said something."""

    name = "message-posted"
    member_id: str
    nickname: str
    text: str

    @property
    def weight(self) -> int:
        """Bytes that the message counts for in the log."""
        return 128 + len(self.text.encode())


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
class Secret:
    """A fact that changes the room's state and is announced to nobody."""


@dataclass(frozen=True, slots=True)
class CodeIssued(Secret):
    """From now on this code admits."""

    code: str


@dataclass(frozen=True, slots=True)
class SeatTaken(Secret):
    """The seat of that member opens with the token of this digest.

    `previous` is the digest of an older token whose reserved nicknames go over
    to the new one.
    """

    member_id: str
    digest: str
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class PostRemembered(Secret):
    """The newest message of the room came with this fingerprint."""

    member_id: str
    fingerprint: str
