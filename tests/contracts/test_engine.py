"""What `ephemera.engine.base` promises in words, asked of every engine there is."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Final

import pytest

from ephemera.domain.codes import partition_of
from ephemera.domain.cursors import Cursor
from ephemera.domain.events import MessagePosted, RoomWiped
from ephemera.domain.log import LOG_BYTES, LOG_EVENTS, Entry
from ephemera.domain.presence import Lease
from ephemera.domain.rooms import Room, Trace
from ephemera.engine.base import Change, Conflict, Engine
from tests.support.processes import comes
from tests.support.rooms import DAY, NOON, a_room, code_of

ADA, BEN = "p1", "p2"
ROOM: Final = a_room("Ben")
OTHER: Final = next(
    name for name in map(str, count()) if partition_of(name) == partition_of(ROOM.id)
)
"""A room that could have the same code."""
FREE: Final = code_of(OTHER, "FREE00000")
LATER: Final = NOON + 10
END: Final = NOON + DAY


def numbered(room: Room, *texts: str) -> list[Entry]:
    """Return messages of Ada's that follow upon the newest event of the room."""
    return [
        Entry(
            Cursor(room.generation, room.sequence + place),
            MessagePosted(at=LATER, member_id=ADA, nickname="Ada", text=text),
        )
        for place, text in enumerate(texts, start=1)
    ]


def saying(room: Room, *texts: str, due: float = END) -> Change:
    """Return the change with which Ada says these texts."""
    after = replace(room, sequence=room.sequence + len(texts))
    return Change(
        room_id=room.id,
        before=room,
        room=after,
        entries=numbered(room, *texts),
        due=due,
    )


def opening(room: Room = ROOM, due: float = END) -> Change:
    """Return the change that brings the room about, with a log as long as it has events."""
    return Change(
        room_id=room.id,
        before=None,
        room=room,
        entries=numbered(replace(room, sequence=0), *["opened"] * room.sequence),
        due=due,
        leases={member.id: Lease.renewed(NOON) for member in room.members},
    )


def wiping(room: Room) -> Change:
    wiped = RoomWiped(at=LATER, reason="closed")
    entry = Entry(Cursor(room.generation, room.sequence + 1), wiped)
    return Change(room_id=room.id, before=room, room=None, entries=[entry], due=END)


async def say(engine: Engine, room: Room, *texts: str, due: float = END) -> Room:
    """Commit that Ada says these texts; return the room as it is then."""
    change = saying(room, *texts, due=due)
    await engine.commit(change)
    assert change.room
    return change.room


async def texts(engine: Engine, after: Cursor | None) -> list[str] | None:
    entries = await engine.read(ROOM.id, after)
    if entries is None:
        return None
    return [entry.event.text for entry in entries if isinstance(entry.event, MessagePosted)]


async def leases(engine: Engine, room_id: str = ROOM.id) -> Mapping[str, Lease]:
    snapshot = await engine.load(room_id)
    assert snapshot
    return snapshot.leases


async def is_refused(engine: Engine, change: Change) -> None:
    """Prove that the change is a conflict and that nothing of it was made true."""
    heard: list[str] = []
    engine.listen(lambda room_id, _: heard.append(room_id))
    before = await everything(engine, change)
    with pytest.raises(Conflict):
        await engine.commit(change)
    assert await everything(engine, change) == before
    assert heard == []


async def everything(engine: Engine, change: Change) -> Sequence[object]:
    code = change.room.code if change.room else ""
    return (
        await engine.load(change.room_id),
        await engine.read(change.room_id, None),
        await engine.find(code),
        await engine.count_rooms(),
    )


# Rooms and commits


async def test_what_is_recalled_is_what_a_look_would_find(engine: Engine) -> None:
    assert engine.recall(ROOM.id) is None
    await engine.commit(opening())
    await engine.watch(ROOM.id)
    await comes(lambda: engine.recall(ROOM.id))
    assert engine.recall(ROOM.id) == await engine.load(ROOM.id)
    room = await say(engine, ROOM, "hello")
    await comes(lambda: engine.recall(ROOM.id))
    recalled = engine.recall(ROOM.id)
    assert recalled == await engine.load(ROOM.id)
    assert recalled
    assert recalled.room == room
    await engine.commit(wiping(room))
    assert engine.recall(ROOM.id) is None
    engine.unwatch(ROOM.id)


async def test_a_room_that_nobody_opened_is_not_there(engine: Engine) -> None:
    assert await engine.load(ROOM.id) is None
    assert await engine.find(ROOM.code) is None
    assert await engine.read(ROOM.id, None) is None
    assert await engine.count_rooms() == 0


async def test_what_was_committed_is_there_all_of_it(engine: Engine) -> None:
    await engine.commit(opening())
    snapshot = await engine.load(ROOM.id)
    assert snapshot
    assert snapshot.room == ROOM
    assert snapshot.leases == {ADA: Lease.renewed(NOON), BEN: Lease.renewed(NOON)}
    assert await engine.find(ROOM.code) == ROOM.id
    assert await engine.read(ROOM.id, None) == list(opening().entries)
    assert await engine.count_rooms() == 1


async def test_a_commit_moves_the_room_on(engine: Engine) -> None:
    await engine.commit(opening())
    room = await say(engine, ROOM, "hello")
    snapshot = await engine.load(ROOM.id)
    assert snapshot
    assert snapshot.room == room
    assert await texts(engine, ROOM.cursor) == ["hello"]


async def test_what_has_an_order_keeps_it(engine: Engine) -> None:
    """Rules forget the oldest name, lapse, trace first; equality does not see the order."""
    names = {f"fold:{number * 7919 % 300}": "a digest" for number in range(300)}
    traces = {number: Trace(ADA, "Ada", NOON) for number in range(1, 301)}
    opened = replace(ROOM, reserved=names, traces=traces)
    await engine.commit(opening(opened))
    change = saying(opened, "hello")
    assert change.room
    first, *others = names
    moved = dict.fromkeys([*others, first], "a digest")
    await engine.commit(replace(change, room=replace(change.room, reserved=moved)))
    snapshot = await engine.load(ROOM.id)
    assert snapshot
    assert list(snapshot.room.reserved) == list(moved)
    assert list(snapshot.room.traces) == list(traces)


async def test_a_decision_on_an_old_room_is_a_conflict(engine: Engine) -> None:
    await engine.commit(opening())
    await say(engine, ROOM, "faster")
    await is_refused(engine, saying(ROOM, "slower"))


async def test_a_decision_on_a_room_of_the_future_is_a_conflict(engine: Engine) -> None:
    await engine.commit(opening())
    await is_refused(engine, saying(replace(ROOM, sequence=ROOM.sequence + 1), "hello"))


async def test_a_room_that_is_there_cannot_be_opened_again(engine: Engine) -> None:
    await engine.commit(opening())
    await is_refused(engine, opening())


async def test_a_room_that_is_gone_cannot_be_changed(engine: Engine) -> None:
    await engine.commit(opening())
    await engine.commit(wiping(ROOM))
    await is_refused(engine, saying(ROOM, "hello"))
    await is_refused(engine, wiping(ROOM))


async def test_of_two_decisions_on_the_same_room_one_holds(engine: Engine) -> None:
    await engine.commit(opening())
    answers = await asyncio.gather(
        *(engine.commit(saying(ROOM, f"text {number}")) for number in range(50)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers].count(Conflict) == 49
    assert len(await texts(engine, ROOM.cursor) or ()) == 1


async def test_rooms_do_not_touch_one_another(engine: Engine) -> None:
    other = replace(ROOM, id=OTHER, code=FREE)
    await engine.commit(opening())
    await engine.commit(opening(other))
    await engine.commit(wiping(ROOM))
    snapshot = await engine.load(OTHER)
    assert snapshot
    assert snapshot.room == other
    assert await engine.find(FREE) == OTHER
    assert await engine.count_rooms() == 1


async def test_what_was_loaded_does_not_change_afterwards(engine: Engine) -> None:
    await engine.commit(opening())
    snapshot, log = await engine.load(ROOM.id), await engine.read(ROOM.id, None)
    assert snapshot
    assert log
    await say(engine, ROOM, "hello")
    await engine.renew(ROOM.id, {ADA: Lease.renewed(LATER)})
    assert snapshot.room == ROOM
    assert snapshot.leases[ADA] == Lease.renewed(NOON)
    assert len(log) == ROOM.sequence


# Signs of life


async def test_a_decision_that_somebody_is_away_holds_while_nobody_saw_them(
    engine: Engine,
) -> None:
    await engine.commit(opening())
    await engine.commit(replace(saying(ROOM, "hello"), unless_seen={BEN: NOON}))
    assert await texts(engine, ROOM.cursor) == ["hello"]


async def test_a_later_sign_of_life_is_a_conflict(engine: Engine) -> None:
    await engine.commit(opening())
    await engine.renew(ROOM.id, {BEN: Lease.renewed(LATER)})
    await is_refused(engine, replace(saying(ROOM, "hello"), unless_seen={BEN: NOON}))
    await engine.commit(replace(saying(ROOM, "hello"), unless_seen={BEN: LATER, ADA: NOON}))


async def test_a_wipe_may_rest_on_nobody_being_seen_too(engine: Engine) -> None:
    await engine.commit(opening())
    await engine.renew(ROOM.id, {BEN: Lease.renewed(LATER)})
    await is_refused(engine, replace(wiping(ROOM), unless_seen={BEN: NOON}))
    assert await engine.load(ROOM.id)


async def test_a_lease_is_renewed(engine: Engine) -> None:
    await engine.commit(opening())
    await engine.renew(ROOM.id, {BEN: Lease.renewed(LATER)})
    assert await leases(engine) == {ADA: Lease.renewed(NOON), BEN: Lease.renewed(LATER)}


async def test_a_lease_of_the_same_moment_is_shortened(engine: Engine) -> None:
    await engine.commit(opening())
    await engine.renew(ROOM.id, {BEN: Lease.lingering(NOON)})
    assert (await leases(engine))[BEN] == Lease.lingering(NOON)


async def test_a_lease_that_comes_too_late_changes_nothing(engine: Engine) -> None:
    await engine.commit(opening())
    await engine.renew(ROOM.id, {BEN: Lease.renewed(LATER)})
    await engine.renew(ROOM.id, {BEN: Lease.lingering(LATER - 1)})
    assert (await leases(engine))[BEN] == Lease.renewed(LATER)


async def test_a_commit_gives_leases_in_the_same_step(engine: Engine) -> None:
    await engine.commit(opening())
    await engine.commit(replace(saying(ROOM, "hello"), leases={ADA: Lease.renewed(LATER)}))
    assert await leases(engine) == {ADA: Lease.renewed(LATER), BEN: Lease.renewed(NOON)}


async def test_a_commit_takes_no_later_lease_back(engine: Engine) -> None:
    await engine.commit(opening())
    await engine.renew(ROOM.id, {ADA: Lease.renewed(LATER + 5)})
    await engine.commit(replace(saying(ROOM, "hello"), leases={ADA: Lease.renewed(LATER)}))
    assert (await leases(engine))[ADA] == Lease.renewed(LATER + 5)


async def test_the_lease_of_a_released_seat_is_gone(engine: Engine) -> None:
    await engine.commit(opening())
    change = saying(ROOM, "Ben left")
    assert change.room
    alone = replace(change.room, members=change.room.members[:1])
    await engine.commit(replace(change, room=alone))
    await engine.renew(ROOM.id, {BEN: Lease.renewed(LATER)})
    assert set(await leases(engine)) == {ADA}


async def test_nobody_is_renewed_in_a_room_that_is_gone(engine: Engine) -> None:
    await engine.renew(ROOM.id, {ADA: Lease.renewed(NOON)})
    assert await engine.load(ROOM.id) is None
    assert await engine.take_due(END * 2, 10) == []


# Codes


async def test_two_rooms_cannot_have_the_same_code(engine: Engine) -> None:
    await engine.commit(opening())
    await is_refused(engine, opening(replace(ROOM, id=OTHER)))
    assert await engine.find(ROOM.code) == ROOM.id


async def test_a_new_code_admits_and_the_old_one_does_not(engine: Engine) -> None:
    await engine.commit(opening())
    change = saying(ROOM, "hello")
    assert change.room
    await engine.commit(replace(change, room=replace(change.room, code=FREE)))
    assert await engine.find(FREE) == ROOM.id
    assert await engine.find(ROOM.code) is None


async def test_a_code_that_another_room_has_cannot_be_taken_over(engine: Engine) -> None:
    await engine.commit(opening())
    other = replace(ROOM, id=OTHER, code=FREE)
    await engine.commit(opening(other))
    change = saying(other, "hello")
    assert change.room
    await is_refused(engine, replace(change, room=replace(change.room, code=ROOM.code)))
    assert await engine.find(FREE) == OTHER


async def test_a_code_given_up_may_be_used_again(engine: Engine) -> None:
    await engine.commit(opening())
    await engine.commit(wiping(ROOM))
    await engine.commit(opening(replace(ROOM, id=OTHER)))
    assert await engine.find(ROOM.code) == OTHER


# Forgetting


async def test_what_is_forgotten_is_gone(engine: Engine) -> None:
    await engine.commit(opening())
    await engine.commit(wiping(ROOM))
    assert await engine.load(ROOM.id) is None
    assert await engine.find(ROOM.code) is None
    assert await engine.read(ROOM.id, None) is None
    assert await engine.read(ROOM.id, ROOM.cursor) is None
    assert await engine.count_rooms() == 0
    assert await engine.take_due(END * 2, 10) == []


async def test_nothing_of_a_forgotten_room_is_in_one_of_the_same_id(engine: Engine) -> None:
    await engine.commit(opening())
    await say(engine, ROOM, "secret")
    await engine.commit(wiping(replace(ROOM, sequence=ROOM.sequence + 1)))
    again = replace(ROOM, generation="g2", sequence=1, members=ROOM.members[:1])
    await engine.commit(opening(again))
    assert await texts(engine, None) == ["opened"]
    assert set(await leases(engine)) == {ADA}


# The log


async def test_the_log_is_read_after_a_cursor_oldest_first(engine: Engine) -> None:
    await engine.commit(opening())
    await say(engine, ROOM, "one", "two", "three")
    assert await texts(engine, ROOM.cursor) == ["one", "two", "three"]
    assert await texts(engine, Cursor("g1", ROOM.sequence + 2)) == ["three"]
    assert await texts(engine, Cursor("g1", ROOM.sequence + 3)) == []


async def test_the_log_is_read_from_the_beginning_while_it_is_whole(engine: Engine) -> None:
    await engine.commit(opening())
    await say(engine, ROOM, "one")
    assert await texts(engine, Cursor("g1", 0)) == [*["opened"] * ROOM.sequence, "one"]


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor("g1", ROOM.sequence + 1),
        Cursor("g1", 10**15 - 1),
        Cursor("g0", ROOM.sequence),
        Cursor("g0", 0),
        Cursor("0", 0),
    ],
)
async def test_a_cursor_of_the_future_or_another_generation_is_told_apart(
    engine: Engine, cursor: Cursor
) -> None:
    await engine.commit(opening())
    assert await engine.read(ROOM.id, ROOM.cursor) == []
    assert await engine.read(ROOM.id, cursor) is None


async def test_the_log_keeps_two_hundred_events_and_no_more(engine: Engine) -> None:
    await engine.commit(opening())
    room = ROOM
    for number in range(LOG_EVENTS):
        room = await say(engine, room, str(number))
    kept = [str(number) for number in range(LOG_EVENTS)]
    assert LOG_EVENTS == 200
    assert await texts(engine, None) == kept
    oldest = room.sequence - LOG_EVENTS
    assert await texts(engine, Cursor("g1", oldest)) == kept
    assert await texts(engine, Cursor("g1", oldest - 1)) is None


async def test_one_commit_may_be_larger_than_the_log(engine: Engine) -> None:
    await engine.commit(opening())
    room = await say(engine, ROOM, *(str(number) for number in range(LOG_EVENTS + 5)))
    assert await texts(engine, None) == [str(number) for number in range(5, LOG_EVENTS + 5)]
    assert await texts(engine, room.cursor) == []
    assert await texts(engine, ROOM.cursor) is None


async def test_the_log_keeps_256_kib_and_no_more(engine: Engine) -> None:
    await engine.commit(opening())
    (nothing,) = numbered(ROOM, "")
    room, large = ROOM, "x" * (16 * 1024 - nothing.event.weight)
    for _ in range(16):
        room = await say(engine, room, large)
    assert LOG_BYTES == 256 * 1024
    assert await texts(engine, None) == [large] * 16
    room = await say(engine, room, "small")
    assert await texts(engine, None) == [*[large] * 15, "small"]
    assert await texts(engine, Cursor("g1", room.sequence - 17)) is None


async def test_who_commits_is_told_where_the_log_begins(engine: Engine) -> None:
    async def begins(change: Change) -> int:
        after = await engine.commit(change)
        kept = await engine.read(ROOM.id, None)
        assert after == (kept[0].sequence if kept else change.newest + 1)
        return after

    assert await begins(opening()) == 1
    room = ROOM
    for few in range(3):
        change = saying(room, *(str(number) for number in range(few * LOG_EVENTS // 2)), "x")
        room = change.room or room
        after = await begins(change)
        assert after == max(1, room.sequence - LOG_EVENTS + 1)
    change = saying(room, *["x" * 16_000] * 20)
    room = change.room or room
    assert room.sequence - LOG_EVENTS < await begins(change), "its weight is too much"
    assert await begins(wiping(room)) == room.sequence + 2


# What is due


async def test_a_room_is_due_at_its_time_once(engine: Engine) -> None:
    await engine.commit(opening(due=LATER))
    assert await engine.take_due(LATER - 0.001, 10) == []
    assert await engine.take_due(LATER, 10) == [ROOM.id]
    assert await engine.take_due(END * 2, 10) == []


async def test_the_longest_due_come_first_and_no_more_than_asked_for(engine: Engine) -> None:
    for number in (3, 1, 2):
        room = replace(ROOM, id=f"room {number}", code=code_of(f"room {number}"))
        await engine.commit(opening(room, due=NOON + number))
    assert await engine.take_due(LATER, 2) == ["room 1", "room 2"]
    assert await engine.take_due(LATER, 2) == ["room 3"]


async def test_a_postponed_room_is_due_again(engine: Engine) -> None:
    await engine.commit(opening(due=LATER))
    assert await engine.take_due(LATER, 10) == [ROOM.id]
    await engine.postpone(ROOM.id, LATER + 5)
    assert await engine.take_due(LATER + 4, 10) == []
    assert await engine.take_due(LATER + 5, 10) == [ROOM.id]


async def test_a_room_changed_after_it_was_taken_is_due_again(engine: Engine) -> None:
    await engine.commit(opening(due=LATER))
    assert await engine.take_due(LATER, 10) == [ROOM.id]
    await say(engine, ROOM, "hello", due=LATER + 5)
    assert await engine.take_due(LATER + 5, 10) == [ROOM.id]


async def test_a_change_may_make_a_room_due_earlier(engine: Engine) -> None:
    await engine.commit(opening(due=END))
    await say(engine, ROOM, "hello", due=LATER)
    assert await engine.take_due(LATER, 10) == [ROOM.id]


async def test_the_end_of_a_lease_may_make_a_room_due_earlier(engine: Engine) -> None:
    await engine.commit(opening(due=END))
    lease = Lease.lingering(LATER)
    await engine.renew(ROOM.id, {BEN: lease})
    assert await engine.take_due(lease.until - 0.001, 10) == []
    assert await engine.take_due(lease.until, 10) == [ROOM.id]


async def test_a_lease_that_ends_while_a_room_is_looked_at_is_not_missed(engine: Engine) -> None:
    await engine.commit(opening(due=LATER))
    assert await engine.take_due(LATER, 10) == [ROOM.id]
    lease = Lease.lingering(LATER)
    await engine.renew(ROOM.id, {BEN: lease})
    await engine.postpone(ROOM.id, END)
    assert await engine.take_due(lease.until, 10) == [ROOM.id]


async def test_a_room_that_is_gone_cannot_be_postponed(engine: Engine) -> None:
    await engine.commit(opening(due=LATER))
    await engine.commit(wiping(ROOM))
    await engine.postpone(ROOM.id, LATER)
    assert await engine.take_due(END, 10) == []


# Budgets


async def test_a_budget_is_spent_at_its_burst_and_tells_how_long_to_wait(engine: Engine) -> None:
    assert [await engine.spend("b", 0.5, 3, NOON) for _ in range(3)] == [0, 0, 0]
    assert await engine.spend("b", 0.5, 3, NOON) == pytest.approx(2)
    assert await engine.spend("b", 0.5, 3, NOON + 0.5) == pytest.approx(1.5)


async def test_a_budget_refills_at_its_rate(engine: Engine) -> None:
    for _ in range(3):
        await engine.spend("b", 0.5, 3, NOON)
    assert await engine.spend("b", 0.5, 3, NOON + 1.999) > 0
    assert await engine.spend("b", 0.5, 3, NOON + 2) == 0
    assert await engine.spend("b", 0.5, 3, NOON + 2) > 0


async def test_a_budget_never_holds_more_than_its_burst(engine: Engine) -> None:
    await engine.spend("b", 1, 2, NOON)
    assert [await engine.spend("b", 1, 2, END) == 0 for _ in range(3)] == [True, True, False]


async def test_what_is_given_back_can_be_spent_again(engine: Engine) -> None:
    for _ in range(2):
        await engine.spend("b", 1, 2, NOON)
    assert await engine.spend("b", 1, 2, NOON) > 0
    await engine.refund("b", 1)
    assert await engine.spend("b", 1, 2, NOON) == 0
    assert await engine.spend("b", 1, 2, NOON) > 0


async def test_to_give_back_what_nobody_spent_gives_nothing(engine: Engine) -> None:
    await engine.refund("b", 1)
    assert await engine.spend("b", 1, 1, NOON) == 0
    assert await engine.spend("b", 1, 1, NOON) > 0


async def test_budgets_do_not_touch_one_another_however_many_there_are(engine: Engine) -> None:
    assert await engine.spend("mine", 0.001, 1, NOON) == 0
    for number in range(3000):
        assert await engine.spend(f"other {number}", 1000, 1, NOON + number) == 0
    assert await engine.spend("mine", 0.001, 1, NOON + 999) > 0


# Listeners


async def test_listeners_hear_every_event_in_order(engine: Engine) -> None:
    heard: list[tuple[str, int]] = []
    engine.listen(lambda room_id, entries: heard.extend((room_id, e.sequence) for e in entries))
    await engine.commit(opening())
    await engine.watch(ROOM.id)
    heard.clear()
    room = await say(engine, ROOM, "one", "two")
    room = await say(engine, room, "three")
    await comes(lambda: len(heard) == 3)
    await engine.commit(wiping(room))
    await comes(lambda: len(heard) == 4)
    assert heard == [(ROOM.id, ROOM.sequence + number) for number in range(1, 5)]


async def test_every_listener_hears(engine: Engine) -> None:
    heard: list[str] = []
    await engine.commit(opening())
    engine.listen(lambda room_id, _: heard.append(f"one {room_id}"))
    engine.listen(lambda room_id, _: heard.append(f"two {room_id}"))
    await engine.watch(ROOM.id)
    await say(engine, ROOM, "hello")
    await comes(lambda: len(heard) == 2)
    assert sorted(heard) == ["one room", "two room"]


class Onlooker:
    """Looks, in the moment it hears of a commit, whether the commit holds."""

    def __init__(self, engine: Engine) -> None:
        self.looks: list[asyncio.Task[bool]] = []
        self._engine = engine

    def __call__(self, room_id: str, entries: Sequence[Entry]) -> None:
        self.looks.append(asyncio.create_task(self._look(room_id, entries[-1])))

    async def _look(self, room_id: str, newest: Entry) -> bool:
        log = await self._engine.read(room_id, None)
        return log is not None and newest in log


async def test_what_listeners_hear_holds_already(engine: Engine) -> None:
    onlooker = Onlooker(engine)
    await engine.commit(opening())
    engine.listen(onlooker)
    await engine.watch(ROOM.id)
    room = await say(engine, ROOM, "hello")
    await comes(lambda: len(onlooker.looks) == 1)
    await say(engine, room, "hello")
    await comes(lambda: len(onlooker.looks) == 2)
    assert await asyncio.gather(*onlooker.looks) == [True, True]


async def test_whoever_watches_second_hears_too_and_one_may_stop(engine: Engine) -> None:
    heard: list[int] = []
    await engine.commit(opening())
    engine.listen(lambda _, entries: heard.extend(entry.sequence for entry in entries))
    await asyncio.gather(engine.watch(ROOM.id), engine.watch(ROOM.id))
    engine.unwatch(ROOM.id)
    await say(engine, ROOM, "one", "two")
    await comes(lambda: len(heard) == 2)
    engine.unwatch(ROOM.id)
    engine.unwatch("never watched")
