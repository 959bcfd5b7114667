"""The contract of an engine, in words that `tests/contracts/` hold every engine to.

An engine keeps rooms, their logs, their leases, the index of codes and the
index of what is due. It knows no rule: the lobby decides, with the domain, and
the engine makes the decision hold or says Conflict.

- **The version of a room is the sequence of its newest event.** Every commit
  appends at least one event, so no second number is kept beside it.
- **`commit` is one atomic step**: room, log, code index, leases and due index
  change together or not at all, and listeners hear of it after it holds.
- **What is taken back is gone**: an event that changes an earlier message
  changes it in the log, too, in the same step (`ephemera.domain.events.amended`).
- **Listeners hear the events of a room that is watched in order and without a
  hole**, or are told that they have gone astray. Who hears of an event late hears
  of it as the log has it by then; of a room that is forgotten, its last event at
  least, for the rest cannot be read any more. They are called on the event loop
  and must not block, raise or await.
- **What is forgotten is gone**: after a commit without a room, `load`, `find`
  and `read` answer as if the room had never been. Nobody brings it back.
- Times are seconds since the epoch by the engine's `clock`, given by the caller. It never jumps,
  whoever sets the clock of a machine, and counts the time in which one is suspended (ADR 0041).
- **An engine that cannot be reached raises `Unavailable`.** A step that was under
  way may or may not hold then: who tries again must make sure, by a key or by
  looking, that it is not done twice.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ephemera.clock import Clock
from ephemera.domain.cursors import Cursor
from ephemera.domain.events import Signal
from ephemera.domain.log import Entry, Snapshot
from ephemera.domain.presence import Lease
from ephemera.domain.rooms import Room


class EngineUnfit(Exception):
    """No rooms can be kept there; the message is one sentence for the operator."""


class Conflict(Exception):
    """The room has changed, or gone, since it was loaded, or the room id or code is in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one commit makes true.

    `before` is the room on which it was decided: it must still have that
    cursor (None: it must not exist). `room` is the new state, or None to
    forget the room. `due` is when the room
    must be looked at again at the latest; earlier does no harm. `leases` are
    given to members in the same step, as `renew` gives them. `unless_seen`
    maps member ids to the `seen_at` on which the decision rests: a later sign
    of life is a conflict.
    """

    room_id: str
    before: Room | None
    room: Room | None
    entries: Sequence[Entry]
    due: float
    leases: Mapping[str, Lease] = field(default_factory=dict)
    unless_seen: Mapping[str, float] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The sequence that the room must still have; 0: it must not exist."""
        return self.before.sequence if self.before else 0

    @property
    def newest(self) -> int:
        """The sequence that the room has then, or had at its end."""
        return self.entries[-1].sequence


Listener = Callable[[str, Sequence[Entry]], None]
"""Called with a room id and the entries just committed to it."""
Sensor = Callable[[str, Signal], None]
"""Called with a room id and a signal given in it."""
Astray = Callable[[str], None]
"""Called with the id of a room of which something may have been missed: start over there."""
Keeper = Callable[[Room], Awaitable[None]]
"""Brings back a room that its engine has lost, as it was when it was last seen."""


class Engine(Protocol):
    """What every engine can do."""

    clock: Clock
    """The time for whatever is done with the engine's rooms, the same wherever it is asked for."""

    async def open(self) -> None:
        """Get ready, once, before anything else. Raises `EngineUnfit`."""

    async def load(self, room_id: str) -> Snapshot | None:
        """Return the room and its leases, or None."""

    def recall(self, room_id: str) -> Snapshot | None:
        """Return what is known here without looking, if nothing newer has been heard of; or None.

        It may be older than what `load` returns, so only a step that ends in a commit may rest on
        it: that one is a conflict then.
        """

    async def commit(self, change: Change) -> int:
        """Make the change true, all of it, then tell the listeners. Raises `Conflict`.

        Return the sequence at which the log begins from now on: of everything before it nothing is
        kept, of a room that is forgotten nothing at all. What hangs on an entry must go with it:
        with what its events take back, with what is before this, and with the room.
        """

    async def find(self, code: str) -> str | None:
        """Return the id of the room that the code admits to, or None."""

    async def read(self, room_id: str, after: Cursor | None) -> Sequence[Entry] | None:
        """Return the log after the cursor, oldest first.

        None when the cursor is not inside the log any more, was never, or is
        of another generation: the caller must then start over from the whole
        (`after=None`: all that is kept), never continue with a hole.
        """

    async def renew(self, room_id: str, leases: Mapping[str, Lease]) -> None:
        """Give the seats of these members these leases, as far as they are still there.

        A lease that was seen earlier than the seat's present one changes nothing.
        """

    async def take_due(self, now: float, most: int) -> Sequence[str]:
        """Return at most so many rooms whose time has come, the longest due first.

        Work is proportional to what is returned, not to the number of rooms.
        The caller must `commit` to or `postpone` each room, or it is never due again.
        """

    async def postpone(self, room_id: str, due: float) -> None:
        """Look at the room again at `due`, or earlier when a lease has ended earlier since."""

    async def spend(self, budget: str, rate: float, burst: int, now: float) -> float:
        """Take one from the budget and return 0, or return the seconds until there is one.

        A budget refills at `rate` per second up to `burst`.
        """

    async def refund(self, budget: str, rate: float) -> None:
        """Give back what the last `spend` took."""

    async def signal(self, room_id: str, signal: Signal) -> None:
        """Tell those who listen, and keep nothing of it. Who hears it later heard it too late."""

    async def count_rooms(self) -> int:
        """Return the number of rooms."""

    def listen(
        self, listener: Listener, sensor: Sensor | None = None, astray: Astray | None = None
    ) -> None:
        """Call the listener after every commit and the sensor at every signal, for ever.

        Of rooms that are watched, at least. `astray` is called when the
        listener cannot be told all of a room.
        """

    def entrust(self, keeper: Keeper) -> None:
        """Let the keeper bring back watched rooms, should the engine lose them."""

    async def watch(self, room_id: str) -> None:
        """Let the listeners hear of the room: of everything after what is read from then on.

        Called for each that watches; a room may be watched by several. Each
        must `unwatch` it again, also when this fails.
        """

    def unwatch(self, room_id: str) -> None:
        """Take one `watch` back. When nobody watches any more, they may hear nothing."""

    async def close(self) -> None:
        """Let go of what the engine holds outside this process."""
