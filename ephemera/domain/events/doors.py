"""Facts about the ways into a room, and about how it is run."""

from dataclasses import dataclass, field
from typing import Literal

from ephemera.domain.events.base import Event, Secret
from ephemera.domain.rooms import Invitation, Knock, Member, Options

KnockEnd = Literal["admitted", "declined", "expired", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _ByMember(Event):
    """The member did something to the room."""

    member: Member

    @property
    def actor(self) -> str:
        """Whoever did it."""
        return self.member.id


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomLocked(_ByMember):
    """The code admits nobody."""

    name = "room-locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomUnlocked(_ByMember):
    """The code admits again."""

    name = "room-unlocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRotated(_ByMember):
    """There is a new code; the old one, and every invitation, admit nobody any more."""

    name = "code-rotated"
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsChanged(_ByMember):
    """The room is run like this from now on."""

    name = "options-changed"
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationIssued(_ByMember):
    """There is one more way in, for so many people."""

    name = "invitation-issued"
    invitation: Invitation


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRevoked(_ByMember):
    """That way in is closed."""

    name = "invitation-revoked"
    invitation: Invitation


@dataclass(frozen=True, slots=True, kw_only=True)
class Knocked(Event):
    """Somebody waits at the door."""

    name = "knocked"
    knock: Knock

    @property
    def has_line(self) -> bool:
        """Never: they stand in the roster until they are answered."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnockEnded(Event):
    """Nobody waits there any more; `by` has answered, if somebody did."""

    name = "knock-ended"
    knock: Knock
    reason: KnockEnd
    by: Member | None = None

    @property
    def has_line(self) -> bool:
        """Whether somebody decided it."""
        return self.by is not None

    @property
    def actor(self) -> str | None:
        """Whoever answered."""
        return self.by.id if self.by else None

    @property
    def released(self) -> str:
        """The id of the knock."""
        return self.knock.id


@dataclass(frozen=True, slots=True)
class InvitationKept(Secret):
    """The invitation opens with the word of this digest."""

    invitation_id: str
    digest: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KnockerKept(Secret):
    """Who waits there will have a seat that opens with the token of this digest.

    What the `previous` token stood for in this room goes over to it already:
    whoever knocks in vain is still who they were.
    """

    knock_id: str
    digest: str = field(repr=False)
    previous: str | None = field(default=None, repr=False)
