"""Every event in words: one sentence each, for the page, `/raw`, `/json` and the terminal.

What was said needs none of ours, and what shows in its own place (a reaction on its message, who
is away in the roster) has none.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ephemera.domain import events as e
from ephemera.domain.events import Event
from ephemera.domain.rooms import Knock, Member, Sign
from ephemera.web.rendering.endings import ENDINGS, ending_of
from ephemera.web.rendering.languages import Name, Sentence, counted, duration, said

RESYNC: Final = said("resync: earlier lines are not kept any more")
"""Instead of what a reader has missed and can never be told."""


def sentence_of(event: Event) -> Sentence | None:
    """Return what the event comes to, or nothing when it has no sentence."""
    tell = _SENTENCES.get(type(event))
    return tell(event) if tell else None


def sign_name(sign: Sign) -> Sentence:
    """Return what a sign on a message means."""
    return _SIGNS[sign]


def _opened(event: e.RoomOpened) -> Sentence:
    return counted(
        "%(who)s opened the room for up to %(n)s person. "
        "A seat is kept for %(grace)s after its page is closed.",
        "%(who)s opened the room for up to %(n)s people. "
        "A seat is kept for %(grace)s after its page is closed.",
        event.options.capacity,
        who=Name(event.nickname),
        grace=duration(event.options.grace),
    )


def _joined(event: e.MemberJoined) -> Sentence | None:
    return said("%(who)s joined.", who=_name(event.member)) if event.has_line else None


def _left(event: e.MemberLeft) -> Sentence:
    if event.reason == "away":
        return said("%(who)s was away too long and has left.", who=_name(event.member))
    return said("%(who)s left.", who=_name(event.member))


def _made_host(event: e.HostChanged) -> Sentence:
    whom = _name(event.member)
    if event.by:
        return said("%(who)s made %(whom)s a host.", who=_name(event.by), whom=whom)
    return said("%(whom)s is the host now.", whom=whom)


def _answered(event: e.KnockEnded) -> Sentence | None:
    whom = _name(event.knock)
    match event.reason, event.by:
        case "admitted", Member() as by:
            return said("%(who)s let %(whom)s in.", who=_name(by), whom=whom)
        case _, Member() as by:
            return said("%(who)s turned %(whom)s away.", who=_name(by), whom=whom)
        case "admitted", None:  # they are heard to join
            return None
        case _:
            return said("%(whom)s no longer waits to be let in.", whom=whom)


def _deleted(event: e.MessageDeleted) -> Sentence:
    who = _name(event.by)
    if event.by.id == event.member_id:
        return said("%(who)s took a message back.", who=who)
    whose = Name(event.nickname)
    return said("%(who)s deleted a message by %(whose)s.", who=who, whose=whose)


def _name(one: Member | Knock) -> Name:
    return Name(one.nickname)


_SENTENCES: Final[Mapping[type[Event], Callable[[Any], Sentence | None]]] = {
    e.RoomOpened: _opened,
    e.RoomRestored: lambda _: said(
        "The server lost what was said before. The room goes on, and everybody keeps their seat."
    ),
    e.RoomWiped: lambda event: ENDINGS[ending_of(event)],
    e.RoomLocked: lambda event: said(
        "%(who)s locked the room: its code admits nobody.", who=_name(event.member)
    ),
    e.RoomUnlocked: lambda event: said("%(who)s unlocked the room.", who=_name(event.member)),
    e.CodeRotated: lambda event: said(
        "%(who)s changed the code. The old one, and every invitation, opens nothing any more.",
        who=_name(event.member),
    ),
    e.OptionsChanged: lambda event: said(
        "%(who)s changed how the room is run.", who=_name(event.member)
    ),
    e.InvitationIssued: lambda event: said("%(who)s made an invitation.", who=_name(event.member)),
    e.InvitationRevoked: lambda event: said(
        "%(who)s took an invitation back.", who=_name(event.member)
    ),
    e.MemberJoined: _joined,
    e.MemberLeft: _left,
    e.MemberRemoved: lambda event: said(
        "%(who)s removed %(whom)s.", who=_name(event.by), whom=_name(event.member)
    ),
    e.MemberMuted: lambda event: said(
        "%(who)s muted %(whom)s.", who=_name(event.by), whom=_name(event.member)
    ),
    e.MemberUnmuted: lambda event: said(
        "%(who)s lets %(whom)s speak again.", who=_name(event.by), whom=_name(event.member)
    ),
    e.HostChanged: _made_host,
    e.HostResigned: lambda event: said("%(who)s is no longer a host.", who=_name(event.member)),
    e.Knocked: lambda event: said(
        "%(who)s asks to come in (%(id)s).", who=_name(event.knock), id=event.knock.id
    ),
    e.KnockEnded: _answered,
    e.MessageDeleted: _deleted,
}

_SIGNS: Final[Mapping[Sign, Sentence]] = {
    "yes": said("Yes"),
    "no": said("No"),
    "love": said("Love"),
    "laugh": said("Laugh"),
    "wow": said("Wow"),
    "sad": said("Sad"),
}
