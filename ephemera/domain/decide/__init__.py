"""`decide(room, command, now) -> events`: every rule of a room, and nothing else decides.

Capacity, roles, names, powers, presence and the end of a room are settled here,
for the web, for programs and for the reaper alike. A command that asks for what
is already so brings about no event. What may not be raises a `Refusal`.
"""

from collections.abc import Iterable
from functools import reduce

from ephemera.domain.commands import Command, Join, Open
from ephemera.domain.decide import (  # noqa: F401 - each brings its rules
    acts,
    doors,
    knocks,
    messages,
    options,
    powers,
    seats,
    sweep,
)
from ephemera.domain.decide.common import RULES
from ephemera.domain.events import CodeIssued, Event, RoomOpened, Secret
from ephemera.domain.evolve import evolve, opened
from ephemera.domain.rooms import Room


def open_room(command: Open, now: float) -> tuple[Room, tuple[Event, ...]]:
    """Return the room that the command opens, and what to announce in it.

    `now` is in seconds since the epoch. Raises `Invalid` for the options that no room can have.
    """
    options.check(command.options)
    fact = RoomOpened(
        at=now,
        room_id=command.room_id,
        generation=command.generation,
        member_id="p1",
        nickname=command.nickname,
        options=command.options,
        expires_at=now + command.lifetime,
    )
    room = evolve(opened(fact), CodeIssued(command.code))
    joining = Join(nickname=command.nickname, digest=command.digest)
    seated = tuple(seats.seat(room, "host", joining, now))
    return reduce(evolve, seated, room), (fact, *_announced(seated))


def decide(room: Room, command: Command, now: float) -> tuple[Room, tuple[Event, ...]]:
    """Return the room after the command, and what to announce in it, in order.

    The room comes back unchanged, with nothing to announce, when the command
    asks for what is already so. Raises `NoSuchRoom` for a member without a seat,
    `NotHost` for one without that power, and whatever else the rule refuses.
    """
    facts = tuple(RULES[type(command)](room, command, now))
    return reduce(evolve, facts, room), _announced(facts)


def _announced(facts: Iterable[Event | Secret]) -> tuple[Event, ...]:
    return tuple(fact for fact in facts if isinstance(fact, Event))
