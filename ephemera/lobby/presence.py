"""Signs of life: who shows one keeps the seat, and who was away is back."""

from ephemera.clock import Clock
from ephemera.domain.commands import Return
from ephemera.domain.errors import NoSuchRoom
from ephemera.domain.presence import Lease
from ephemera.engine.base import Engine
from ephemera.lobby.steps import Steps


class Presence:
    """Renews the leases of seats."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._steps = Steps(engine)

    async def renew(self, room_id: str, member_id: str) -> None:
        """Note that the member is here; announce it when they had been away.

        A room or seat that has gone in the meantime is no error: nobody is
        there to be renewed.
        """
        now = self._clock()
        await self._engine.renew(room_id, member_id, Lease.renewed(now))
        snapshot = await self._engine.load(room_id)
        member = snapshot.room.member(member_id) if snapshot else None
        if snapshot and member and member.away_since is not None:
            try:
                await self._steps.carry_out(snapshot, lambda _: Return(at=now, member_id=member_id))
            except NoSuchRoom:
                return

    async def linger(self, room_id: str, member_id: str, closed_at: float) -> None:
        """Note that the member's last stream closed: they may be back in a moment."""
        await self._engine.renew(room_id, member_id, Lease.lingering(closed_at))
