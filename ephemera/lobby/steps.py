"""One step of a room: load, decide, commit, and again when somebody else was faster."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from ephemera.clock import Clock
from ephemera.domain.commands import Command, Sweep
from ephemera.domain.cursors import Cursor
from ephemera.domain.decide import decide
from ephemera.domain.errors import NoSuchRoom
from ephemera.domain.events import Event, MemberLeft, MemberWentAway
from ephemera.domain.log import Entry, Snapshot
from ephemera.domain.presence import Lease, due_at
from ephemera.domain.rooms import Room
from ephemera.engine.base import Change, Conflict, Engine

Anew = Callable[[Snapshot], Awaitable[Command]]
"""Makes a command that rests on more of a room than the rules see, for the room as it is now."""


class Steps:
    """Carries commands out, each as one atomic step of the engine."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def load(self, room_id: str) -> Snapshot:
        """Return the room with its leases. Raises `NoSuchRoom`."""
        snapshot = await self._engine.load(room_id)
        if snapshot is None:
            raise NoSuchRoom
        return snapshot

    async def carry_out(
        self, snapshot: Snapshot, command: Command, anew: Anew | None = None
    ) -> Room:
        """Return the room after the command; what its rule refuses is raised.

        When somebody else is faster it is decided again on the room as it is by then: the same
        command, or what `anew` makes.

        Raises `NoSuchRoom`, too, when another room has come in the place of this one: who opens a
        room with the key of one that is gone gets its id.
        """
        opened_at = snapshot.room.opened_at
        while True:
            room, events = decide(snapshot.room, command, self._clock())
            if not events:
                return room
            try:
                await self._engine.commit(_change(snapshot, room, events, command))
            except Conflict:
                snapshot = await self.load(room.id)
                if snapshot.room.opened_at != opened_at:
                    raise NoSuchRoom from None
                if anew:
                    command = await anew(snapshot)
            else:
                return room

    async def start(self, room: Room, events: Sequence[Event]) -> None:
        """Commit a room that does not exist yet. Raises `Conflict`."""
        leases = {member.id: Lease.renewed(events[-1].at) for member in room.members}
        await self._engine.commit(
            Change(
                room_id=room.id,
                before=None,
                room=room,
                entries=_numbered(room, events),
                due=due_at(room, leases),
                leases=leases,
            )
        )


def _change(snapshot: Snapshot, room: Room, events: Sequence[Event], command: Command) -> Change:
    sweeping = isinstance(command, Sweep)
    leases = {} if sweeping else _signs_of_life(events)
    return Change(
        room_id=room.id,
        before=snapshot.room,
        room=None if room.wiped else room,
        entries=_numbered(room, events),
        due=due_at(room, {**snapshot.leases, **leases}),
        leases=leases,
        unless_seen=_grounds(events, snapshot) if sweeping else {},
    )


def _numbered(room: Room, events: Sequence[Event]) -> list[Entry]:
    first = room.sequence - len(events) + 1
    return [
        Entry(Cursor(room.generation, first + place), event) for place, event in enumerate(events)
    ]


def _signs_of_life(events: Iterable[Event]) -> dict[str, Lease]:
    return {event.actor: Lease.renewed(event.at) for event in events if event.actor}


def _grounds(events: Iterable[Event], snapshot: Snapshot) -> dict[str, float]:
    """Return the last signs of life on which it was decided that somebody is not here."""
    return {
        event.member.id: snapshot.leases[event.member.id].seen_at
        for event in events
        if isinstance(event, MemberLeft | MemberWentAway)
    }
