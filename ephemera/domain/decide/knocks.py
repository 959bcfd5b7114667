"""Knocking: waiting at the door until a host answers."""

from ephemera.domain.commands import Answer, Join, Withdraw
from ephemera.domain.decide.common import Facts, ordinal, returns, seated
from ephemera.domain.decide.seats import check_space, seat
from ephemera.domain.errors import DoorCrowded, KnockGone, NotHost
from ephemera.domain.events import Knocked, KnockEnded, KnockerKept
from ephemera.domain.rooms import KNOCK_SECONDS, MOST_KNOCKS, Knock, Member, Room


def knock(room: Room, joining: Join) -> Facts:
    """Wait at the door, for `KNOCK_SECONDS` at most."""
    if len(room.knocks) >= MOST_KNOCKS:
        raise DoorCrowded
    expires_at = joining.at + KNOCK_SECONDS
    waiting = Knock(f"k{room.knocked + 1}", joining.nickname, joining.at, expires_at)
    yield Knocked(at=joining.at, knock=waiting)
    yield KnockerKept(waiting.id, joining.digest, joining.previous)


def answer(room: Room, command: Answer) -> Facts:
    """Let somebody in, or turn them away; without a host here, any member may."""
    by = seated(room, command.member_id)
    if by.role != "host" and room.has_host_here:
        raise NotHost
    ordinal("knock", command.knock, "k", room.knocked)
    waiting = room.knock(command.knock)
    if waiting is None:
        if command.admit:
            raise KnockGone
        return
    yield from returns(by, command.at)
    if command.admit:
        yield from _admit(room, waiting, by, command.at)
    else:
        yield KnockEnded(at=command.at, knock=waiting, reason="declined", by=by)


def withdraw(room: Room, command: Withdraw) -> Facts:
    """Wait no longer."""
    waiting = room.knock(command.knock_id)
    if waiting:
        yield KnockEnded(at=command.at, knock=waiting, reason="withdrawn")


def _admit(room: Room, waiting: Knock, by: Member, at: float) -> Facts:
    check_space(room)
    joining = Join(at=at, nickname=waiting.nickname, digest=room.knockers[waiting.id].digest)
    yield KnockEnded(at=at, knock=waiting, reason="admitted", by=by)
    yield from seat(room, "member", joining)
