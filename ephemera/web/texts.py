"""Every sentence that is not in a template."""

from collections.abc import Callable
from contextvars import ContextVar
from gettext import NullTranslations
from math import ceil
from typing import Final

from ephemera.domain.errors import Invalid, Refusal, TooMany, Unavailable
from ephemera.domain.events import (
    Event,
    HostChanged,
    MemberJoined,
    MemberLeft,
    MessagePosted,
    RoomOpened,
    RoomWiped,
)
from ephemera.hub.wire import speaker

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
    "not-host": lambda: _("Only the host may do that."),
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
    ("code", "empty"): lambda: _("Type the code that you were given."),
    ("text", "empty"): lambda: _("There is nothing in this message yet."),
    ("text", "too-long"): lambda: _("A message has at most 4,000 characters."),
    ("text", "too-many-lines"): lambda: _("A message has at most 100 lines."),
    ("key", "too-short"): lambda: _("The key of a seat has at least 16 characters."),
    ("key", "too-long"): lambda: _("A key has at most 200 characters."),
}


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
        case Unavailable():
            return _("We cannot take more right now. Please try again in a moment.")
        case _:
            return _REFUSALS[refusal.reason]()


def line(event: Event) -> str:
    """Return the event as a line of plain text, or nothing when it has none."""
    if isinstance(event, MessagePosted):
        return f"{speaker(event.nickname)}: {event.text}"
    return f"* {_notice(event)}" if event.has_line or isinstance(event, RoomWiped) else ""


def _notice(event: Event) -> str:
    match event:
        case RoomOpened(nickname=name):
            notice = _("%(name)s opened the room") % {"name": name}
        case MemberJoined(member=member):
            notice = _("%(name)s joined") % {"name": member.nickname}
        case MemberLeft(member=member, reason="left"):
            notice = _("%(name)s left") % {"name": member.nickname}
        case MemberLeft(member=member):
            notice = _("%(name)s was away too long and has left") % {"name": member.nickname}
        case HostChanged(member=member):
            notice = _("%(name)s is the host now") % {"name": member.nickname}
        case RoomWiped():
            notice = _("the room is gone")
        case _:
            raise TypeError(event)
    return notice


def duration(seconds: float) -> str:
    """Return a length of time in words, in its largest whole unit."""
    for unit, one, many in (
        (3600, "%(n)s hour", "%(n)s hours"),
        (60, "%(n)s minute", "%(n)s minutes"),
    ):
        if seconds >= unit:
            return ngettext(one, many, int(seconds // unit)) % {"n": int(seconds // unit)}
    return ngettext("%(n)s second", "%(n)s seconds", int(seconds)) % {"n": int(seconds)}
