"""What people are told of what is refused."""

import unicodedata
from collections.abc import Mapping
from math import ceil
from typing import Final, get_args

from ephemera.domain.decide.messages import EDIT_SECONDS
from ephemera.domain.errors import (
    Invalid,
    LeavingHandsOver,
    Paused,
    Refusal,
    TooMany,
    Unshowable,
)
from ephemera.domain.nicknames import MOST_GRAPHEMES
from ephemera.domain.rooms import (
    GRACES,
    INVITATION_SECONDS,
    LEAST_SEATS,
    MOST_INVITATIONS,
    MOST_SEATS,
    VANISHINGS,
    Sign,
)
from ephemera.domain.texts import MOST_CHARACTERS, MOST_LINES
from ephemera.lobby.idempotency import MOST_KEY_CHARACTERS, SHORTEST_KEY
from ephemera.web.rendering.choices import chosen_length
from ephemera.web.rendering.languages import Name, Sentence, counted, duration, said

_MINUTE: Final = 60


def sentence(refusal: Refusal, locale: str) -> str:
    """Return what a person is told about the refusal."""
    return _told(refusal).plain(locale)


def _told(refusal: Refusal) -> Sentence:
    match refusal:
        case Unshowable(character=character, place=place):
            return said(
                "We cannot show character %(place)s of that nickname: it is %(character)s. "
                "Leave it out.",
                place=place,
                character=_named(character),
            )
        case Invalid(field=field, problem=problem):
            return _PROBLEMS[field, problem]
        case TooMany(retry_after=wait):
            return counted(
                "That was too fast. Try again in %(n)s second.",
                "That was too fast. Try again in %(n)s seconds.",
                ceil(wait),
            )
        case LeavingHandsOver(nickname=nickname):
            return said(
                "You are the only host. If you leave, %(whom)s becomes the host.",
                whom=Name(nickname),
            )
        case Paused(why=why) if why:
            return said("No room can be opened here just now. %(why)s", why=why)
        case _:
            return _REFUSALS[refusal.reason]


def _named(character: str) -> str:
    """Return what the standard calls the character; it has names in English only."""
    number, name = f"U+{ord(character):04X}", unicodedata.name(character, "")
    return f"{number} ({name.lower()})" if name else number


def _one_of(seconds: tuple[int, ...]) -> Sentence:
    """Return what asks for one of these numbers of seconds."""
    *choices, last = (_choice(each) for each in seconds)
    return said("Choose %(choices)s or %(last)s.", choices=tuple(choices), last=last)


def _choice(seconds: int) -> Sentence:
    typed = str(seconds)
    if not seconds:
        return said("%(typed)s (never)", typed=typed)
    if seconds < _MINUTE:
        return said("%(typed)s (seconds)", typed=typed)
    return said("%(typed)s (%(length)s)", typed=typed, length=chosen_length(seconds))


_YES_OR_NO: Final = said("Choose “yes” or “no”.")
_INVITED: Final = counted(
    "An invitation is for 1 person.",
    "An invitation is for 1 to %(n)s people.",
    MOST_SEATS - 1,
)

_REFUSALS: Final[Mapping[str, Sentence]] = {
    "not-understood": said("We could not read that. Send it as a form, in UTF-8."),
    "unsupported-type": said(
        "We do not read a body of that kind. Send a form in UTF-8: with curl, by -d, -F or --json."
    ),
    "unsupported-coding": said("We do not unpack anything. Send it uncompressed."),
    "wrong-method": said("This address takes no request of that kind."),
    "not-put": said(
        "Nothing can be put here. Post it: with curl, by --data-binary @- in the place of -T."
    ),
    "not-allowed": said("You may not do that here."),
    "not-host": said("Only a host may do that."),
    "not-author": said("Only who wrote that message may do this."),
    "not-over-hosts": said("A host cannot do that to a host, nor to themselves."),
    "opening-paused": said("No room can be opened here just now."),
    "opening-key-needed": said("To open a room here you need a key from whoever runs this site."),
    "muted": said("A host has muted you: you can read, but not speak."),
    "removed": said("You were removed from this room and cannot come back."),
    "room-locked": said("The room is locked: nobody can join by its code just now."),
    "door-crowded": said("Too many people wait to be let in. Please try again later."),
    "member-gone": said("They are not in the room any more."),
    "message-gone": said("That message is gone."),
    "knock-gone": said("They do not wait to be let in any more."),
    "edit-over": said(
        "A message can be edited for %(length)s. That time is over.", length=duration(EDIT_SECONDS)
    ),
    "last-host": said("Name another host first: a room needs one."),
    "leaving-erases": said("You are the last one here. Leaving erases the room now."),
    "invitation-gone": said("That invitation is over. Make a new one."),
    "too-many-invitations": counted(
        "%(n)s invitation is open. Take it back first.",
        "%(n)s invitations are open. Take one back first.",
        MOST_INVITATIONS,
    ),
    "no-such-room": said("There is nothing here."),
    "wrong-code": said("That code opens no room. It may be mistyped, or the room is gone."),
    "room-full": said("Every seat in this room is taken."),
    "too-large": said("That is more than we take at once."),
    "too-slow": said("That took too long to arrive. Please try again."),
    "unavailable": said("We cannot take more right now. Please try again in a moment."),
    "broken": said("Something went wrong here, and not by your doing. Please try again."),
}

_PROBLEMS: Final[Mapping[tuple[str, str], Sentence]] = {
    ("nickname", "empty"): said("Choose a nickname."),
    ("nickname", "too-long"): counted(
        "A nickname has at most %(n)s character.",
        "A nickname has at most %(n)s characters.",
        MOST_GRAPHEMES,
    ),
    ("nickname", "too-many-marks"): said("That nickname stacks too many marks on a letter."),
    ("nickname", "taken"): said(
        "Somebody in this room has, or had, a nickname that looks like this one."
    ),
    ("capacity", "not-a-number"): said(
        "Choose a whole number of seats, from %(least)s to %(n)s.", least=LEAST_SEATS, n=MOST_SEATS
    ),
    ("capacity", "out-of-range"): counted(
        "A room has %(least)s to %(n)s seat.",
        "A room has %(least)s to %(n)s seats.",
        MOST_SEATS,
        least=LEAST_SEATS,
    ),
    ("grace", "not-a-choice"): _one_of(GRACES),
    ("capacity", "below-taken"): said("More seats than that are taken."),
    ("newcomers", "not-a-choice"): said("Choose “all” or “later”."),
    ("vanish", "not-a-choice"): _one_of(VANISHINGS),
    ("ask", "not-a-choice"): _YES_OR_NO,
    ("state", "not-a-choice"): said("Choose “on” or “off”."),
    ("answer", "not-a-choice"): said("Choose “admit” or “decline”."),
    ("stay", "not-a-choice"): _YES_OR_NO,
    ("keep_code", "not-a-choice"): _YES_OR_NO,
    ("sign", "not-a-choice"): said(
        "Choose one of: %(signs)s; or none, to take yours off.", signs=get_args(Sign)
    ),
    ("uses", "out-of-range"): _INVITED,
    ("uses", "not-a-choice"): _INVITED,
    ("lasts", "not-a-choice"): _one_of(INVITATION_SECONDS),
    ("member", "unknown"): said("There is no such member in this room."),
    ("message", "unknown"): said("There is no such message in this room."),
    ("knock", "unknown"): said("Nobody like that has knocked."),
    ("invitation", "unknown"): said("There is no such invitation."),
    ("code", "empty"): said("Type the code that you were given."),
    ("text", "unnamed"): said(
        "None of that is called “text”. With curl, send a message by --data-urlencode text@-."
    ),
    ("text", "empty"): said("There is nothing in this message yet."),
    ("text", "too-long"): counted(
        "A message has at most %(n)s character.",
        "A message has at most %(n)s characters.",
        MOST_CHARACTERS,
    ),
    ("text", "too-many-lines"): counted(
        "A message has at most %(n)s line.", "A message has at most %(n)s lines.", MOST_LINES
    ),
    ("key", "too-short"): counted(
        "The key of a seat has at least %(n)s character.",
        "The key of a seat has at least %(n)s characters.",
        SHORTEST_KEY,
    ),
    ("key", "too-long"): counted(
        "A key has at most %(n)s character.",
        "A key has at most %(n)s characters.",
        MOST_KEY_CHARACTERS,
    ),
}
