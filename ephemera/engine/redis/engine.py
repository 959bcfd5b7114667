"""Rooms on Redis or Valkey: the contract of `ephemera.engine.base`, for any number of processes."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

from ephemera.clock import Clock
from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import Unavailable
from ephemera.domain.events import Signal, amended, amends
from ephemera.domain.log import LOG_EVENTS, Entry, Snapshot
from ephemera.domain.presence import Lease
from ephemera.domain.rooms import Room
from ephemera.engine.base import Astray, Change, Conflict, EngineUnfit, Keeper, Listener, Sensor
from ephemera.engine.redis.causes import FAULTS, UNREACHED, cause_of
from ephemera.engine.redis.checking import born_in, check, claim
from ephemera.engine.redis.connecting import disconnect
from ephemera.engine.redis.keys import LAYOUT, key_of_budget, key_of_code, keys_of
from ephemera.engine.redis.pipeline import Client
from ephemera.engine.redis.reaching import RETRY_SECONDS, Reach
from ephemera.engine.redis.records import (
    by_twos,
    cursor_from_pieces,
    entry_from_text,
    lease_to_text,
    leases_from_texts,
    room_from_pieces,
    signal_to_text,
)
from ephemera.engine.redis.scripts import (
    Scripts,
    arguments_of_commit,
    keys_of_commit,
    takes_memory,
)
from ephemera.engine.redis.sweeping import Sweeping
from ephemera.engine.redis.timing import Timing
from ephemera.engine.redis.tongues import other_tongue
from ephemera.engine.redis.watching import Watching

logger = logging.getLogger(__name__)

COMES_BACK_WITHIN: Final = 30.0
"""Seconds after a loss within which a room that is not there may still be brought back."""

PLACE: Final = ("sequence", "generation")
"""The pieces of a room that tell the place of its newest event."""


class RedisEngine:
    """The contract of `ephemera.engine.base`, for several processes on one or more machines."""

    def __init__(self, client: Client, *, strict: bool = False) -> None:
        """Keep rooms there; with `strict` only if nothing at all is written to disk."""
        self._client = client
        self._strict = strict
        self._reach = Reach()
        self._scripts = Scripts(client)
        self._watching = Watching(client, self._reach, self)
        self._timing = Timing(client, self._scripts)
        self._sweeping = Sweeping(client, self._scripts, self._timing)
        self._born = 0.0
        self._has_lost = False
        self.clock: Clock = self._timing.clock

    async def open(self) -> None:
        """See `Engine.open`."""
        try:
            warnings = await check(self._client)
            await self._set_clock()
            await self._sweeping.count_anew()
        except FAULTS as error:
            cause = cause_of(error)
            if cause == UNREACHED:
                cause = await other_tongue(self._client) or cause
            if cause is None:
                raise
            raise EngineUnfit(cause) from None
        if warnings and self._strict:
            raise EngineUnfit(warnings[0])
        for warning in warnings:
            logger.warning(warning)

    async def load(self, room_id: str) -> Snapshot | None:
        """See `Engine.load`. A room that is watched, and as it was, is not sent again.

        What must be known of a room that is not there is asked about every one, at the same time:
        else a stranger could tell by the time which rooms there are.
        """
        known = self._watching.last_seen(room_id)
        if known and (snapshot := await self._load_again(known)):
            return snapshot
        keys = keys_of(room_id)
        async with self._reach.trying():
            (pieces, leases, was_wiped), (layout,) = await asyncio.gather(
                self._ask(("HGETALL", keys.room), ("HGETALL", keys.leases), ("EXISTS", keys.gone)),
                self._ask(("GET", LAYOUT)),
            )
        if pieces:
            room = room_from_pieces(by_twos(pieces))
            return self._watching.note(Snapshot(room, leases_from_texts(by_twos(leases))))
        if known and await self._watching.bring_back(known):
            return await self.load(room_id)
        if layout:
            self._note_birth(born_in(layout))
        else:  # it has just lost everything
            async with self._reach.trying():
                await self._set_clock()
        if not was_wiped:
            self._refuse_while_it_may_come_back()
        return None

    def _refuse_while_it_may_come_back(self) -> None:
        """Raise `Unavailable` shortly after a loss."""
        wait = self._born + COMES_BACK_WITHIN - self.clock()
        if self._has_lost and wait > 0:
            raise Unavailable(min(wait, RETRY_SECONDS))

    async def _load_again(self, known: Room) -> Snapshot | None:
        keys = keys_of(known.id)
        async with self._reach.trying():
            place, leases = await self._ask(("HMGET", keys.room, *PLACE), ("HGETALL", keys.leases))
        if None in place or cursor_from_pieces(*place) != known.cursor:
            return None
        return self._watching.note(Snapshot(known, leases_from_texts(by_twos(leases))))

    def recall(self, room_id: str) -> Snapshot | None:
        """See `Engine.recall`."""
        return self._watching.recall(room_id)

    async def commit(self, change: Change) -> int:
        """See `Engine.commit`."""
        kept, appended = await self._amend(change)
        commit = self._scripts.commit if takes_memory(change) else self._scripts.make_room
        keys, arguments = keys_of_commit(change), arguments_of_commit(change, kept, appended)
        with self._watching.committing(change.room_id):
            async with self._reach.trying():
                begins: int = await commit(keys, arguments)
            if not begins:
                raise Conflict
            self._watching.committed(change)
        self._sweeping.count(change)
        return begins if change.room else change.newest + 1

    async def _amend(self, change: Change) -> tuple[Sequence[Entry], Sequence[Entry]]:
        """Return what the log has to keep otherwise from now on, and what it gets.

        What was read is as old as the room on which was decided, or the commit is a conflict.
        """
        if change.room is None or not any(amends(entry.event) for entry in change.entries):
            return (), change.entries
        before = list(await self.read(change.room_id, None) or ())
        after = list(before)
        for later in change.entries:
            after = [
                entry._replace(event=amended(entry.sequence, entry.event, later.event))
                for entry in after
            ]
            after.append(later)
        changed = [now for now, then in zip(after, before, strict=False) if now != then]
        return changed, after[len(before) :]

    async def find(self, code: str) -> str | None:
        """See `Engine.find`."""
        async with self._reach.trying():
            room_id: str | None = await self._client.get(key_of_code(code))
        return room_id

    async def read(self, room_id: str, after: Cursor | None) -> Sequence[Entry] | None:
        """See `Engine.read`."""
        if after is not None:
            return await self.read_some(room_id, after, LOG_EVENTS)
        keys = keys_of(room_id)
        async with self._reach.trying():
            place, log = await self._ask(("HMGET", keys.room, *PLACE), ("HGETALL", keys.log))
        if None in place:
            return None
        generation = cursor_from_pieces(*place).generation
        written = sorted((int(sequence), entry) for sequence, entry in by_twos(log).items())
        return [entry_from_text(Cursor(generation, number), entry) for number, entry in written]

    async def read_some(self, room_id: str, after: Cursor, most: int) -> Sequence[Entry] | None:
        """Return the log after the cursor as `read` does, if there are at most so many entries."""
        keys = keys_of(room_id)
        numbers = range(after.sequence + 1, after.sequence + 1 + most)
        async with self._reach.trying():
            place, log = await self._ask(
                ("HMGET", keys.room, *PLACE), ("HMGET", keys.log, *numbers)
            )
        if None in place:
            return None
        newest = cursor_from_pieces(*place)
        behind = newest.sequence - after.sequence
        written = log[: max(behind, 0)]
        if newest.generation != after.generation or len(written) != behind or None in written:
            return None
        return [
            entry_from_text(Cursor(newest.generation, number), entry)
            for number, entry in zip(numbers, written, strict=False)
        ]

    async def renew(self, room_id: str, leases: Mapping[str, Lease]) -> None:
        """See `Engine.renew`."""
        keys = keys_of(room_id)
        arguments = [room_id]
        for member_id, lease in leases.items():
            arguments += [member_id, lease_to_text(lease)]
        async with self._reach.trying():
            await self._scripts.renew([keys.leases, keys.due], arguments)

    async def take_due(self, now: float, most: int) -> Sequence[str]:
        """See `Engine.take_due`. Nothing is due for one lease after nobody asked for a while."""
        async with self._reach.trying():
            await self._set_clock()
            return await self._sweeping.take_due(now, most)

    async def postpone(self, room_id: str, due: float) -> None:
        """See `Engine.postpone`."""
        keys = keys_of(room_id)
        async with self._reach.trying():
            await self._scripts.postpone([keys.room, keys.due, keys.taken], [room_id, repr(due)])

    async def spend(self, budget: str, rate: float, burst: int, now: float) -> float:
        """See `Engine.spend`."""
        async with self._reach.trying():
            wait = await self._scripts.spend(
                [key_of_budget(budget)], [repr(1 / rate), burst, repr(now)]
            )
        return float(wait)

    async def refund(self, budget: str, rate: float) -> None:
        """See `Engine.refund`."""
        async with self._reach.trying():
            await self._scripts.refund([key_of_budget(budget)], [repr(1 / rate)])

    async def signal(self, room_id: str, signal: Signal) -> None:
        """See `Engine.signal`."""
        async with self._reach.trying():
            await self._client.spublish(keys_of(room_id).room, signal_to_text(signal))

    async def count_rooms(self) -> int:
        """See `Engine.count_rooms`. Those of other processes are counted anew now and then."""
        return self._sweeping.rooms

    def listen(
        self, listener: Listener, sensor: Sensor | None = None, astray: Astray | None = None
    ) -> None:
        """See `Engine.listen`."""
        self._watching.listen(listener, sensor, astray)

    def entrust(self, keeper: Keeper) -> None:
        """See `Engine.entrust`."""
        self._watching.keeper = keeper

    async def watch(self, room_id: str) -> None:
        """See `Engine.watch`."""
        await self._watching.watch(room_id)

    def unwatch(self, room_id: str) -> None:
        """See `Engine.unwatch`."""
        self._watching.unwatch(room_id)

    async def close(self) -> None:
        """See `Engine.close`."""
        await self._watching.close()
        await self._scripts.close()
        await disconnect(self._client)

    async def _ask(self, *questions: tuple[str | int, ...]) -> list[Any]:
        """Return the answers to questions about one room, with nothing of others in between."""
        words = chain.from_iterable((len(question), *question) for question in questions)
        keys = [str(question[1]) for question in questions]
        answers: list[Any] = await self._scripts.ask(keys, list(words))
        return answers

    async def _set_clock(self) -> None:
        """Take over the time of the engine, and notice when it began anew."""
        await self._timing.agree()
        self._note_birth(await claim(self._client, self._scripts, self.clock()))

    def _note_birth(self, born: float) -> None:
        """Take note since when the engine is ours, and so whether it has lost everything."""
        self._has_lost = self._has_lost or self._born not in {0.0, born}
        self._born = born
