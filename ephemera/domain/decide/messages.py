"""What is said: by whom, for how long, and who may take it back."""

from functools import reduce
from itertools import islice
from typing import Final

from ephemera.domain.commands import Delete, Edit, Post, React
from ephemera.domain.decide.common import Facts, rule_of
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
from ephemera.domain.texts import deed_in

EDIT_SECONDS: Final = 300
"""How long a message can be edited."""
AT_ONCE: Final = 20
"""How many messages disappear before their time when more were said than can be followed: not
one by one, since each such event takes a place in the log."""


@rule_of(Post)
def post(room: Room, by: Member, act: Post, now: float) -> Facts:
    """Say something; the same fingerprint again is the same message."""
    key = act.fingerprint
    if key and room.sequence_of(by.id, key) is not None:
        return
    _check_voice(by)
    early = tuple(_make_room(room, now))
    yield from early
    room = reduce(evolve, early, room)  # what is gone now is quoted no more
    deed = deed_in(act.text)
    yield MessagePosted(
        at=now,
        member_id=by.id,
        nickname=by.nickname,
        text=deed or act.text,
        action=bool(deed),
        reply=_known(room, by, act.reply),
        expires_at=now + room.options.vanish if room.options.vanish else None,
    )
    if key:
        yield PostRemembered(by.id, key)


@rule_of(Edit)
def edit(room: Room, by: Member, act: Edit, now: float) -> Facts:
    """Change one's own words, for `EDIT_SECONDS` after they were said; an action stays one."""
    trace = _kept(room, by, act.message)
    if trace.member_id != by.id:
        raise NotAuthor
    _check_voice(by)
    if _is_old(room, act.message):
        raise MessageGone  # new words would outlive its trace, and nobody could take them back
    if now > trace.at + EDIT_SECONDS:
        raise EditOver
    yield MessageEdited(
        at=now,
        message=act.message,
        member_id=by.id,
        nickname=by.nickname,
        text=(trace.action and deed_in(act.text)) or act.text,
        action=trace.action,
    )


@rule_of(Delete)
def delete(room: Room, by: Member, act: Delete, now: float) -> Facts:
    """Take words back: one's own, or anybody's as a host."""
    trace = _trace(room, by, act.message)
    if trace.gone:
        return
    if by.role != "host" and trace.member_id != by.id:
        raise NotAuthor
    yield MessageDeleted(
        at=now,
        message=act.message,
        member_id=trace.member_id,
        nickname=trace.nickname,
        by=by,
    )


@rule_of(React)
def react(room: Room, by: Member, act: React, now: float) -> Facts:
    """Put a sign on a message, in the place of an earlier one, or take it off."""
    trace = _kept(room, by, act.message)
    _check_voice(by)
    if dict(trace.reactions).get(by.id) == act.sign:
        return
    others = tuple(pair for pair in trace.reactions if pair[0] != by.id)
    mine = ((by.id, act.sign),) if act.sign else ()
    yield MessageReacted(
        at=now,
        message=act.message,
        member=by,
        sign=act.sign,
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


def _make_room(room: Room, now: float) -> Facts:
    """Let what would disappear later do so now, before nobody knows when.

    A page may show more than is kept, and a quote may outlive what it quotes.
    """
    oldest = tuple(islice(room.traces.items(), AT_ONCE))
    if len(room.traces) >= MOST_TRACES and _vanishes(oldest[0][1]):
        yield MessagesExpired(
            at=now, messages=tuple(sequence for sequence, trace in oldest if _vanishes(trace))
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
