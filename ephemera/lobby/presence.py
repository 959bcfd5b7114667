"""Signs of life: who shows one keeps the seat, and who was away is back."""

from contextlib import suppress

from ephemera.clock import Clock
from ephemera.domain.commands import By, Return
from ephemera.domain.errors import NoSuchRoom
from ephemera.domain.log import Snapshot
from ephemera.domain.presence import Lease
from ephemera.engine.base import Engine
from ephemera.lobby.steps import Steps


class Presence:
    """Renews the leases of seats."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._steps = Steps(engine, clock)

    async def renew(self, room_id: str, *member_ids: str) -> None:
        """Note that these members of a room are here; announce it when one had been away.

        A room or seat that has gone in the meantime is no error: nobody is
        there to be renewed.
        """
        lease = Lease.renewed(self._clock())
        await self._engine.renew(room_id, dict.fromkeys(member_ids, lease))
        snapshot = await self._engine.load(room_id)
        if snapshot is None:
            return
        for member in snapshot.room.members:
            if member.away_since is not None and member.id in member_ids:
                await self._announce(snapshot, member.id)

    async def linger(self, room_id: str, member_id: str, closed_at: float) -> None:
        """Note that the member's last stream closed: they may be back in a moment."""
        await self._engine.renew(room_id, {member_id: Lease.lingering(closed_at)})

    async def _announce(self, snapshot: Snapshot, member_id: str) -> None:
        with suppress(NoSuchRoom):
            await self._steps.carry_out(snapshot, By(member_id, Return()))
