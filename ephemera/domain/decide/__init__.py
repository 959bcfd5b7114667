"""`decide(room, command) -> events`: every rule of a room, and nothing else decides.

Capacity, roles, names, powers, presence and the end of a room are settled here,
for the web, for programs and for the reaper alike. A command that asks for what
is already so brings about no event. What may not be raises a `Refusal`.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any, Final

from ephemera.domain import commands
from ephemera.domain.commands import Command, Join, Open
from ephemera.domain.decide import doors, knocks, messages, options, powers, seats, sweep
from ephemera.domain.decide.common import Facts
from ephemera.domain.events import CodeIssued, Event, RoomOpened, Secret
from ephemera.domain.evolve import evolve, opened
from ephemera.domain.rooms import Room

_RULES: Final[Mapping[type[Command], Callable[[Room, Any], Facts]]] = {
    commands.Post: messages.post,
    commands.Edit: messages.edit,
    commands.Delete: messages.delete,
    commands.React: messages.react,
    commands.Join: doors.join,
    commands.ComeBack: doors.come_back,
    commands.Lock: doors.lock,
    commands.Rotate: doors.rotate,
    commands.Invite: doors.invite,
    commands.Revoke: doors.revoke,
    commands.Answer: knocks.answer,
    commands.Withdraw: knocks.withdraw,
    commands.Return: seats.return_,
    commands.Leave: seats.leave,
    commands.Close: seats.close,
    commands.Restore: seats.restore,
    commands.Remove: powers.remove,
    commands.Mute: powers.mute,
    commands.Appoint: powers.appoint,
    commands.Resign: powers.resign,
    commands.ChangeOptions: options.change,
    commands.Sweep: sweep.sweep,
}


def open_room(command: Open) -> tuple[Room, tuple[Event, ...]]:
    """Return the room that the command opens, and what to announce in it.

    Raises `Invalid` for the options that no room can have.
    """
    options.check(command.options)
    fact = RoomOpened(
        at=command.at,
        room_id=command.room_id,
        generation=command.generation,
        member_id="p1",
        nickname=command.nickname,
        options=command.options,
        expires_at=command.at + command.lifetime,
    )
    room = evolve(opened(fact), CodeIssued(command.code))
    joining = Join(at=command.at, nickname=command.nickname, digest=command.digest)
    seated = tuple(seats.seat(room, "host", joining))
    return reduce(evolve, seated, room), (fact, *_announced(seated))


def decide(room: Room, command: Command) -> tuple[Room, tuple[Event, ...]]:
    """Return the room after the command, and what to announce in it, in order.

    The room comes back unchanged, with nothing to announce, when the command
    asks for what is already so. Raises `NoSuchRoom` for a member without a
    seat, and whatever else the rule of the command refuses.
    """
    facts = tuple(_RULES[type(command)](room, command))
    return reduce(evolve, facts, room), _announced(facts)


def _announced(facts: Iterable[Event | Secret]) -> tuple[Event, ...]:
    return tuple(fact for fact in facts if isinstance(fact, Event))
