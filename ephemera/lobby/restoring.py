"""Brings back rooms that their engine has lost, as far as they are still known here."""

import secrets
from contextlib import suppress

from ephemera.domain.commands import Restore
from ephemera.domain.decide import decide
from ephemera.domain.rooms import Room
from ephemera.engine.base import Conflict, Engine
from ephemera.lobby.steps import Steps


class Restoring:
    """The use case of rooms whose members are still here; what was said in them is lost."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._steps = Steps(engine, engine.clock)

    async def bring_back(self, room: Room) -> None:
        """Let a lost room go on as it was when it was last seen, in a new generation.

        Of several processes that try it one is the first; the others find it there.
        """
        command = Restore(generation=secrets.token_hex(4))
        with suppress(Conflict):
            await self._steps.start(*decide(room, command, self._engine.clock()))
