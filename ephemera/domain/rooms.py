"""A room and those in it, as values: what is public and what is secret are of different types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from ephemera.domain.cursors import Cursor

MOST_SEATS: Final = 8
LEAST_SEATS: Final = 2
GRACES: Final = (30, 120, 900, 3600)
"""Seconds that a seat without a stream is kept; the opener of a room chooses."""
VANISHINGS: Final = (0, 60, 300, 3600)
"""Seconds after which a message disappears by itself; 0: it stays."""
INVITATION_SECONDS: Final = (600, 3600, 21_600, 86_400)
"""How long an invitation may be good for; whoever issues it chooses."""
USUAL_INVITATION_SECONDS: Final = 3600
MOST_FORMER_NAMES: Final = 200
"""How many names of people who are not here stay reserved: the newest. Nothing that an older one
said is in the log any more, which has 200 events: so many others have come and gone since."""
MOST_LAPSED: Final = 64
"""How many of those whose grace was over can still take their place again."""
MOST_REMEMBERED_POSTS: Final = 16
"""How many of a seat's own posts can still be recognised when they are tried again."""
MOST_TRACES: Final = 400
"""How many of the newest messages can still be taken back: those of two logs. A quote or an edit
repeats words of 200 events ago at most, and is kept for as long."""
MOST_SILENCED: Final = 2 * MOST_FORMER_NAMES
"""How many tokens are remembered that come back muted."""
MOST_BANNED: Final = 2 * MOST_FORMER_NAMES
"""How many tokens are remembered that are not let in."""
MOST_KNOCKS: Final = 16
"""How many may wait at the door."""
KNOCK_SECONDS: Final = 300
"""How long somebody waits at the door."""
MOST_INVITATIONS: Final = 16
"""How many invitations of a room can be open at once."""
MOST_CLOSED_INVITATIONS: Final = 64
"""Of how many that are over the word is still known: it must not be issued again."""

Role = Literal["host", "member"]
Newcomers = Literal["all", "later"]
"""What who joins may read: everything in the log, or only what comes after they joined."""
Sign = Literal["yes", "no", "love", "laugh", "wow", "sad"]
TurnedAway = Literal["declined", "expired"]


@dataclass(frozen=True, slots=True)
class Options:
    """How a room is run: chosen when it is opened, and changed by a host.

    `grace` and `vanish` in seconds. With `ask`, who has the code waits at the
    door until a host lets them in.
    """

    capacity: int = LEAST_SEATS
    grace: int = 900
    ask: bool = False
    newcomers: Newcomers = "all"
    vanish: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """Someone admitted, as everybody in the room may see them. Times in seconds since the epoch.

    Nothing up to the sequence `horizon` is theirs to read.
    """

    id: str
    nickname: str
    role: Role
    joined_at: float
    away_since: float | None = None
    muted: bool = False
    horizon: int = 0


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody who waits at the door, as everybody in the room may see them."""

    id: str
    nickname: str
    at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Invitation:
    """A way in for `uses` more people until `expires_at`; whoever has its word may take it."""

    id: str
    uses: int
    expires_at: float


@dataclass(frozen=True, slots=True)
class Trace:
    """What the state of a room knows of a message: all but its words, which only the log has.

    `reactions` are pairs of a member id and a sign. `gone` says that the
    message was taken back.
    """

    member_id: str
    nickname: str
    at: float
    expires_at: float | None = None
    action: bool = False
    reactions: tuple[tuple[str, Sign], ...] = ()
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """The secret part of a member's place: nothing that encodes, logs or exports may reach it."""

    digest: str = field(repr=False)
    posted: tuple[tuple[str, int], ...] = field(default=(), repr=False)
    """(fingerprint, sequence) of the newest posts that came with a key."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A place whose grace was over: the member as they were, and the secret part of their seat."""

    member: Member
    digest: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Knocker:
    """The secret part of a knock: the digest of the token that will open the seat."""

    digest: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Room:
    """The state of a room after event `sequence` of its `generation`.

    `members` stand in the order in which they joined. `seats` has the secret
    part of each, `knockers` that of each knock, `words` the digest of the word
    of each invitation, also of those that are over. `reserved` maps every face
    of every nickname in use, and of the newest that were, to the digest of the
    token it belongs to, in the order in which they were given up;
    `banned` and `silenced` are digests of tokens that are not let in, or come
    back muted. `turned_away` tells the newest of those who knocked in vain why.
    `traces` has the newest messages by their sequence, `lapsed` the newest whose
    grace was over by their member id. `met_at` is when the first guest was
    admitted; 0 until then.
    """

    id: str
    generation: str
    options: Options
    opened_at: float
    expires_at: float
    code: str = field(default="", repr=False)
    sequence: int = 0
    admitted: int = 0
    met_at: float = 0.0
    knocked: int = 0
    invited: int = 0
    locked: bool = False
    members: tuple[Member, ...] = ()
    knocks: tuple[Knock, ...] = ()
    invitations: tuple[Invitation, ...] = ()
    traces: Mapping[int, Trace] = field(default_factory=dict)
    seats: Mapping[str, Seat] = field(default_factory=dict, repr=False)
    knockers: Mapping[str, Knocker] = field(default_factory=dict, repr=False)
    words: Mapping[str, str] = field(default_factory=dict, repr=False)
    reserved: Mapping[str, str] = field(default_factory=dict, repr=False)
    lapsed: Mapping[str, Lapsed] = field(default_factory=dict, repr=False)
    banned: tuple[str, ...] = field(default=(), repr=False)
    silenced: tuple[str, ...] = field(default=(), repr=False)
    turned_away: Mapping[str, TurnedAway] = field(default_factory=dict, repr=False)
    wiped: bool = False

    @property
    def cursor(self) -> Cursor:
        """The place after the newest event."""
        return Cursor(self.generation, self.sequence)

    @property
    def is_met(self) -> bool:
        """Whether the room has ever had a second member."""
        return self.admitted > 1

    @property
    def has_host_here(self) -> bool:
        """Whether a host is in the room and not away."""
        return any(member.role == "host" and member.away_since is None for member in self.members)

    def member(self, member_id: str) -> Member | None:
        """Return the member of that id, or None when the seat is gone."""
        return next((member for member in self.members if member.id == member_id), None)

    def knock(self, knock_id: str) -> Knock | None:
        """Return the knock of that id, or None when nobody waits there any more."""
        return next((knock for knock in self.knocks if knock.id == knock_id), None)

    def invitation(self, invitation_id: str) -> Invitation | None:
        """Return the invitation of that id, or None when it is used up, revoked or over."""
        return next((one for one in self.invitations if one.id == invitation_id), None)

    def invitation_of(self, word: str, at: float) -> Invitation | None:
        """Return the invitation whose word has that digest, while it admits."""
        for one in self.invitations:
            if self.words[one.id] == word and at < one.expires_at:
                return one
        return None

    def holder_of(self, digest: str) -> Member | None:
        """Return the member whose seat's token has that digest."""
        for member_id, seat in self.seats.items():
            if seat.digest == digest:
                return self.member(member_id)
        return None

    def lapse_of(self, digest: str) -> Lapsed | None:
        """Return the place that was lost, of which the token has that digest."""
        return next((one for one in self.lapsed.values() if one.digest == digest), None)

    def knock_of(self, digest: str) -> Knock | None:
        """Return the knock that will get a seat with the token of that digest."""
        for knock_id, knocker in self.knockers.items():
            if knocker.digest == digest:
                return self.knock(knock_id)
        return None

    def sequence_of(self, member_id: str, fingerprint: str) -> int | None:
        """Return the sequence of the message that this member posted with that fingerprint."""
        return dict(self.seats[member_id].posted).get(fingerprint)
