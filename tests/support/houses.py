"""Several houses on one engine outside of them, and what their readers are told."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import NoSuchRoom
from ephemera.domain.events import RoomWiped
from ephemera.domain.log import Entry
from ephemera.engine.redis import RedisEngine, connect
from ephemera.engine.redis.keys import LAYOUT
from ephemera.lobby.restoring import Restoring
from tests.support.clock import FakeClock
from tests.support.ledger import Ledger
from tests.support.patience import PATIENCE
from tests.support.rooms import NOON, Storey, a_storey
from tests.support.troubled import TroubledEngine

HEARS_WITHIN: Final = PATIENCE


class Process:
    """A storey with an engine of its own, and what its readers were told of a room.

    While it is deaf, what is published does not reach it; then it learns when it looks the room up.
    """

    def __init__(
        self, url: str, kind: type[RedisEngine], clock: FakeClock, happened: Counter[str]
    ) -> None:
        self.client = connect(url)
        self._lose_news(self.client.pubsub())
        self.engine = TroubledEngine(kind(self.client), clock, happened)
        self.engine.entrust(Restoring(self.engine).bring_back)
        self.engine.listen(self._hear, None, self._go_astray)
        self.storey: Storey = a_storey(self.engine, clock=clock)
        self.happened = happened
        self.start_over("")

    def start_over(self, room_id: str) -> None:
        """Turn to a room of which nothing is known."""
        self.room_id = room_id
        self.deaf = self.watches = self.is_astray = False
        self.heard: list[Entry] = []
        self.faults: list[str] = []
        self.place: Cursor | None = None
        self.read_up_to: Cursor | None = None
        self.told = asyncio.Event()

    async def opens_with(self, token: str) -> bool:
        """Tell whether the token opens the room here."""
        try:
            await self.storey.lobby.seated(self.room_id, token)
        except NoSuchRoom:
            return False
        return True

    def _lose_news(self, connection: Any) -> None:  # noqa: ANN401 - a PubSub of any type
        listen = connection.get_message

        async def get_message(**how: Any) -> Any:  # noqa: ANN401 - as it is called
            news = await listen(**how)
            if news and news["type"] == "smessage" and self.deaf:
                self.happened["news lost"] += 1
                return None
            return news

        connection.get_message = get_message
        self.client.pubsub = lambda: connection

    async def watch(self) -> None:
        """Let somebody here read along."""
        self.watches = True
        await self.engine.watch(self.room_id)
        self.resync()

    def resync(self) -> None:
        """Read the room as it is now: what is heard from then on must go on from there."""
        self.is_astray = False
        self.place = self.read_up_to = self.engine.ledger.newest

    def unwatch(self) -> None:
        if self.watches:
            self.watches = False
            self.engine.unwatch(self.room_id)

    async def has_heard(self, newest: Cursor | None) -> None:
        """Wait until the readers here know of everything, or that they must read anew."""
        async with asyncio.timeout(HEARS_WITHIN):
            while self._is_behind(newest):
                self.told.clear()
                await self.told.wait()
        assert not self.faults, f"heard {self.faults[0]}"

    def _is_behind(self, newest: Cursor | None) -> bool:
        hears = self.watches and not self.is_astray and not self.faults
        return hears and newest not in {None, self.place}

    def _hear(self, room_id: str, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if room_id == self.room_id and not self._was_read(entry.cursor):
                self._follow(entry)
        self.told.set()

    def _was_read(self, cursor: Cursor) -> bool:
        read = self.read_up_to
        return bool(read and read.generation == cursor.generation and cursor <= read)

    def _follow(self, entry: Entry) -> None:
        if not self.is_astray:
            before, now = self.place, entry.cursor
            if before and before.generation == now.generation:
                # How a room ended is told, also when what came just before was not: it is gone.
                is_end = isinstance(entry.event, RoomWiped) and now > before
                is_fit = now.sequence == before.sequence + 1 or is_end
            else:
                is_fit = now.sequence == 1
            if not is_fit:
                self.faults.append(f"{now} after {before}")
        self.place = entry.cursor
        self.heard.append(entry)

    def _go_astray(self, _: str) -> None:
        self.happened["astray"] += 1
        self.is_astray = True
        self.told.set()


class Street:
    """Three houses on one engine, with one clock and one ledger, on one event loop."""

    HOUSES: Final = 3

    def __init__(self, url: str, kind: type[RedisEngine] = RedisEngine) -> None:
        self.url, self.kind = url, kind
        self.clock = FakeClock()
        self.happened: Counter[str] = Counter()
        self.ledger = Ledger()
        self.houses = [self._build() for _ in range(self.HOUSES)]

    def _build(self) -> Process:
        return Process(self.url, self.kind, self.clock, self.happened)

    async def begin(self) -> None:
        """Forget everything."""
        for storey in self.houses:
            storey.unwatch()
        client = self.houses[0].client
        if left := set(await client.keys()) - {LAYOUT}:  # without it the engine has lost its rooms
            await client.delete(*left)
        self.ledger, self.clock.now = Ledger(), NOON
        for storey in self.houses:
            storey.start_over("")
            storey.engine.ledger = self.ledger

    async def rebuild(self, place: int) -> None:
        """Put a new house where one has crashed; its readers come back."""
        old, new = self.houses[place], self._build()
        await old.engine.close()
        new.start_over(old.room_id)
        new.engine.ledger = self.ledger
        self.houses[place] = new
        if old.watches and self.ledger.room:
            await new.watch()

    async def everybody_has_heard(self) -> None:
        for storey in self.houses:
            if not storey.deaf:
                await storey.has_heard(self.ledger.newest)

    async def everything_is_written(self) -> None:
        """Wait until the ledger knows what others may have seen before it."""
        for storey in self.houses:
            await storey.engine.all_written()

    async def close(self) -> None:
        for storey in self.houses:
            await storey.engine.close()
