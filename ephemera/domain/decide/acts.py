"""What members do: that they sit, that they may and that they are here is said once for all."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ephemera.domain import commands
from ephemera.domain.commands import Act, By, Power
from ephemera.domain.decide import doors, knocks, messages, options, powers, seats
from ephemera.domain.decide.common import Facts, returns
from ephemera.domain.errors import NoSuchRoom, NotHost
from ephemera.domain.rooms import Member, Room

_RULES: Final[Mapping[type[Act], Callable[[Room, Member, Any, float], Facts]]] = {
    commands.Post: messages.post,
    commands.Edit: messages.edit,
    commands.Delete: messages.delete,
    commands.React: messages.react,
    commands.Lock: doors.lock,
    commands.Rotate: doors.rotate,
    commands.Invite: doors.invite,
    commands.Revoke: doors.revoke,
    commands.AnswerKnock: knocks.answer,
    commands.Return: seats.return_,
    commands.Leave: seats.leave,
    commands.Close: seats.close,
    commands.Remove: powers.remove,
    commands.Mute: powers.mute,
    commands.Appoint: powers.appoint,
    commands.Resign: powers.resign,
    commands.ChangeOptions: options.change,
}


def by(room: Room, command: By, now: float) -> Facts:
    """Let a member do something. Whoever does something is here, unless it comes to nothing."""
    member, act = room.member(command.member_id), command.act
    if member is None:
        raise NoSuchRoom
    if isinstance(act, Power) and member.role != "host":
        raise NotHost
    facts = tuple(_RULES[type(act)](room, member, act, now))
    if facts and act.shows_life:
        return (*returns(member, now), *facts)
    return facts
