"""What all houses together made true of a room, written down as they were told that it holds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ephemera.domain.cursors import Cursor
from ephemera.domain.events import Event, MemberLeft, MemberWentAway, RoomOpened, RoomWiped
from ephemera.domain.log import Entry
from ephemera.domain.presence import Lease
from ephemera.domain.rooms import Room
from ephemera.engine.base import Change
from ephemera.engine.redis.sweeping import TAKEN_SECONDS


class Ledger:
    """One room: whatever is written down must be fit to follow what was written before.

    A room that is opened again after its end, by the same request, is a new generation.
    """

    def __init__(self) -> None:
        self.room: Room | None = None
        self.entries: dict[Cursor, Entry] = {}
        self.newest: Cursor | None = None
        self.ends: Counter[str] = Counter()
        """How often each generation ended."""
        self.reasons: list[str] = []
        self.broken = ""
        """What was written down though it must not be."""
        self.leases: dict[str, Lease] = {}
        self.taken_until = 0.0

    @property
    def log(self) -> list[Entry]:
        """The events of the generation that there is."""
        room = self.room
        return [one for place, one in self.entries.items() if room and place[0] == room.generation]

    def has(self, heard: Entry) -> bool:
        """Tell whether that was committed; who ended a room is not remembered for who is late."""
        written = self.entries.get(heard.cursor)
        if isinstance(heard.event, RoomWiped) and written and isinstance(written.event, RoomWiped):
            named = replace(heard.event, member=written.event.member)
            return named == written.event and heard.event.member in {None, named.member}
        return written == heard

    def commits(self, change: Change) -> None:
        """Write down what holds from now on."""
        decided_on = change.before.cursor if change.before else None
        assert decided_on == (self.room.cursor if self.room else None), "decided on another room"
        assert change.before or isinstance(change.entries[0].event, RoomOpened), "brought back"
        self._check_numbers(change)
        for entry in change.entries:
            self._check_presence(entry.event)
        self.entries |= {entry.cursor: entry for entry in change.entries}
        self.newest = change.entries[-1].cursor
        self._follow(change)
        self.taken_until = 0.0

    def _check_numbers(self, change: Change) -> None:
        generation = change.room.generation if change.room else self._generation()
        after = self.room.sequence if self.room else 0
        numbers = range(after + 1, after + 1 + len(change.entries))
        assert [entry.cursor for entry in change.entries] == [(generation, one) for one in numbers]
        ends = [entry.event for entry in change.entries if isinstance(entry.event, RoomWiped)]
        assert len(ends) == (change.room is None)
        self.reasons += [end.reason for end in ends]

    def _check_presence(self, event: Event) -> None:
        if isinstance(event, MemberWentAway):
            assert event.at >= self.leases[event.member.id].until, (
                "somebody here was said to be away"
            )
        if isinstance(event, MemberLeft) and event.reason == "away":
            assert self.room
            lease = self.leases[event.member.id]
            kept = self.room.options.grace if self.room.admitted > 1 else 3600
            over = max(lease.until, max(lease.seen_at, self.room.met_at) + kept)
            assert event.at >= over, "a seat was released under a live lease"

    def _follow(self, change: Change) -> None:
        if change.room is None:
            self.ends[self._generation()] += 1
            assert set(self.ends.values()) == {1}, "a room ended twice"
        else:
            assert 1 <= len(change.room.members) <= change.room.options.capacity
        self.room = change.room
        members = change.room.members if change.room else ()
        leases = {**change.leases, **self.leases}
        self.leases = {member.id: leases[member.id] for member in members}
        self.renews(change.leases)

    def renews(self, leases: Mapping[str, Lease]) -> None:
        for member_id, lease in leases.items():
            held = self.leases.get(member_id)
            if held and lease.seen_at >= held.seen_at:
                self.leases[member_id] = lease
                self.taken_until = 0.0  # what is due anew may be taken anew

    def takes(self, rooms: Sequence[str], at: float) -> None:
        """Somebody looks at the rooms, and nobody else until they have, or could have."""
        for _ in rooms:
            assert at >= self.taken_until, "two look at a room at once"
            self.taken_until = at + TAKEN_SECONDS

    def looked(self) -> None:
        self.taken_until = 0.0

    def _generation(self) -> str:
        assert self.room
        return self.room.generation
