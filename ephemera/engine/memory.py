"""Rooms in the memory of this process: the default engine.

Nothing here awaits, so each method is one atomic step of the event loop.
Everything is lost when the process ends, which is what it is for.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ephemera.clock import Clock, SteadyClock
from ephemera.domain.cursors import Cursor
from ephemera.domain.events import Event, Signal, amended, amends
from ephemera.domain.log import LOG_BYTES, LOG_EVENTS, Entry, Snapshot
from ephemera.domain.presence import LEASE_SECONDS, Lease
from ephemera.domain.rooms import Room
from ephemera.engine.base import Astray, Change, Conflict, Keeper, Listener, Sensor
from ephemera.engine.budgets import Budgets
from ephemera.engine.deadlines import Deadlines


@dataclass(slots=True)
class _Kept:
    """All that the engine keeps of one room."""

    room: Room
    log: deque[Entry] = field(default_factory=deque)
    weight: int = 0
    leases: dict[str, Lease] = field(default_factory=dict)

    def append(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if amends(entry.event):
                self.amend(entry.event)
            self.log.append(entry)
            self.weight += entry.event.weight
        while len(self.log) > LOG_EVENTS or self.weight > LOG_BYTES:
            self.weight -= self.log.popleft().event.weight

    def amend(self, later: Event) -> None:
        """Change what is kept; what stays as it is is not weighed again, for that takes longest."""
        for place, entry in enumerate(self.log):
            event = amended(entry.sequence, entry.event, later)
            if event is not entry.event:
                self.weight += event.weight - entry.event.weight
                self.log[place] = entry._replace(event=event)

    def take(self, change: Change, room: Room) -> None:
        self.room = room
        self.append(change.entries)
        leases = {**change.leases, **self.leases}
        self.leases = {member.id: leases[member.id] for member in room.members}
        for member_id, lease in change.leases.items():
            self.renew(member_id, lease)

    def renew(self, member_id: str, lease: Lease) -> bool:
        held = self.leases.get(member_id)
        if held is None or lease.seen_at < held.seen_at:
            return False
        self.leases[member_id] = lease
        return True

    def after(self, cursor: Cursor) -> Sequence[Entry] | None:
        behind = self.room.sequence - cursor.sequence
        if cursor.generation != self.room.generation or not 0 <= behind <= len(self.log):
            return None
        return list(self.log)[len(self.log) - behind :]


class MemoryEngine:
    """The contract of `ephemera.engine.base`, for one process."""

    def __init__(self, clock: SteadyClock | None = None) -> None:
        self._time = clock or SteadyClock()
        self.clock: Clock = self._time
        self._rooms: dict[str, _Kept] = {}
        self._codes: dict[str, str] = {}
        self._due = Deadlines()
        self._budgets = Budgets()
        self._listeners: list[Listener] = []
        self._sensors: list[Sensor] = []

    async def open(self) -> None:
        """See `Engine.open`."""

    async def load(self, room_id: str) -> Snapshot | None:
        """See `Engine.load`."""
        return self.recall(room_id)

    def recall(self, room_id: str) -> Snapshot | None:
        """See `Engine.recall`. Nothing can be newer than what is here."""
        kept = self._rooms.get(room_id)
        return Snapshot(kept.room, kept.leases.copy()) if kept else None

    async def commit(self, change: Change) -> int:
        """See `Engine.commit`."""
        kept = self._rooms.get(change.room_id)
        self._check(change, kept)
        if change.room is None:
            self._forget(change.room_id)
            begins = change.newest + 1
        else:
            begins = self._keep(change, kept, change.room)
        for listener in self._listeners:
            listener(change.room_id, change.entries)
        return begins

    def _check(self, change: Change, kept: _Kept | None) -> None:
        if (change.before and change.before.cursor) != (kept and kept.room.cursor):
            raise Conflict
        if change.room and self._codes.get(change.room.code, change.room_id) != change.room_id:
            raise Conflict
        if kept and any(
            kept.leases[member_id].seen_at > seen_at
            for member_id, seen_at in change.unless_seen.items()
        ):
            raise Conflict

    def _keep(self, change: Change, kept: _Kept | None, room: Room) -> int:
        if kept is None:
            kept = self._rooms[change.room_id] = _Kept(room)
        elif kept.room.code != room.code:
            del self._codes[kept.room.code]
        kept.take(change, room)
        self._codes[room.code] = change.room_id
        self._due.advance(change.room_id, change.due)
        return room.sequence - len(kept.log) + 1

    def _forget(self, room_id: str) -> None:
        kept = self._rooms.pop(room_id)
        del self._codes[kept.room.code]
        self._due.drop(room_id)

    async def find(self, code: str) -> str | None:
        """See `Engine.find`."""
        return self._codes.get(code)

    async def read(self, room_id: str, after: Cursor | None) -> Sequence[Entry] | None:
        """See `Engine.read`."""
        kept = self._rooms.get(room_id)
        if kept is None:
            return None
        return list(kept.log) if after is None else kept.after(after)

    async def renew(self, room_id: str, leases: Mapping[str, Lease]) -> None:
        """See `Engine.renew`."""
        kept = self._rooms.get(room_id)
        for member_id, lease in leases.items():
            if kept and kept.renew(member_id, lease):
                self._due.advance(room_id, lease.until)

    async def take_due(self, now: float, most: int) -> Sequence[str]:
        """See `Engine.take_due`. Whoever comes to reap also sweeps out the full budgets.

        After the machine was suspended nothing is due for one lease: nobody could renew theirs.
        """
        self._time.look()
        self._budgets.forget_full(now)
        if self._time() < self._time.woke_at + LEASE_SECONDS:
            return ()
        return self._due.take(now, most)

    async def postpone(self, room_id: str, due: float) -> None:
        """See `Engine.postpone`."""
        if room_id in self._rooms:
            self._due.advance(room_id, due)

    async def spend(self, budget: str, rate: float, burst: int, now: float) -> float:
        """See `Engine.spend`."""
        return self._budgets.spend(budget, rate, burst, now)

    async def refund(self, budget: str, rate: float) -> None:
        """See `Engine.refund`."""
        self._budgets.refund(budget, rate)

    async def signal(self, room_id: str, signal: Signal) -> None:
        """See `Engine.signal`."""
        for sensor in self._sensors:
            sensor(room_id, signal)

    async def count_rooms(self) -> int:
        """See `Engine.count_rooms`."""
        return len(self._rooms)

    def listen(
        self,
        listener: Listener,
        sensor: Sensor | None = None,
        astray: Astray | None = None,  # noqa: ARG002 - nobody goes astray in one process
    ) -> None:
        """See `Engine.listen`."""
        self._listeners.append(listener)
        if sensor:
            self._sensors.append(sensor)

    def entrust(self, keeper: Keeper) -> None:
        """See `Engine.entrust`. What is lost with the process, nobody brings back."""

    async def watch(self, room_id: str) -> None:
        """See `Engine.watch`. Everything is heard of here."""

    def unwatch(self, room_id: str) -> None:
        """See `Engine.unwatch`."""

    async def close(self) -> None:
        """See `Engine.close`."""
