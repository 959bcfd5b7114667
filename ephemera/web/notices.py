"""Events as lines of plain text, for terminals."""

from ephemera.domain import events as e
from ephemera.domain.events import Event
from ephemera.hub.wire import speaker
from ephemera.web.texts import gettext as _


def line(event: Event) -> str:
    """Return the event as a line of plain text, or nothing when it has none."""
    match event:
        case e.MessagePosted(edited=edited):
            return _said(event, edited=edited)
        case e.MessageEdited():
            return _said(event, edited=True)
        case e.Knocked(knock=knock):  # a terminal has no roster in which they would stand
            asks = _("%(name)s asks to come in (%(id)s)")
            return "* " + asks % {"name": knock.nickname, "id": knock.id}
        case _:
            return f"* {_notice(event)}" if event.has_line or _is_end(event) else ""


def _said(event: e.MessagePosted | e.MessageEdited, *, edited: bool) -> str:
    """Return what somebody said; what they do (`/me`) must not look like a notice of ours."""
    mark = (" " + _("(edited)")) if edited else ""
    return f"{speaker(event.nickname)}: {'/me ' if event.action else ''}{event.text}{mark}"


def _is_end(event: Event) -> bool:
    return isinstance(event, e.RoomWiped)


def _notice(event: Event) -> str:  # noqa: PLR0911 - one for each kind of event
    match event:
        case e.RoomOpened(nickname=name):
            return _("%(name)s opened the room") % {"name": name}
        case e.RoomRestored():
            return _("the server lost what was said before; the room goes on")
        case e.RoomWiped():
            return _("the room is gone")
        case e.MemberJoined() | e.MemberLeft() | e.HostChanged() | e.HostResigned():
            return _of_seats(event)
        case e.KnockEnded(knock=knock, by=by) if by:
            sentence = (
                _("%(by)s let %(name)s in")
                if event.reason == "admitted"
                else _("%(by)s turned %(name)s away")
            )
            return sentence % {"by": by.nickname, "name": knock.nickname}
        case e.MemberRemoved(by=by) | e.MemberMuted(by=by) | e.MemberUnmuted(by=by):
            return _over(event) % {"by": by.nickname, "name": event.member.nickname}
        case e.MessageDeleted(nickname=name, by=by):
            return _("%(by)s deleted a message by %(name)s") % {"by": by.nickname, "name": name}
        case _:
            return _of_doors(event)


def _of_seats(event: Event) -> str:
    match event:
        case e.MemberJoined(member=member):
            sentence = _("%(name)s joined")
        case e.MemberLeft(member=member, reason="left"):
            sentence = _("%(name)s left")
        case e.MemberLeft(member=member):
            sentence = _("%(name)s was away too long and has left")
        case e.HostChanged(member=member, by=by) if by:
            return _("%(by)s made %(name)s a host") % {
                "by": by.nickname,
                "name": member.nickname,
            }
        case e.HostChanged(member=member):
            sentence = _("%(name)s is the host now")
        case e.HostResigned(member=member):
            sentence = _("%(name)s is no host any more")
        case _:
            raise TypeError(event)
    return sentence % {"name": member.nickname}


def _over(event: Event) -> str:
    match event:
        case e.MemberRemoved():
            return _("%(by)s removed %(name)s")
        case e.MemberMuted():
            return _("%(by)s muted %(name)s")
        case _:
            return _("%(by)s unmuted %(name)s")


def _of_doors(event: Event) -> str:
    match event:
        case e.RoomLocked(member=member):
            sentence = _("%(name)s locked the room")
        case e.RoomUnlocked(member=member):
            sentence = _("%(name)s unlocked the room")
        case e.CodeRotated(member=member):
            sentence = _("%(name)s changed the code")
        case e.OptionsChanged(member=member):
            sentence = _("%(name)s changed the options of the room")
        case e.InvitationIssued(member=member):
            sentence = _("%(name)s made an invitation")
        case e.InvitationRevoked(member=member):
            sentence = _("%(name)s took an invitation back")
        case _:
            raise TypeError(event)
    return sentence % {"name": member.nickname}
