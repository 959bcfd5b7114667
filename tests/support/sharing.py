"""A room that is reached through three houses: what people do in it, and what must be so.

Who was answered nothing does not know whether their command held; who was answered relies on it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from hypothesis.stateful import RuleBasedStateMachine

from ephemera.domain.commands import Remove
from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import Refusal, RoomFull
from ephemera.domain.events import MessagePosted
from ephemera.domain.log import Snapshot
from ephemera.domain.presence import GUEST_SECONDS
from ephemera.domain.rooms import Options, Room
from ephemera.domain.tokens import digest_of
from ephemera.engine.redis.keys import LAYOUT, SWEPT, keys_of
from ephemera.lobby.lobby import Admission
from tests.support.houses import Process, Street

OPTIONS: Final = Options(capacity=3, grace=30)
FADES_IN: Final = 7
"""Sweeps of 12 s each after which nobody is left: a rest after a gap, a lease, a room taken."""

driven: Final[list[int]] = []
"""How many steps each sequence had that was really driven."""
broken: Final[list[str]] = []
"""Which promises were broken."""


@dataclass
class Said:
    """Something that was to be said in one generation of the room, and where it was if it held."""

    author: Admission
    generation: str
    text: str
    key: str | None
    cursor: Cursor | None = None


class Shared(RuleBasedStateMachine):
    """One room, those who come and go in it, and three houses that it can be reached through."""

    street: ClassVar[Street]
    runner: ClassVar[asyncio.Runner]

    def __init__(self) -> None:
        super().__init__()
        driven.append(0)
        self.people: list[Admission] = []
        self.dead: set[str] = set()
        """Tokens of which somebody was told that they open nothing any more."""
        self.said: list[Said] = []
        self.joining: list[int] = []
        """Who has asked for a seat and got no answer."""
        self.key = f"the very own key of room {len(driven)}"
        self.opener = ""
        self.checked: Cursor | None = None
        self.number = 0
        self.is_disturbed = self.is_well = False
        self.acts: dict[str, Callable[[Process, int], Awaitable[None]]] = {
            "post": self._post,
            "retry": self._retry,
            "join": self._join,
            "leave": self._leave,
            "remove": self._remove,
            "close": self._close,
            "begin_again": self.begin_again,
            "beat": self._beat,
            "linger": self._linger,
            "sweep": self.sweep,
        }

    @property
    def room(self) -> Room | None:
        return self.street.ledger.room

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            self.runner.run(coroutine)
            assert not self.street.ledger.broken, self.street.ledger.broken
        except (AssertionError, TimeoutError) as promise:
            self.runner.run(self.street.everything_is_written())  # what was seen began with it
            broken.append(self.street.ledger.broken or str(promise))
            raise

    @asynccontextmanager
    async def _unless_disturbed(self) -> AsyncIterator[None]:
        """Nobody is refused here but for what somebody else has just done."""
        try:
            yield
        except Refusal:
            self.street.happened["refused"] += 1
            assert self.is_disturbed

    async def begin_again(self, storey: Process, who: int) -> None:
        """The room ends, if there is one, and the request that opened it comes again."""
        await self._close(storey, who)
        self.street.clock.turn(1.0)
        self.dead.discard(self.opener)  # it is theirs again, answered or not
        async with self._unless_disturbed():
            lobby = storey.storey.lobby
            ada = await lobby.open("Ada", OPTIONS, "visitor", self.key)
            self._sits(ada)
            self.opener = ada.token
            for one in self.street.houses:
                one.room_id = ada.room.id
            await self._join(storey, 0)

    async def _join(self, storey: Process, _: int) -> None:
        room = self.room
        if room is None:
            return
        if not self.joining:
            self.joining.append(self._next())
        number = self.joining[0]
        async with self._unless_disturbed():
            try:
                place = await storey.storey.lobby.join(
                    room.code,
                    f"Guest {number}",
                    "visitor",
                    lambda _: None,
                    f"the very own key of {number}",
                )
            except RoomFull:
                assert self.is_disturbed or len(room.members) == OPTIONS.capacity
            else:
                assert isinstance(place, Admission)
                held = room.holder_of(digest_of(place.token))
                assert held is None or held.id == place.member.id or self.is_disturbed
                self._sits(place)
        if number in self.joining:
            self.joining.remove(number)

    def _sits(self, admission: Admission) -> None:
        self.people = [one for one in self.people if one.token != admission.token]
        self.people.append(admission)

    async def _post(self, storey: Process, who: int) -> None:
        if author := self._pick(who):
            number = self._next()
            key = f"the very own key of {number}" if who % 2 else None
            said = Said(author, self._generation(), f"words {number}", key)
            self.said.append(said)
            await self._say(storey, said)

    async def _retry(self, storey: Process, who: int) -> None:
        """Say something again, whatever became of it, and whether or not that is known."""
        tokens, generation = {one.token for one in self._seated()}, self._generation()
        again = [
            one
            for one in self.said
            if one.key and one.author.token in tokens and one.generation == generation
        ]
        if again:
            await self._say(storey, again[-1 - who % len(again)])
        else:
            await self._post(storey, 1)

    async def _say(self, storey: Process, said: Said) -> None:
        async with self._unless_disturbed():
            author = await storey.storey.lobby.author(storey.room_id, said.author.token)
            cursor = await storey.storey.talk.post(author, said.text, said.key)
            # A room that was opened again meanwhile is another one: what is said there is new.
            assert said.cursor in {None, cursor} or cursor.generation != said.generation
            said.generation, said.cursor = cursor.generation, cursor

    async def _leave(self, storey: Process, who: int) -> None:
        if leaver := self._pick(who):
            generation = self._generation()
            async with self._unless_disturbed():
                await storey.storey.lobby.leave(
                    await storey.storey.lobby.seated(storey.room_id, leaver.token)
                )
                self._bury(generation, leaver)

    async def _remove(self, storey: Process, who: int) -> None:
        others = [one for one in self._seated() if one is not self._host()]
        if not (host := self._host()) or not others:
            return
        generation, target = self._generation(), others[who % len(others)]
        async with self._unless_disturbed():
            seated = await storey.storey.lobby.seated(storey.room_id, host.token)
            await storey.storey.lobby.act(seated, Remove(target=target.member.id))
            self._bury(generation, target)
            for one in self.street.houses:
                if target.token in self.dead:
                    assert not await one.opens_with(target.token), "opened after all"

    async def _close(self, storey: Process, _: int) -> None:
        if host := self._host():
            generation = self._generation()
            async with self._unless_disturbed():
                await storey.storey.lobby.close(
                    await storey.storey.lobby.seated(storey.room_id, host.token)
                )
                self._bury(generation, *self.people)

    async def _beat(self, storey: Process, _: int) -> None:
        if self.room:
            await storey.storey.presence.renew(storey.room_id, *self.room.seats)

    async def _linger(self, storey: Process, who: int) -> None:
        if visitor := self._pick(who):
            member = visitor.member.id
            await storey.storey.presence.linger(storey.room_id, member, self.street.clock())

    async def sweep(self, storey: Process, who: int) -> None:
        self.street.clock.turn((12.0, 1.0, 5.0, 12.0)[who % 4])
        await storey.storey.reaper.reap_due()

    # Who there is

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _generation(self) -> str:
        return self.room.generation if self.room else ""

    def _seated(self) -> list[Admission]:
        """Return those who know that they have a seat, and have one."""
        room = self.room
        return [one for one in self.people if room and room.holder_of(digest_of(one.token))]

    def _pick(self, who: int) -> Admission | None:
        seated = self._seated()
        return seated[who % len(seated)] if seated else None

    def _host(self) -> Admission | None:
        hosts = {one.id for one in self.room.members if one.role == "host"} if self.room else set()
        return next((one for one in self._seated() if one.member.id in hosts), None)

    def _bury(self, generation: str, *people: Admission) -> None:
        """It was answered that these have no seat any more; in another generation they may."""
        if self._generation() in {generation, ""}:
            self.dead |= {one.token for one in people}

    # What must be so

    async def check(self, place: int) -> None:
        await self.street.everybody_has_heard()
        storey, newest = self.street.houses[place], self.street.ledger.newest
        for one in self.street.houses:
            if one.watches or one is storey:  # the others remember nothing
                await self._check_house(one)
        if self.checked != newest:
            log = await storey.engine.real.read(storey.room_id, None)
            assert (log or []) == self.street.ledger.log
            self.checked = newest
        self._check_messages()
        if self.room is None:
            left = set(await storey.client.keys())
            assert left <= {LAYOUT, SWEPT, keys_of(storey.room_id).gone}
        self.is_well = True

    async def _check_house(self, storey: Process) -> None:
        ledger = self.street.ledger
        seen = await storey.engine.real.load(storey.room_id)
        there_is = Snapshot(ledger.room, ledger.leases) if ledger.room else None
        assert seen == there_is, "seen otherwise"
        await storey.has_heard(ledger.newest)
        if storey.is_astray:
            storey.resync()
        for entry in storey.heard:
            assert ledger.has(entry), "heard otherwise"
        storey.heard.clear()
        for token in self.dead:
            assert not seen or not seen.room.holder_of(digest_of(token))

    def _check_messages(self) -> None:
        entries = self.street.ledger.entries
        times = Counter(
            (place.generation, entry.event.text)
            for place, entry in entries.items()
            if isinstance(entry.event, MessagePosted)
        )
        assert set(times.values()) <= {1}, "said twice"
        for said in self.said:
            if said.cursor:
                event = entries[said.cursor].event
                assert isinstance(event, MessagePosted)
                assert (event.nickname, event.text) == (said.author.member.nickname, said.text)

    async def fade(self) -> None:
        if self.room and not self.room.is_met:
            self.street.clock.turn(GUEST_SECONDS)
        for times in range(FADES_IN):
            if self.room:
                await self.sweep(self.street.houses[times % 3], 0)
        assert self.room is None
        await self.check(0)
