"""A race for a room: who takes part, and what must be so when everybody has arrived."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

import pytest

from ephemera.domain import commands as c
from ephemera.domain.codes import new_code
from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import NoSuchRoom, Refusal
from ephemera.domain.events import MemberJoined, Superseded
from ephemera.domain.log import Entry, Snapshot
from ephemera.domain.rooms import Options
from ephemera.hub.feed import Feed
from ephemera.hub.hub import Hub
from ephemera.lobby.lobby import Admission, Waiting
from tests.support.audit import Audit
from tests.support.readers import Reader, Station
from tests.support.rooms import a_storey
from tests.support.schedule import RacingEngine, Schedule

FIRST_WORDS: Final = "the first words"


class Race:
    """Ada's room with Ben, Cleo and Eve in it, Zoe at its door, and streams open."""

    def __init__(self, seed: int, engine: RacingEngine, hub: type[Hub], feed: type[Feed]) -> None:
        self.schedule = Schedule(seed)
        self.engine = engine
        self.storey = a_storey(engine)
        of_house = hub(self.storey.clock, most_streams=100)
        self.station = Station(self.storey, of_house, feed(engine, of_house))
        self.heard: list[Entry] = []
        engine.listen(self._hear)
        engine.listen(of_house.hear, of_house.sense)
        self.readers: list[tuple[Admission, Reader]] = []
        self.silent: set[int] = set()
        """The places in the log of which who comes late is told nothing."""

    def _hear(self, _: str, entries: Sequence[Entry]) -> None:
        self.heard.extend(entries)

    async def prepare(self) -> None:
        storey, lobby = self.storey, self.storey.lobby
        self.ada = await lobby.open("Ada", Options(capacity=5), "visitor")
        self.ben = await storey.join(self.ada, "Ben")
        self.cleo = await storey.join(self.ada, "Cleo")
        self.eve = await storey.join(self.ada, "Eve")
        self.first = await storey.post(self.ada, FIRST_WORDS)
        await self.ada_does(c.ChangeOptions(ask=self.schedule.dice.random() < 1 / 2))
        zoe = await lobby.join(self.ada.room.code, "Zoe", "visitor", lambda _: None)
        self.zoe = zoe if isinstance(zoe, Waiting) else None
        storey.clock.turn(130)
        for one in (self.ada, self.ben, self.eve):
            await storey.presence.renew(self.ada.room.id, one.member.id)
        for one in (self.ada, self.ben, self.eve):
            self.listen(one)
        await Schedule(0).run([])  # until they are live

    def listen(self, who: Admission, after: int = 0) -> None:
        self.readers.append((who, self.station.tune_in(who, after=after)))

    async def ada_does(self, act: c.Act) -> None:
        await self.storey.act(self.ada, act)

    async def remove(self) -> None:
        """Ada removes Eve; from the answer on nothing is Eve's any more."""
        stale = await self.storey.lobby.seated(self.ada.room.id, self.eve.token)
        code = new_code(self.ada.room.id) if self.schedule.dice.random() < 1 / 2 else None
        await self.ada_does(c.Remove(target=self.eve.member.id, code=code))
        if self.eve.member.id not in Audit().go_through(self.heard).removed:
            return  # Eve was faster and has left
        for who, reader in self.readers:
            assert who is not self.eve or not (reader.stream and reader.stream.is_live)
        with pytest.raises(NoSuchRoom):
            await self.storey.talk.post(stale, "after all")
        with pytest.raises(NoSuchRoom):
            await self.storey.seated(self.eve)
        with pytest.raises(Refusal):
            await self.join("Eve", self.eve.token)
        self.listen(self.eve)

    async def join(self, nickname: str, held: str | None = None) -> None:
        snapshot = await self.engine.load(self.ada.room.id)
        code = snapshot.room.code if snapshot else self.ada.room.code
        await self.storey.lobby.join(code, nickname, "visitor", lambda _: held)

    async def reap(self) -> None:
        await self.storey.reaper.reap_due()

    async def eve_listens(self) -> None:
        self.listen(self.eve, after=self.schedule.dice.choice((0, 3, 9)))

    async def answer(self, who: Admission) -> None:
        if self.zoe:
            await self.storey.act(who, c.AnswerKnock(knock=self.zoe.knock.id))

    async def withdraw(self) -> None:
        if self.zoe:
            waiting = await self.storey.lobby.at_the_door(self.ada.room.id, self.zoe.token)
            await self.storey.lobby.withdraw(waiting)

    def others(self) -> list[Callable[[], Awaitable[object]]]:
        """Return what else may go on at the same time."""
        storey, room_id = self.storey, self.ada.room.id
        ben = self.ben.member.id
        return [
            lambda: storey.post(self.eve, "says Eve"),
            lambda: storey.post(self.ben, "says Ben"),
            lambda: storey.post(self.cleo, "says Cleo"),
            lambda: self.join("Eve", self.eve.token),
            lambda: self.join("Mallory"),
            lambda: self.join("Dora"),
            lambda: storey.leave(self.eve),
            lambda: storey.leave(self.ben),
            lambda: storey.leave(self.ada),
            lambda: storey.presence.renew(room_id, self.cleo.member.id),
            self.reap,
            self.reap,
            self.eve_listens,
            self.eve_listens,
            lambda: self.ada_does(c.Mute(target=ben)),
            lambda: self.ada_does(c.Lock()),
            lambda: self.ada_does(c.Rotate(code=new_code(room_id))),
            lambda: self.ada_does(c.Delete(message=self.first)),
            lambda: self.ada_does(c.Edit(message=self.first, text="other words")),
            lambda: self.ada_does(c.Appoint(target=ben, stay=False)),
            lambda: self.ada_does(c.ChangeOptions(capacity=4)),
            lambda: self.answer(self.ada),
            lambda: self.answer(self.ben),
            self.withdraw,
            lambda: self.ada_does(c.Close()),
        ]

    async def run(self) -> None:
        await self.prepare()
        dice, self.engine.schedule = self.schedule.dice, self.schedule
        chosen = dice.sample(self.others(), dice.randrange(3, 8))
        runners = [self.remove, *chosen]
        tasks = [asyncio.create_task(unless_refused(runner)) for runner in runners]
        await self.schedule.run(tasks)
        self.engine.schedule = None
        await self.check()
        for _, reader in self.readers:
            reader.has_left.set()
        await asyncio.gather(*(reader.task for _, reader in self.readers if reader.task))

    async def check(self) -> None:
        audit = Audit().go_through(self.heard)
        snapshot = await self.engine.load(self.ada.room.id)
        log = await self.engine.read(self.ada.room.id, Cursor(self.ada.room.generation, 0)) or ()
        self.silent = {
            entry.sequence
            for entry in log
            if entry.stands_in or isinstance(entry.event, Superseded)
        }
        assert (snapshot is None) == audit.ended
        self.check_what_was_heard(audit)
        if snapshot is None:
            assert not self.engine._rooms
            assert not self.engine._codes
            return
        self.check_room(snapshot, audit)
        assert [entry.cursor for entry in log] == [entry.cursor for entry in self.heard]
        kept = repr(self.engine._rooms[snapshot.room.id])
        taken_back = self.first not in audit.posted
        assert not (taken_back and (FIRST_WORDS in kept or "other words" in kept))

    def check_room(self, snapshot: Snapshot, audit: Audit) -> None:
        room = snapshot.room
        assert room.sequence == len(self.heard)
        shown = {member.id: (member.role, member.muted) for member in room.members}
        assert shown == {one.id: (one.role, one.muted) for one in audit.members.values()}
        assert set(room.seats) == set(snapshot.leases) == set(shown)
        assert room.locked == audit.locked
        assert self.engine._codes == {room.code: room.id}
        assert len(room.banned) == len(audit.removed)

    def check_what_was_heard(self, audit: Audit) -> None:
        until = audit.removed.get(self.eve.member.id)
        for who, reader in self.readers:
            heard = reader.sequences
            assert heard == sorted(set(heard))
            if who.member.id in audit.members:
                assert reader.is_served
                assert not heard or heard[-1] == len(self.heard)
                missed = set(range(min(heard, default=len(self.heard)), len(self.heard))) - set(
                    heard
                )
                assert missed <= self.silent
            else:
                assert reader.was_ended
            if who is self.eve and until:
                assert not heard or heard[-1] <= until
        if until:
            joined = [entry.event for entry in self.heard[until:]]
            names = [event.member.nickname for event in joined if isinstance(event, MemberJoined)]
            assert "Eve" not in names


async def unless_refused(runner: Callable[[], Awaitable[object]]) -> None:
    with suppress(Refusal):
        await runner()
