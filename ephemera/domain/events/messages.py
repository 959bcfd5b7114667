"""Facts about messages: said, edited, reacted to, taken back."""

from dataclasses import dataclass, replace

from ephemera.domain.events.base import Event, Secret, Signal
from ephemera.domain.links import shown_bytes
from ephemera.domain.rooms import Member, Sign

MOST_QUOTED_CHARACTERS = 120
REACTION_BYTES = 128
"""What a reaction becomes at most where it is shown."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The first line of the message that another one replies to; empty when it was taken back."""

    message: int
    member_id: str
    nickname: str
    text: str


def first_line(text: str) -> str:
    """Return so much of a text as a quote shows."""
    line = text.lstrip().split("\n", 1)[0].strip()
    return line if len(line) <= MOST_QUOTED_CHARACTERS else line[: MOST_QUOTED_CHARACTERS - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePosted(Event):
    """A member said something, which disappears at `expires_at` (if at all).

    `action`: it tells what its author does (`/me`). In the log, where later
    events change it, it has the `text` and the `reactions` of now.
    """

    name = "message-posted"
    member_id: str
    nickname: str
    text: str
    action: bool = False
    reply: Quote | None = None
    expires_at: float | None = None
    edited: bool = False
    reactions: tuple[tuple[str, Sign], ...] = ()

    @property
    def actor(self) -> str:
        """The author."""
        return self.member_id

    @property
    def weight(self) -> int:
        """Bytes that the message counts for in the log: what its words become at most on a page."""
        quoted = (
            shown_bytes(self.reply.text) + shown_bytes(self.reply.nickname) if self.reply else 0
        )
        said = shown_bytes(self.text) + shown_bytes(self.nickname)
        return 128 + said + quoted + REACTION_BYTES * len(self.reactions)

    def seen_from(self, horizon: int) -> Event:
        """Return the message without its quote of one that is not to be seen."""
        hidden = self.reply and self.reply.message <= horizon
        return replace(self, reply=None) if hidden else self

    def after(self, sequence: int, later: Event) -> Event:
        """Return the message with the words and reactions that it, and what it quotes, has now."""
        match later:
            case MessageEdited(text=text) if later.message == sequence:
                return replace(self, text=text, edited=True)
            case MessageReacted(reactions=reactions) if later.message == sequence:
                return replace(self, reactions=reactions)
            case MessageEdited() if self.reply and self.reply.message == later.message:
                return self._quoting(first_line(later.text))
            case _ if self.reply and self.reply.message in later.takes_back:
                return self._quoting("")
            case _:
                return self

    def _quoting(self, words: str) -> "MessagePosted":
        return replace(self, reply=replace(self.reply, text=words) if self.reply else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(Event):
    """Message number `message`, which is an `action` or not, has these words now."""

    name = "message-edited"
    message: int
    member_id: str
    nickname: str
    text: str
    action: bool = False

    @property
    def has_line(self) -> bool:
        """Never: it is seen on the message."""
        return False

    @property
    def actor(self) -> str:
        """The author."""
        return self.member_id

    @property
    def about(self) -> int:
        """The message."""
        return self.message

    @property
    def weight(self) -> int:
        """Bytes that the new words count for in the log."""
        return 128 + shown_bytes(self.text) + shown_bytes(self.nickname)

    def supersedes(self, earlier: Event) -> bool:
        """Tell whether the earlier event is an older version of this message."""
        return isinstance(earlier, MessageEdited) and earlier.message == self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReacted(Event):
    """The member put a sign on message number `message`, or took theirs off; all it has now."""

    name = "message-reacted"
    message: int
    member: Member
    sign: Sign | None
    reactions: tuple[tuple[str, Sign], ...]

    @property
    def has_line(self) -> bool:
        """Never: it is seen on the message."""
        return False

    @property
    def actor(self) -> str:
        """Whoever reacted."""
        return self.member.id

    @property
    def about(self) -> int:
        """The message."""
        return self.message

    def supersedes(self, earlier: Event) -> bool:
        """Tell whether the earlier event told older reactions to this message."""
        return isinstance(earlier, MessageReacted) and earlier.message == self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted(Event):
    """`by` took back message number `message`, which `member_id`, called `nickname`, had posted."""

    name = "message-deleted"
    message: int
    member_id: str
    nickname: str
    by: Member

    @property
    def actor(self) -> str:
        """Whoever took it back."""
        return self.by.id

    @property
    def about(self) -> int:
        """The message."""
        return self.message

    @property
    def takes_back(self) -> tuple[int, ...]:
        """The message."""
        return (self.message,)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesExpired(Event):
    """The time of these messages was up."""

    name = "messages-expired"
    messages: tuple[int, ...]

    @property
    def has_line(self) -> bool:
        """Never: disappearing is all they do."""
        return False

    @property
    def takes_back(self) -> tuple[int, ...]:
        """The messages."""
        return self.messages


@dataclass(frozen=True, slots=True)
class PostRemembered(Secret):
    """The newest message of the room came with this fingerprint."""

    member_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberWriting(Signal):
    """The member is typing."""

    name = "writing"
    member: Member
