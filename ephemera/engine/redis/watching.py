"""What this process hears of rooms: of those alone that somebody here watches.

What is published only wakes us up: the events are read from the log, from where
we had read to. So nothing is missed when a wake-up is lost, only late: until the
next one, or until the room is looked up for a heartbeat.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from redis.exceptions import TimeoutError as NoAnswer

from ephemera.domain.cursors import NOWHERE, Cursor
from ephemera.domain.errors import Unavailable
from ephemera.domain.events import MessagePosted, ReachChanged, Signal
from ephemera.domain.log import LOG_EVENTS, Entry, Snapshot
from ephemera.domain.rooms import Room
from ephemera.engine.base import Astray, Change, Keeper, Listener, Sensor
from ephemera.engine.redis.keys import keys_of
from ephemera.engine.redis.news import News
from ephemera.engine.redis.pipeline import Client
from ephemera.engine.redis.reaching import RETRY_SECONDS, Reach
from ephemera.engine.redis.records import end_from_news, signal_from_text
from ephemera.engine.redis.silence import patiently
from ephemera.engine.redis.watched import Reader, Watched


class Watching:
    """The rooms that are watched in this process."""

    def __init__(self, client: Client, reach: Reach, reader: Reader) -> None:
        self._client = client
        self._reach = reach
        self._reader = reader
        self._news = News(client, reach, self._take_in, self._lose_reach)
        self._rooms: dict[str, Watched] = {}
        self._listeners: list[Listener] = []
        self._sensors: list[Sensor] = []
        self._astray: list[Astray] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscribing = asyncio.Lock()
        self.keeper: Keeper | None = None

    def listen(self, listener: Listener, sensor: Sensor | None, astray: Astray | None) -> None:
        """See `Engine.listen`."""
        self._listeners.append(listener)
        self._sensors += [sensor] if sensor else []
        self._astray += [astray] if astray else []

    async def watch(self, room_id: str) -> None:
        """See `Engine.watch`: whoever comes second waits for the first."""
        watched = self._rooms.setdefault(room_id, Watched())
        watched.watchers += 1
        if watched.begun is None:
            watched.begun = self._start(self._begin(room_id, watched))
            watched.begun.add_done_callback(_retrieve)  # all who waited may have gone
        await asyncio.shield(watched.begun)

    async def _begin(self, room_id: str, watched: Watched) -> None:
        """Subscribe. What comes after what is seen now is looked for when that is confirmed."""
        try:
            snapshot = await self._reader.load(room_id)
            if snapshot:
                watched.room, watched.leases = snapshot
                watched.cursor = snapshot.room.cursor
            await self._subscribe(room_id)
            async with patiently():
                await watched.subscribed.wait()
        except NoAnswer:
            raise Unavailable(RETRY_SECONDS) from None
        finally:
            if not watched.subscribed.is_set():
                watched.begun = None

    async def _subscribe(self, room_id: str) -> None:
        """Subscribe to a room that is watched, or unsubscribe from one that is not, any more."""
        async with self._subscribing:
            if room_id in self._rooms:
                await self._news.subscribe(room_id)
            else:
                await self._news.unsubscribe(room_id)

    def unwatch(self, room_id: str) -> None:
        """See `Engine.unwatch`."""
        watched = self._rooms.get(room_id)
        if watched is None:
            return
        watched.watchers -= 1
        if not watched.watchers:
            self._forget(room_id, watched)

    def _forget(self, room_id: str, watched: Watched) -> None:
        del self._rooms[room_id]
        if watched.catching_up:
            watched.catching_up.cancel()
        self._start(self._unsubscribe(room_id))

    async def _unsubscribe(self, room_id: str) -> None:
        with suppress(Unavailable):  # then the subscription is lost with the connection
            await self._subscribe(room_id)

    def last_seen(self, room_id: str) -> Room | None:
        """Return a watched room as it was when it was last seen."""
        watched = self._rooms.get(room_id)
        return watched.room if watched else None

    def recall(self, room_id: str) -> Snapshot | None:
        """See `Engine.recall`: only of a room that is watched, and of which we are not behind."""
        watched = self._rooms.get(room_id)
        return watched.snapshot if watched and watched.is_up_to_date else None

    def note(self, snapshot: Snapshot) -> Snapshot:
        """Take note of a room that was just looked up, and return it."""
        room = snapshot.room
        watched = self._rooms.get(room.id)
        if watched and watched.subscribed.is_set():
            if watched.room is None or watched.room.sequence <= room.sequence:
                watched.room, watched.leases = snapshot
            if room.cursor != watched.cursor:
                self._wake(room.id, watched, room.sequence)
        return snapshot

    @contextmanager
    def committing(self, room_id: str) -> Iterator[None]:
        """Let news wait while this process commits: they are its own as a rule, and known here."""
        watched = self._rooms.get(room_id) or Watched()
        watched.commits += 1
        try:
            yield
        finally:
            watched.commits -= 1
            if watched.newest > watched.cursor.sequence:
                self._wake(room_id, watched, 0)

    def committed(self, change: Change) -> None:
        """Tell the listeners what this process has just committed, if they are not behind."""
        watched = self._rooms.get(change.room_id)
        if watched is None:
            return
        before = change.before.cursor if change.before else NOWHERE
        if change.room:
            watched.room, watched.leases = change.room, {**watched.leases, **change.leases}
        if watched.cursor == before and not watched.catching_up:
            self._tell(change.room_id, watched, change.entries)
        else:
            self._wake(change.room_id, watched, change.newest)

    def _tell(self, room_id: str, watched: Watched, entries: Sequence[Entry]) -> None:
        """Tell the listeners what they have not heard yet: it may come by two ways."""
        generation, heard = watched.cursor
        entries = [
            one for one in entries if one.cursor.generation != generation or one.sequence > heard
        ]
        if not entries:
            return
        watched.cursor = entries[-1].cursor
        watched.newest = max(watched.newest, watched.cursor.sequence)
        for listener in self._listeners:
            listener(room_id, entries)

    # News

    def _take_in(self, room_id: str, news: str | None) -> None:
        watched = self._rooms.get(room_id)
        if watched is None:
            return
        if news is None:  # also after the connection was lost: look what we missed
            watched.subscribed.set()
            self._tell_reach(room_id, watched, lost=False)
            self._wake(room_id, watched, 0)
        elif news.startswith("{"):
            self._sense(room_id, signal_from_text(news))
        elif " " in news:
            self._end(room_id, watched, end_from_news(news))
        elif (cursor := Cursor.read(news)) and cursor != watched.cursor:
            watched.newest = max(watched.newest, cursor.sequence)
            if not watched.commits:
                self._wake(room_id, watched, 0)

    def _lose_reach(self) -> None:
        for room_id, watched in tuple(self._rooms.items()):
            self._tell_reach(room_id, watched, lost=True)

    def _tell_reach(self, room_id: str, watched: Watched, *, lost: bool) -> None:
        if watched.lost is not lost:
            watched.lost = lost
            self._sense(room_id, ReachChanged(reached=not lost))

    def _sense(self, room_id: str, signal: Signal) -> None:
        for sensor in self._sensors:
            sensor(room_id, signal)

    def _end(self, room_id: str, watched: Watched, end: Entry) -> None:
        watched.room = None
        if watched.cursor.generation == end.cursor.generation and watched.cursor < end.cursor:
            self._tell(room_id, watched, [end])

    # Catching up

    def _wake(self, room_id: str, watched: Watched, newest: int) -> None:
        watched.newest = max(watched.newest, newest)
        watched.again = True
        if watched.catching_up is None:
            watched.catching_up = self._start(self._catch_up(room_id, watched))

    async def _catch_up(self, room_id: str, watched: Watched) -> None:
        """Read what was missed and tell the listeners, until there is no more."""
        try:
            while watched.again:
                watched.again = False
                try:
                    await self._look(room_id, watched)
                except Unavailable:
                    watched.again = True
                    await asyncio.sleep(RETRY_SECONDS / 4)
        finally:
            watched.catching_up = None

    async def _look(self, room_id: str, watched: Watched) -> None:
        most = max(1, watched.newest - watched.cursor.sequence) + 4
        entries = await self._reader.read_some(room_id, watched.cursor, most)
        if entries is None:
            await self._look_anew(room_id, watched)
        elif entries:
            self._tell(room_id, watched, entries)
            if not all(isinstance(entry.event, MessagePosted) for entry in entries):
                await self._reader.load(room_id)

    async def _look_anew(self, room_id: str, watched: Watched) -> None:
        """Find out why the log does not go on from where we were."""
        snapshot = await self._reader.load(room_id)
        if snapshot is None:
            return
        if snapshot.room.generation == watched.cursor.generation:
            entries = await self._reader.read_some(room_id, watched.cursor, LOG_EVENTS)
            if entries is not None:
                self._tell(room_id, watched, entries)
                return
        watched.cursor = snapshot.room.cursor
        for astray in self._astray:
            astray(room_id)

    # Loss

    async def bring_back(self, known: Room) -> bool:
        """Find out why a room that is watched is there no more, and bring it back if it was lost.

        Tell whether it is there again. One that was wiped is not brought back, also when that
        happens only now: to commit it is a conflict then.
        """
        async with self._reach.trying():
            news: str | None = await self._client.get(keys_of(known.id).gone)
        watched = self._rooms.get(known.id)
        if news and watched:
            self._end(known.id, watched, end_from_news(news))
        if news or self.keeper is None or watched is None or watched.room is None:
            return False
        # Messages are heard without looking the room up; no number of theirs must be used again.
        heard = max(watched.room.sequence, watched.cursor.sequence)
        await self.keeper(replace(watched.room, sequence=heard))
        return True

    async def close(self) -> None:
        """Hear of nothing any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._news.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _retrieve(task: asyncio.Task[None]) -> None:
    """Take note of how the task ended: whoever waited for it is told anyway."""
    with suppress(asyncio.CancelledError):
        task.exception()
