"""All use cases of rooms, made for one engine."""

from typing import NamedTuple

from ephemera.clock import Clock
from ephemera.engine.base import Engine
from ephemera.lobby.idempotency import IdempotencyKeys
from ephemera.lobby.issuing import Issuing
from ephemera.lobby.limits import Limits
from ephemera.lobby.lobby import Lobby
from ephemera.lobby.opening import Chosen, Opening
from ephemera.lobby.presence import Presence
from ephemera.lobby.reading import Reading
from ephemera.lobby.restoring import Restoring
from ephemera.lobby.returning import Returning
from ephemera.lobby.talk import Talk


class UseCases(NamedTuple):
    """What can be done with rooms, by whom it is done."""

    lobby: Lobby
    talk: Talk
    presence: Presence
    reading: Reading
    returning: Returning
    issuing: Issuing
    opening: Opening


def use_cases(  # noqa: PLR0913 - what an operator may choose about rooms
    engine: Engine,
    clock: Clock,
    *,
    secret: bytes,
    rate_limits: bool,
    lifetime: float,
    most_rooms: int,
    opening: Chosen,
) -> UseCases:
    """Return the use cases: of rooms that live for `lifetime` seconds at most.

    Rooms that the engine loses are brought back from now on. Raises `KeysUnfit`.
    """
    engine.entrust(Restoring(engine).bring_back)
    limits = Limits(engine, clock, enforced=rate_limits)
    keys, presence = IdempotencyKeys(secret), Presence(engine, clock)
    door = Opening(limits, opening)
    lobby = Lobby(engine, clock, limits, keys, door, lifetime=lifetime, most_rooms=most_rooms)
    return UseCases(
        lobby=lobby,
        talk=Talk(engine, clock, limits),
        presence=presence,
        reading=Reading(engine, presence),
        returning=Returning(engine, clock, limits, keys),
        issuing=Issuing(lobby, keys),
        opening=door,
    )
