"""Rooms to test with, made by the real domain and the real lobby. Nothing here is a stand-in."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from zlib import crc32

from ephemera.domain.codes import partition_of
from ephemera.domain.commands import Act, Command, Join, Open, Sweep
from ephemera.domain.decide import decide, open_room
from ephemera.domain.events import Event
from ephemera.domain.log import Snapshot
from ephemera.domain.presence import Lease
from ephemera.domain.rooms import Member, Options, Room
from ephemera.engine.base import Change, Engine
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.lobby import Admission, Lobby, Seated
from ephemera.lobby.opening import ANYBODY, Chosen, Opening
from ephemera.lobby.presence import Presence
from ephemera.lobby.reading import Reading
from ephemera.lobby.reaper import Reaper
from ephemera.lobby.returning import Returning
from ephemera.lobby.talk import Talk
from ephemera.lobby.use_cases import use_cases
from tests.support.clock import FakeClock

T = TypeVar("T")

NOON: Final = 1_000_000.0
"""When the rooms of these tests are opened."""
DAY: Final = 86_400.0


def code_of(room_id: str, rest: str | None = None) -> str:
    """Return a code that the room could have."""
    return partition_of(room_id) + (rest or f"{crc32(room_id.encode()) % 10**9:09}")


CODE: Final = code_of("room")


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that never waits, without any event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return] # a StopIteration carries anything
    coroutine.close()
    raise AssertionError("it waited")


def an_opening(**changes: Any) -> Open:  # noqa: ANN401 - fields of any type
    """Return the command with which Ada opens a room, with these changes."""
    opening = Open(
        room_id="room",
        generation="g1",
        code=CODE,
        nickname="Ada",
        digest="Ada's digest",
        options=Options(capacity=8, grace=120),
        lifetime=DAY,
    )
    return replace(opening, **changes)


def a_room(*others: str, capacity: int = 8, grace: int = 120) -> Room:
    """Return the room that Ada opened, which the others have joined, one second apart."""
    room, _ = open_room(an_opening(options=Options(capacity=capacity, grace=grace)), NOON)
    for seconds, nickname in enumerate(others, start=1):
        room = after(room, joining(nickname), now=NOON + seconds)
    return room


def after(room: Room, *commands: Command, now: float = NOON) -> Room:
    """Return the room after these commands, all of them given at that time."""
    for command in commands:
        room, _ = decide(room, command, now)
    return room


def swept(room: Room, now: float, **leases: Lease) -> tuple[Room, tuple[Event, ...]]:
    """Return what a sweep brings about; leases that are not named were renewed this moment."""
    everyone = {member.id: leases.get(member.id, Lease.renewed(now)) for member in room.members}
    return decide(room, Sweep(leases=everyone), now)


def joining(nickname: str, *, previous: str | None = None) -> Join:
    """Return the command with which somebody takes a seat."""
    return Join(nickname=nickname, digest=f"{nickname}'s digest", code=CODE, previous=previous)


def named(room: Room, nickname: str) -> Member:
    """Return the member of that nickname, who must be there."""
    return next(member for member in room.members if member.nickname == nickname)


@dataclass
class Storey:
    """The storey of the lobby, without the web: all of it on one engine and one clock."""

    engine: Engine
    clock: FakeClock
    lobby: Lobby
    talk: Talk
    presence: Presence
    reaper: Reaper
    returning: Returning
    reading: Reading
    opening: Opening

    async def open(
        self, nickname: str = "Ada", *, capacity: int = 8, grace: int = 120
    ) -> Admission:
        """Open a room from a visitor's address."""
        options = Options(capacity=capacity, grace=grace)
        return await self.lobby.open(nickname, options, "visitor")

    async def open_met(self, nickname: str = "Ada", *, grace: int = 120) -> Admission:
        """Open a room in which a guest has been: it waits for nobody any more."""
        admission = await self.open(nickname, grace=grace)
        await self.leave(await self.join(admission, "Guest"))
        return admission

    async def join(
        self,
        admission: Admission,
        nickname: str,
        held: str | None = None,
        visitor: str = "visitor",
    ) -> Admission:
        """Join the room of somebody else's admission, perhaps with a token held there."""
        place = await self.lobby.join(admission.room.code, nickname, visitor, lambda _: held)
        assert isinstance(place, Admission)
        return place

    async def seated(self, admission: Admission) -> Seated:
        """Look the seat up as it is now."""
        return await self.lobby.seated(admission.room.id, admission.token)

    async def post(self, admission: Admission, text: str, key: str | None = None) -> int:
        """Say something; return the sequence of the message."""
        author = await self.lobby.author(admission.room.id, admission.token)
        return (await self.talk.post(author, text, key)).sequence

    async def act(self, admission: Admission, act: Act) -> Room:
        """Do something; return the room after it."""
        return await self.lobby.act(await self.seated(admission), act)

    async def leave(self, admission: Admission) -> None:
        """Give the seat up."""
        await self.lobby.leave(await self.seated(admission))

    async def load(self, admission: Admission) -> Snapshot | None:
        """Return the room as the engine has it."""
        return await self.engine.load(admission.room.id)

    async def room(self, admission: Admission) -> Room:
        """Return the room, which must exist."""
        snapshot = await self.load(admission)
        assert snapshot is not None
        return snapshot.room

    async def member(self, admission: Admission) -> Member | None:
        """Return the member as the room has them now, or None when their seat is gone."""
        snapshot = await self.load(admission)
        return snapshot.room.member(admission.member.id) if snapshot else None


def a_storey(  # noqa: PLR0913 - what an operator may choose
    engine: Engine | None = None,
    *,
    rate_limits: bool = False,
    most_rooms: int = 20_000,
    lifetime: float = DAY,
    clock: FakeClock | None = None,
    opening: Chosen = ANYBODY,
) -> Storey:
    """Return a lobby on the engine given, or on one of its own."""
    engine = engine or MemoryEngine()
    clock = clock or FakeClock(NOON)
    use = use_cases(
        engine,
        clock,
        secret=b"a secret of the tests",
        rate_limits=rate_limits,
        lifetime=lifetime,
        most_rooms=most_rooms,
        opening=opening,
    )
    reaper = Reaper(engine, clock)
    return Storey(
        engine,
        clock,
        use.lobby,
        use.talk,
        use.presence,
        reaper,
        use.returning,
        use.reading,
        use.opening,
    )


class BusyEngine(MemoryEngine):
    """An engine on which somebody else is faster, once: what they do is committed just before.

    What they do must go through a real lobby, and must not wait.
    """

    faster: Callable[[], Coroutine[Any, Any, Any]] | None = None

    async def commit(self, change: Change) -> int:
        """See `Engine.commit`."""
        faster, self.faster = self.faster, None
        if faster:
            await faster()
        return await super().commit(change)


class FarEngine(MemoryEngine):
    """An engine that answers a turn of the event loop later, as one across a network does."""

    async def load(self, room_id: str) -> Snapshot | None:
        """See `Engine.load`."""
        snapshot = await super().load(room_id)
        await asyncio.sleep(0)
        return snapshot


def with_away(room: Room, *nicknames: str) -> Room:
    """Return the room with these members away since it was opened."""
    members = tuple(
        replace(member, away_since=NOON) if member.nickname in nicknames else member
        for member in room.members
    )
    return replace(room, members=members)
