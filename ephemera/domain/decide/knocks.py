"""Knocking: waiting at the door until a host answers."""

from ephemera.domain.commands import AnswerKnock, Join, Withdraw
from ephemera.domain.decide.common import Facts, ordinal, rule_of
from ephemera.domain.decide.seats import check_space, seat
from ephemera.domain.errors import DoorCrowded, KnockGone, NotHost
from ephemera.domain.events import Knocked, KnockEnded, KnockerKept
from ephemera.domain.rooms import KNOCK_SECONDS, MOST_KNOCKS, Knock, Member, Room


def knock(room: Room, joining: Join, now: float) -> Facts:
    """Wait at the door, for `KNOCK_SECONDS` at most."""
    if len(room.knocks) >= MOST_KNOCKS:
        raise DoorCrowded
    waiting = Knock(f"k{room.knocked + 1}", joining.nickname, now, now + KNOCK_SECONDS)
    yield Knocked(at=now, knock=waiting)
    yield KnockerKept(waiting.id, joining.digest, joining.previous)


@rule_of(AnswerKnock)
def answer(room: Room, by: Member, act: AnswerKnock, now: float) -> Facts:
    """Let somebody in, or turn them away; without a host here, any member may."""
    if by.role != "host" and room.has_host_here:
        raise NotHost
    ordinal("knock", act.knock, "k", room.knocked)
    waiting = room.knock(act.knock)
    if waiting is None:
        if act.admit:
            raise KnockGone
        return
    if act.admit:
        yield from _admit(room, waiting, by, now)
    else:
        yield KnockEnded(at=now, knock=waiting, reason="declined", by=by)


@rule_of(Withdraw)
def withdraw(room: Room, command: Withdraw, now: float) -> Facts:
    """Wait no longer."""
    waiting = room.knock(command.knock_id)
    if waiting:
        yield KnockEnded(at=now, knock=waiting, reason="withdrawn")


def _admit(room: Room, waiting: Knock, by: Member, now: float) -> Facts:
    check_space(room)
    joining = Join(nickname=waiting.nickname, digest=room.knockers[waiting.id].digest)
    yield KnockEnded(at=now, knock=waiting, reason="admitted", by=by)
    yield from seat(room, "member", joining, now)
