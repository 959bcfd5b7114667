"""What members do: that they sit, that they may and that they are here is said once for all."""

from ephemera.domain.commands import By, Power
from ephemera.domain.decide.common import RULES, Facts, returns, rule_of
from ephemera.domain.errors import NoSuchRoom, NotHost
from ephemera.domain.rooms import Room


@rule_of(By)
def by(room: Room, command: By, now: float) -> Facts:
    """Let a member do something. Whoever does something is here, unless it comes to nothing."""
    member, act = room.member(command.member_id), command.act
    if member is None:
        raise NoSuchRoom
    if isinstance(act, Power) and member.role != "host":
        raise NotHost
    facts = tuple(RULES[type(act)](room, member, act, now))
    if facts and act.shows_life:
        return (*returns(member, now), *facts)
    return facts
