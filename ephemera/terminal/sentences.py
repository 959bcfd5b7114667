"""What is told of an event in one sentence, as /raw tells it; nothing of those not known here."""

from collections.abc import Mapping
from typing import Final

from ephemera.hub.wire import terminal_safe
from ephemera.terminal.events import Event, kind_of, text_of, within

_NOTICES: Final[Mapping[str, str]] = {
    "room-opened": "{name} opened the room",
    "room-restored": "the server lost what was said before; the room goes on",
    "room-wiped": "the room is gone",
    "room-locked": "{name} locked the room",
    "room-unlocked": "{name} unlocked the room",
    "code-rotated": "{name} changed the code",
    "options-changed": "{name} changed the options of the room",
    "invitation-issued": "{name} made an invitation",
    "invitation-revoked": "{name} took an invitation back",
    "member-joined": "{name} joined",
    "member-left": "{name} left",
    "member-left away": "{name} was away too long and has left",
    "member-removed": "{by} removed {name}",
    "member-muted": "{by} muted {name}",
    "member-unmuted": "{by} unmuted {name}",
    "host-changed": "{name} is the host now",
    "host-changed by": "{by} made {name} a host",
    "host-resigned": "{name} is no host any more",
    "knocked": "{knock} asks to come in",
    "knock-ended admitted": "{by} let {knock} in",
    "knock-ended declined": "{by} turned {knock} away",
    "knock-ended expired": "{knock} waits no longer",
    "knock-ended withdrawn": "{knock} waits no longer",
    "message-deleted": "{by} deleted a message by {name}",
    "message-deleted own": "{by} deleted a message",
    "message-reacted": "{name} reacted: {sign}",
    "message-reacted known": "{name} reacted to “{words}”: {sign}",
    "message-reacted off": "",
    "resync": "resync: earlier lines are not kept any more",
}


def sentence(event: Event, words: str = "") -> str:
    """Return what the event comes to; `words` begin the message that it is about, if known."""
    kind = kind_of(event)
    told = _NOTICES.get(f"{kind} {_case(event, words)}", _NOTICES.get(kind, ""))
    return told.format(
        name=_of(event, "nickname"),
        by=_of(event, "by_nickname") or "A host",
        knock=_of(within(event, "knock"), "nickname"),
        sign=_of(event, "sign"),
        words=inline(words),
    )


def inline(words: str) -> str:
    """Return the words safe for a terminal, and on one line."""
    return terminal_safe(" ".join(words.split()))


def _case(event: Event, words: str) -> str:
    """Return which of the sentences for its kind the event gets."""
    match kind_of(event):
        case "member-left" | "knock-ended":
            return text_of(event, "reason")
        case "host-changed":
            return "by" if text_of(event, "by") else ""
        case "message-deleted":
            return "own" if text_of(event, "by") == text_of(event, "member") else ""
        case "message-reacted" if not text_of(event, "sign"):
            return "off"
        case "message-reacted":
            return "known" if words else ""
        case _:
            return ""


def _of(event: Event, name: str) -> str:
    return inline(text_of(event, name))
