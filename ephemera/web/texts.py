"""Every sentence that is not in a template."""

from collections.abc import Callable
from contextvars import ContextVar
from gettext import NullTranslations
from math import ceil
from typing import Final

from ephemera.domain.errors import Invalid, LeavingHandsOver, Refusal, TooMany, Unavailable

translations: ContextVar[NullTranslations] = ContextVar(
    "translations",
    default=NullTranslations(),  # noqa: B039 - it holds no state
)
"""The language of the answer that is being made; English is the source."""


def gettext(sentence: str) -> str:
    """Return the sentence in the language of the answer."""
    return translations.get().gettext(sentence)


def ngettext(one: str, many: str, number: int) -> str:
    """Return the sentence for that number in the language of the answer."""
    return translations.get().ngettext(one, many, number)


_ = gettext

_REFUSALS: Final[dict[str, Callable[[], str]]] = {
    "not-understood": lambda: _("We could not read that. Send it as a form, in UTF-8."),
    "wrong-method": lambda: _("This address takes no request of that kind."),
    "not-allowed": lambda: _("You may not do that here."),
    "not-host": lambda: _("Only a host may do that."),
    "not-author": lambda: _("Only who wrote that message may do this."),
    "not-over-hosts": lambda: _("A host cannot do that to a host, nor to themselves."),
    "muted": lambda: _("A host has muted you: you can read, but not speak."),
    "removed": lambda: _("You were removed from this room and cannot come back."),
    "room-locked": lambda: _("The room is locked: nobody can join by its code just now."),
    "door-crowded": lambda: _("Too many people wait to be let in. Please try again later."),
    "member-gone": lambda: _("They are not in the room any more."),
    "message-gone": lambda: _("That message is gone."),
    "knock-gone": lambda: _("They do not wait to be let in any more."),
    "edit-over": lambda: _("A message can be edited for 5 minutes. That time is over."),
    "last-host": lambda: _("Name another host first: a room needs one."),
    "leaving-erases": lambda: _("You are the last one here. Leaving erases the room now."),
    "invitation-gone": lambda: _("That invitation is over. Make a new one."),
    "too-many-invitations": lambda: _("16 invitations are open. Take one back first."),
    "no-such-room": lambda: _("There is nothing here."),
    "wrong-code": lambda: _("That code opens no room. It may be mistyped, or the room is gone."),
    "room-full": lambda: _("Every seat in this room is taken."),
    "too-large": lambda: _("That is more than we take at once."),
    "too-slow": lambda: _("That took too long to arrive. Please try again."),
    "broken": lambda: _("Something went wrong here, and not by your doing. Please try again."),
}

_PROBLEMS: Final[dict[tuple[str, str], Callable[[], str]]] = {
    ("nickname", "empty"): lambda: _("Choose a nickname."),
    ("nickname", "too-long"): lambda: _("A nickname has at most 24 characters."),
    ("nickname", "unprintable"): lambda: _("A nickname needs visible characters, and only those."),
    ("nickname", "too-many-marks"): lambda: _("That nickname stacks too many marks on a letter."),
    ("nickname", "taken"): lambda: _(
        "Somebody in this room has, or had, a nickname that looks like this one."
    ),
    ("capacity", "not-a-number"): lambda: _("Choose a whole number of seats, from 2 to 8."),
    ("capacity", "out-of-range"): lambda: _("A room has 2 to 8 seats."),
    ("grace", "not-a-choice"): lambda: _(
        "Choose 30 (seconds), 120 (2 minutes), 900 (15 minutes) or 3600 (1 hour)."
    ),
    ("capacity", "below-taken"): lambda: _("More seats than that are taken."),
    ("newcomers", "not-a-choice"): lambda: _("Choose “all” or “later”."),
    ("vanish", "not-a-choice"): lambda: _(
        "Choose 0 (never), 60 (1 minute), 300 (5 minutes) or 3600 (1 hour)."
    ),
    ("ask", "not-a-choice"): lambda: _("Choose “yes” or “no”."),
    ("state", "not-a-choice"): lambda: _("Choose “on” or “off”."),
    ("answer", "not-a-choice"): lambda: _("Choose “admit” or “decline”."),
    ("stay", "not-a-choice"): lambda: _("Choose “yes” or “no”."),
    ("keep_code", "not-a-choice"): lambda: _("Choose “yes” or “no”."),
    ("sign", "not-a-choice"): lambda: _(
        "Choose one of: yes, no, love, laugh, wow, sad; or none, to take yours off."
    ),
    ("uses", "out-of-range"): lambda: _("An invitation is for 1 to 7 people."),
    ("uses", "not-a-choice"): lambda: _("An invitation is for 1 to 7 people."),
    ("lasts", "not-a-choice"): lambda: _(
        "Choose 600 (10 minutes), 3600 (1 hour), 21600 (6 hours) or 86400 (1 day)."
    ),
    ("member", "unknown"): lambda: _("There is no such member in this room."),
    ("message", "unknown"): lambda: _("There is no such message in this room."),
    ("knock", "unknown"): lambda: _("Nobody like that has knocked."),
    ("invitation", "unknown"): lambda: _("There is no such invitation."),
    ("code", "empty"): lambda: _("Type the code that you were given."),
    ("text", "empty"): lambda: _("There is nothing in this message yet."),
    ("text", "too-long"): lambda: _("A message has at most 4,000 characters."),
    ("text", "too-many-lines"): lambda: _("A message has at most 100 lines."),
    ("key", "too-short"): lambda: _("The key of a seat has at least 16 characters."),
    ("key", "too-long"): lambda: _("A key has at most 200 characters."),
}


_SIGNS: Final[dict[str, Callable[[], str]]] = {
    "yes": lambda: _("Yes"),
    "no": lambda: _("No"),
    "love": lambda: _("Love"),
    "laugh": lambda: _("Laugh"),
    "wow": lambda: _("Wow"),
    "sad": lambda: _("Sad"),
}


def sign_name(sign: str) -> str:
    """Return what a sign on a message means."""
    return _SIGNS[sign]()


def sentence(refusal: Refusal) -> str:
    """Return what a person is told about the refusal."""
    match refusal:
        case Invalid(field=field, problem=problem):
            return _PROBLEMS[field, problem]()
        case TooMany(retry_after=wait):
            return ngettext(
                "That was too fast. Try again in %(n)s second.",
                "That was too fast. Try again in %(n)s seconds.",
                ceil(wait),
            ) % {"n": ceil(wait)}
        case LeavingHandsOver(nickname=nickname):
            told = _("You are the only host. If you leave, %(name)s becomes the host.")
            return told % {"name": nickname}
        case Unavailable():
            return _("We cannot take more right now. Please try again in a moment.")
        case _:
            return _REFUSALS[refusal.reason]()


def duration(seconds: float) -> str:
    """Return a length of time in words, in its largest whole unit."""
    for unit, one, many in (
        (3600, "%(n)s hour", "%(n)s hours"),
        (60, "%(n)s minute", "%(n)s minutes"),
    ):
        if seconds >= unit:
            return ngettext(one, many, int(seconds // unit)) % {"n": int(seconds // unit)}
    return ngettext("%(n)s second", "%(n)s seconds", int(seconds)) % {"n": int(seconds)}
