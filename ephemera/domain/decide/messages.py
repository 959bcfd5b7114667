"""What is said: by whom, for how long, and who may take it back."""

from functools import reduce
from itertools import islice
from typing import Final

from ephemera.domain.commands import Delete, Edit, Post, React
from ephemera.domain.decide.common import Facts, returns, seated
from ephemera.domain.errors import EditOver, Invalid, MessageGone, Muted, NotAuthor
from ephemera.domain.events import (
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    MessageReacted,
    MessagesExpired,
    PostRemembered,
    Quote,
)
from ephemera.domain.evolve import evolve
from ephemera.domain.rooms import MOST_TRACES, Member, Room, Trace

EDIT_SECONDS: Final = 300
"""How long a message can be edited."""
AT_ONCE: Final = 20
"""How many messages disappear before their time when more were said than can be followed: not
one by one, since each such event takes a place in the log."""
_ACTION: Final = "/me "


def post(room: Room, command: Post) -> Facts:
    """Say something; the same fingerprint again is the same message."""
    member = seated(room, command.member_id)
    key = command.fingerprint
    if key and room.sequence_of(member.id, key) is not None:
        return
    _check_voice(member)
    yield from returns(member, command.at)
    early = tuple(_make_room(room, command.at))
    yield from early
    room = reduce(evolve, early, room)  # what is gone now is quoted no more
    deed = _deed(command.text)
    yield MessagePosted(
        at=command.at,
        member_id=member.id,
        nickname=member.nickname,
        text=deed or command.text,
        action=bool(deed),
        reply=_known(room, member, command.reply),
        expires_at=command.at + room.options.vanish if room.options.vanish else None,
    )
    if key:
        yield PostRemembered(member.id, key)


def edit(room: Room, command: Edit) -> Facts:
    """Change one's own words, for `EDIT_SECONDS` after they were said; an action stays one."""
    member = seated(room, command.member_id)
    trace = _kept(room, member, command.message)
    if trace.member_id != member.id:
        raise NotAuthor
    _check_voice(member)
    if _is_old(room, command.message):
        raise MessageGone  # new words would outlive its trace, and nobody could take them back
    if command.at > trace.at + EDIT_SECONDS:
        raise EditOver
    yield from returns(member, command.at)
    yield MessageEdited(
        at=command.at,
        message=command.message,
        member_id=member.id,
        nickname=member.nickname,
        text=(trace.action and _deed(command.text)) or command.text,
        action=trace.action,
    )


def delete(room: Room, command: Delete) -> Facts:
    """Take words back: one's own, or anybody's as a host."""
    member = seated(room, command.member_id)
    trace = _trace(room, member, command.message)
    if trace.gone:
        return
    if member.role != "host" and trace.member_id != member.id:
        raise NotAuthor
    yield from returns(member, command.at)
    yield MessageDeleted(
        at=command.at,
        message=command.message,
        member_id=trace.member_id,
        nickname=trace.nickname,
        by=member,
    )


def react(room: Room, command: React) -> Facts:
    """Put a sign on a message, in the place of an earlier one, or take it off."""
    member = seated(room, command.member_id)
    trace = _kept(room, member, command.message)
    _check_voice(member)
    if dict(trace.reactions).get(member.id) == command.sign:
        return
    others = tuple(pair for pair in trace.reactions if pair[0] != member.id)
    mine = ((member.id, command.sign),) if command.sign else ()
    yield from returns(member, command.at)
    yield MessageReacted(
        at=command.at,
        message=command.message,
        member=member,
        sign=command.sign,
        reactions=(*others, *mine),
    )


def may_edit(room: Room, member: Member, message: int, at: float) -> bool:
    """Tell whether `edit` would be allowed."""
    trace = room.traces.get(message)
    return (
        trace is not None
        and not (trace.gone or member.muted)
        and trace.member_id == member.id
        and not _is_old(room, message)
        and at <= trace.at + EDIT_SECONDS
    )


def _is_old(room: Room, message: int) -> bool:
    """Tell whether the log has it no more, and its trace may go before what changed it would."""
    return message <= room.sequence - MOST_TRACES // 2


def _deed(text: str) -> str:
    """Return what somebody does who types `/me` and that, or nothing."""
    return text.removeprefix(_ACTION).strip() if text.startswith(_ACTION) else ""


def _make_room(room: Room, at: float) -> Facts:
    """Let what would disappear later do so now, before nobody knows when.

    A page may show more than is kept, and a quote may outlive what it quotes.
    """
    oldest = tuple(islice(room.traces.items(), AT_ONCE))
    if len(room.traces) >= MOST_TRACES and _vanishes(oldest[0][1]):
        yield MessagesExpired(
            at=at, messages=tuple(sequence for sequence, trace in oldest if _vanishes(trace))
        )


def _vanishes(trace: Trace) -> bool:
    return trace.expires_at is not None and not trace.gone


def _check_voice(member: Member) -> None:
    if member.muted:
        raise Muted


def _trace(room: Room, member: Member, message: int) -> Trace:
    """Return what is known of a message that the member has been able to read."""
    if not 1 <= message <= room.sequence:
        raise Invalid("message", "unknown")
    trace = room.traces.get(message)
    if trace is None or message <= member.horizon:
        raise MessageGone
    return trace


def _kept(room: Room, member: Member, message: int) -> Trace:
    trace = _trace(room, member, message)
    if trace.gone:
        raise MessageGone
    return trace


def _known(room: Room, member: Member, quote: Quote | None) -> Quote | None:
    """Return the quote if it may still be read; a reply to what is gone is a message like any."""
    trace = room.traces.get(quote.message) if quote else None
    if quote is None or trace is None or trace.gone or quote.message <= member.horizon:
        return None
    return quote
