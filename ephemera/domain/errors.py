"""Everything Ephemera may refuse, as one tree.

::

    Refusal
    ├── NotUnderstood        the request cannot be read
    │   ├── Unsupported      a media type, or an encoding, that is not read
    │   │   └── Coded        a body that is compressed
    │   └── WrongMethod      the address takes no request of this kind
    │       └── NotPut       nothing is put anywhere, only posted
    ├── Invalid              one field is not acceptable: `field` says which
    │   ├── NicknameTaken
    │   └── Unshowable       a character of a nickname: `character` says which
    ├── NotAllowed           the member may not do this
    │   ├── NotHost          only a host may
    │   ├── NotAuthor        only who said it, or a host, may
    │   ├── NotOverHosts     no host has power over a host, nor over themselves
    │   ├── Paused           nobody may open a room just now: `why` is the operator's
    │   ├── KeyNeeded        only who knows a key of the operator's may open a room
    │   ├── Muted            the member may read, not speak
    │   └── Removed          was shown out of this room (only said to someone with a good code)
    ├── NoSuchRoom           unknown, wiped, or not yours: there is no telling which
    ├── WrongCode            unknown, rotated or of a wiped room: there is no telling which
    ├── RoomFull             every seat is taken (only said to someone with a good code)
    ├── NotPossible          the room is not, or not any more, as the asker takes it to be
    │   ├── Locked           the code admits nobody now (only said to someone with a good code)
    │   ├── DoorCrowded      too many wait at the door (the same)
    │   ├── MemberGone       that seat has been released
    │   ├── MessageGone      that message has been taken back, or is kept no more
    │   ├── KnockGone        nobody waits there any more
    │   ├── EditOver         the time to edit that message is over
    │   ├── LastHost         nobody else is a host
    │   ├── LeavingErases    the last one leaves, and has not been asked about it
    │   ├── LeavingHandsOver the only host leaves, and has not been asked about it
    │   ├── InvitationGone   that invitation was issued before, and is over
    │   └── TooManyInvitations
    ├── TooLarge             more bytes than we take
    ├── TooSlow              the body did not arrive in time
    ├── Later                worth another try: `retry_after` seconds
    │   ├── TooMany          a rate is exceeded
    │   └── Unavailable      this process cannot take more
    └── Broken               a fault of Ephemera itself, admitted

Sentences for people live in `ephemera.web.rendering.refusals`: the domain speaks no language.
"""

from typing import ClassVar


class Refusal(Exception):
    """Something Ephemera will not do; `reason` is a stable word for programs."""

    reason: ClassVar[str] = "refused"


class NotUnderstood(Refusal):
    """The request cannot be read: not UTF-8, or not what it says it is."""

    reason = "not-understood"


class Unsupported(NotUnderstood):
    """The body is of a media type, or in an encoding, that is not read."""

    reason = "unsupported-type"


class Coded(Unsupported):
    """The body is compressed, and nothing here unpacks one."""

    reason = "unsupported-coding"


class WrongMethod(NotUnderstood):
    """The address takes no request of this kind: it is only read, or only posted to."""

    reason = "wrong-method"


class NotPut(WrongMethod):
    """Nothing can be put anywhere: it is posted, and the server finds its place."""

    reason = "not-put"


class Invalid(Refusal):
    """The value of the form field is not acceptable: `problem` is a stable word for why."""

    reason = "invalid"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem


class NicknameTaken(Invalid):
    """Somebody else in this room is, was, or looks like this nickname."""

    reason = "nickname-taken"

    def __init__(self) -> None:
        super().__init__("nickname", "taken")


class Unshowable(Invalid):
    """The character cannot be shown there: it is the one in that place of the nickname, from 1."""

    def __init__(self, character: str, place: int) -> None:
        super().__init__("nickname", "unprintable")
        self.character = character
        self.place = place


class NotAllowed(Refusal):
    """The member may not do this, or the request comes from another site."""

    reason = "not-allowed"


class NotHost(NotAllowed):
    """Only the host of the room may do this."""

    reason = "not-host"


class NotAuthor(NotAllowed):
    """Only who said it may do this, or also a host."""

    reason = "not-author"


class NotOverHosts(NotAllowed):
    """Nobody has power over a host, themselves included: trust that was given stays."""

    reason = "not-over-hosts"


class Paused(NotAllowed):
    """Nobody may open a room just now; `why` is what the operator says of it, or nothing."""

    reason = "opening-paused"

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class KeyNeeded(NotAllowed):
    """Only who knows a key of the operator's may open a room: none was given, or a wrong one."""

    reason = "opening-key-needed"


class Muted(NotAllowed):
    """The member may read, not speak."""

    reason = "muted"


class Removed(NotAllowed):
    """Whoever asks was shown out of this room for good."""

    reason = "removed"


class NoSuchRoom(Refusal):
    """There is no such room, as far as the asker may know."""

    reason = "no-such-room"


class WrongCode(Refusal):
    """The code admits nobody, whatever the reason."""

    reason = "wrong-code"


class RoomFull(Refusal):
    """Every seat of the room is taken."""

    reason = "room-full"


class NotPossible(Refusal):
    """The room is not, or not any more, as the asker takes it to be: the page was stale."""

    reason = "not-possible"


class Locked(NotPossible):
    """The code admits nobody now."""

    reason = "room-locked"


class DoorCrowded(NotPossible):
    """Too many wait at the door already."""

    reason = "door-crowded"


class MemberGone(NotPossible):
    """The seat of that member has been released."""

    reason = "member-gone"


class MessageGone(NotPossible):
    """The message has been taken back, or is kept no more."""

    reason = "message-gone"


class KnockGone(NotPossible):
    """Nobody waits there any more."""

    reason = "knock-gone"


class EditOver(NotPossible):
    """The time to edit that message is over."""

    reason = "edit-over"


class LastHost(NotPossible):
    """Nobody else is a host: somebody must be named first."""

    reason = "last-host"


class LeavingErases(NotPossible):
    """The last one would leave, and erase the room; `sure` says that they were asked about it."""

    reason = "leaving-erases"
    sure: ClassVar[str] = "erases"


class LeavingHandsOver(NotPossible):
    """The only host would leave, and has not been asked about who becomes the host.

    `sure` is what says that they were asked: the id of that member, called `nickname`.
    """

    reason = "leaving-hands-over"

    def __init__(self, member_id: str, nickname: str) -> None:
        super().__init__(member_id, nickname)
        self.sure, self.nickname = member_id, nickname


class InvitationGone(NotPossible):
    """The invitation was issued before, and is over."""

    reason = "invitation-gone"


class TooManyInvitations(NotPossible):
    """As many invitations are open as a room may have."""

    reason = "too-many-invitations"


class TooLarge(Refusal):
    """The body has more bytes than we take."""

    reason = "too-large"


class TooSlow(Refusal):
    """The body did not arrive in time."""

    reason = "too-slow"


class Later(Refusal):
    """Worth another try after `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class TooMany(Later):
    """A rate is exceeded."""

    reason = "too-many"


class Unavailable(Later):
    """This process is full or draining."""

    reason = "unavailable"


class Broken(Refusal):
    """The one refusal that is a fault of Ephemera itself: something went wrong here."""

    reason = "broken"
