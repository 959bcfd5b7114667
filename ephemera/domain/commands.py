"""What somebody wants to happen, as verbs: `decide` is told when, and `By` says who acts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ephemera.domain.events import Quote
from ephemera.domain.presence import Lease
from ephemera.domain.rooms import Newcomers, Options, Sign


class Command:
    """A wish; `decide` says what comes of it."""

    __slots__ = ()


class Act:
    """What a member does; `By` says who."""

    __slots__ = ()

    shows_life: ClassVar[bool] = True
    """Whether it tells the others that who was away is here, if anything comes of it."""


class Power(Act):
    """What only a host may do."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class By(Command):
    """Let the member of that id do something."""

    member_id: str
    act: Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Command):
    """Open a room and sit down in it as its host."""

    room_id: str
    generation: str
    code: str = field(repr=False)
    nickname: str
    digest: str = field(repr=False)
    options: Options
    lifetime: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Command):
    """Take a seat, or a place at the door, by the code or by the digest of an invitation's word.

    `previous` is the digest of a token once held in this room.
    """

    nickname: str
    digest: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    word: str | None = field(default=None, repr=False)
    previous: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComeBack(Command):
    """Take one's place again, which was lost because the grace was over.

    `previous` is the digest of the token that proves whose it was; the code is not asked for.
    """

    digest: str = field(repr=False)
    previous: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Command):
    """Wait at the door no longer."""

    knock_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post(Act):
    """Say something. The same fingerprint again is the same message."""

    text: str
    reply: Quote | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(Act):
    """Put these words in the place of those of one's message of that sequence."""

    message: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(Act):
    """Take the message of that sequence back."""

    message: int


@dataclass(frozen=True, slots=True, kw_only=True)
class React(Act):
    """Put a sign on the message of that sequence, or take one's own off (None)."""

    message: int
    sign: Sign | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Act):
    """Be here, after having been away or not."""

    shows_life = False  # it is nothing but that


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(Act):
    """Give the seat up.

    `sure`: `yes`, whatever comes of it; `no`, only if nothing does that one would be asked about;
    or what one has been asked about already, in the words of the refusal that asked.
    """

    shows_life = False  # they are gone after it
    sure: str = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Power):
    """End the room for all, now."""

    shows_life = False  # there is nobody to tell it to


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove(Power):
    """Show a member out for good; with a `code`, it is the room's from then on."""

    target: str
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute(Power):
    """Let a member speak no more, or again."""

    target: str
    muted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Appoint(Power):
    """Make a member a host, beside oneself or (not `stay`) in one's own place."""

    target: str
    stay: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Resign(Power):
    """Be a host no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock(Power):
    """Let the code admit nobody, or again."""

    locked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotate(Power):
    """Put this code in the place of the room's."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite(Power):
    """Issue an invitation for `uses` people and `seconds`, whose word has that digest."""

    digest: str = field(repr=False)
    uses: int = 1
    seconds: int = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke(Power):
    """Close the way in that an invitation is."""

    invitation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerKnock(Act):
    """Let in who knocks, or turn them away."""

    knock: str
    admit: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOptions(Power):
    """Run the room like this from now on; what is None stays as it is."""

    capacity: int | None = None
    grace: int | None = None
    ask: bool | None = None
    newcomers: Newcomers | None = None
    vanish: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore(Command):
    """Let a room that its engine has lost go on in that generation; nobody asks for it."""

    generation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Command):
    """Do what has become due, as far as these leases tell."""

    leases: Mapping[str, Lease]
