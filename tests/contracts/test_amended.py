"""What an engine does to the log when a later event changes it, and with signals."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import pytest

from ephemera.domain.cursors import Cursor
from ephemera.domain.events import (
    Event,
    MemberWriting,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    MessageReacted,
    MessagesExpired,
    Quote,
    RoomWiped,
    Signal,
    Superseded,
)
from ephemera.domain.log import LOG_BYTES, LOG_EVENTS, Entry
from ephemera.domain.presence import Lease
from ephemera.domain.rooms import Room
from ephemera.engine.base import Change, Conflict, Engine
from tests.support.processes import comes
from tests.support.rooms import DAY, NOON, a_room

ROOM: Final = replace(a_room("Ben"), sequence=0)
ADA: Final = ROOM.members[0]
SAID, REPLY, EDITED, REACTED = 1, 2, 3, 4
END: Final = NOON + DAY


def said(text: str, quote: Quote | None = None) -> MessagePosted:
    return MessagePosted(at=NOON, member_id=ADA.id, nickname="Ada", text=text, reply=quote)


def edited(text: str) -> MessageEdited:
    return MessageEdited(at=NOON, message=SAID, member_id=ADA.id, nickname="Ada", text=text)


STORY: Final[Sequence[Event]] = (
    said("secret words"),
    said("a reply", Quote(SAID, ADA.id, "Ada", "secret words")),
    edited("secret too"),
    MessageReacted(at=NOON, message=SAID, member=ADA, sign="love", reactions=((ADA.id, "love"),)),
)
DELETED: Final = MessageDeleted(at=NOON, message=SAID, member_id=ADA.id, nickname="Ada", by=ADA)
EXPIRED: Final = MessagesExpired(at=NOON, messages=(SAID,))


def change(room: Room, *events: Event) -> Change:
    """Return the change that adds these events to the room."""
    after = replace(room, sequence=room.sequence + len(events))
    return Change(
        room_id=room.id,
        before=room if room.sequence else None,
        room=after,
        entries=[
            Entry(Cursor(room.generation, room.sequence + place), event)
            for place, event in enumerate(events, start=1)
        ],
        due=END,
        leases={member.id: Lease.renewed(NOON) for member in room.members},
    )


async def tell(engine: Engine, room: Room, *events: Event) -> Room:
    """Commit the events one by one; return the room as it is then."""
    for event in events:
        step = change(room, event)
        await engine.commit(step)
        assert step.room
        room = step.room
    return room


async def log(engine: Engine, after: int | None = None) -> Mapping[int, Event]:
    cursor = None if after is None else Cursor(ROOM.generation, after)
    entries = await engine.read(ROOM.id, cursor)
    assert entries is not None
    return {entry.sequence: entry.event for entry in entries}


@pytest.mark.parametrize("last", [DELETED, EXPIRED], ids=["deleted", "expired"])
async def test_what_is_taken_back_cannot_be_read_from_any_cursor(
    engine: Engine, last: Event
) -> None:
    room = await tell(engine, ROOM, *STORY)
    assert "secret" in repr(await log(engine))
    room = await tell(engine, room, last)
    for after in (None, *range(room.sequence + 1)):
        assert "secret" not in repr(await log(engine, after))
    kept = await log(engine)
    assert list(kept) == [1, 2, 3, 4, 5], "no place is lost: cursors count them"
    assert kept[EDITED] == kept[REACTED] == Superseded(at=NOON)
    assert kept[REPLY] == said("a reply", Quote(SAID, ADA.id, "Ada", ""))


async def test_a_deletion_stands_in_the_place_of_the_message(engine: Engine) -> None:
    await tell(engine, ROOM, *STORY, DELETED)
    kept = await log(engine)
    assert kept[SAID] == kept[5] == DELETED
    entries = await engine.read(ROOM.id, None)
    assert entries
    assert [entry.line for entry in entries] == [1, 2, 3, 4, 1]
    assert [entry.has_line for entry in entries] == [True, True, False, False, False]
    assert [entry.stands_in for entry in entries] == [True, False, False, False, False]


async def test_what_has_disappeared_leaves_nothing_in_its_place(engine: Engine) -> None:
    await tell(engine, ROOM, *STORY, EXPIRED)
    kept = await log(engine)
    assert kept[SAID] == Superseded(at=NOON)
    assert kept[5] == EXPIRED


async def test_the_log_has_the_words_and_reactions_of_now(engine: Engine) -> None:
    await tell(engine, ROOM, *STORY, edited("last"))
    kept = await log(engine)
    assert kept[SAID] == replace(said("last"), edited=True, reactions=((ADA.id, "love"),))
    assert kept[REPLY] == said("a reply", Quote(SAID, ADA.id, "Ada", "last"))
    assert kept[EDITED] == Superseded(at=NOON)
    assert kept[5] == edited("last")
    assert "secret" not in repr(kept)


async def test_several_events_of_one_commit_change_one_another(engine: Engine) -> None:
    await engine.commit(change(ROOM, *STORY, DELETED))
    assert "secret" not in repr(await log(engine))


async def test_a_conflict_changes_nothing_of_the_log(engine: Engine) -> None:
    room = await tell(engine, ROOM, *STORY)
    before = await log(engine)
    with pytest.raises(Conflict):
        await engine.commit(change(replace(room, sequence=2), DELETED))
    assert await log(engine) == before
    assert "secret" in repr(before)


async def test_what_was_read_before_does_not_change_in_the_readers_hands(engine: Engine) -> None:
    room = await tell(engine, ROOM, *STORY)
    before = await engine.read(ROOM.id, None)
    await tell(engine, room, DELETED)
    assert "secret" in repr(before)


async def test_a_change_to_what_the_log_has_no_more_changes_nothing_else(engine: Engine) -> None:
    room = await tell(engine, ROOM, said("secret words"))
    room = await tell(engine, room, *[said(str(number)) for number in range(LOG_EVENTS)])
    before = await log(engine)
    assert min(before) == SAID + 1
    room = await tell(engine, room, DELETED)
    after = await log(engine)
    assert after == {**{key: before[key] for key in list(before)[1:]}, room.sequence: DELETED}


async def test_the_log_stays_within_its_bytes_when_words_grow(engine: Engine) -> None:
    large = "x" * (16 * 1024 - said("").weight)
    room = await tell(engine, ROOM, said("small"), *[said(large) for _ in range(15)])
    assert len(await log(engine)) == 16
    room = await tell(engine, room, edited("y" * (16 * 1024 - 128)))
    kept = await log(engine)
    assert sum(event.weight for event in kept.values()) <= LOG_BYTES
    assert SAID not in kept
    assert kept[room.sequence] == edited("y" * (16 * 1024 - 128))


async def test_taking_back_makes_room_in_the_log(engine: Engine) -> None:
    large = "x" * (16 * 1024 - said("").weight)
    room = await tell(engine, ROOM, *[said(large) for _ in range(16)])
    room = await tell(engine, room, DELETED, said(large[: -2 * DELETED.weight]))
    kept = await log(engine)
    assert list(kept) == list(range(1, 19))
    assert sum(event.weight for event in kept.values()) <= LOG_BYTES


async def test_listeners_hear_the_change_itself(engine: Engine) -> None:
    heard: list[Event] = []
    engine.listen(lambda _, entries: heard.extend(entry.event for entry in entries))
    room = await tell(engine, ROOM, STORY[0])
    await engine.watch(ROOM.id)
    heard.clear()
    await tell(engine, room, *STORY[1:], DELETED)
    await comes(lambda: len(heard) == len(STORY))
    # Who hears of an event late hears of it as the log has it by then.
    for now, then in zip(heard, (*STORY[1:], DELETED), strict=True):
        assert type(now) in {type(then), Superseded}
    assert heard[-1] == DELETED


# Signals


async def test_a_signal_reaches_who_listens_and_is_kept_nowhere(engine: Engine) -> None:
    heard: list[tuple[str, Signal]] = []
    events: list[str] = []
    engine.listen(
        lambda room_id, _: events.append(room_id),
        lambda room_id, signal: heard.append((room_id, signal)),
    )
    room = await tell(engine, ROOM, said("hello"))
    await engine.watch(ROOM.id)
    events.clear()
    await tell(engine, room, said("hello"))
    await comes(lambda: len(events))
    before = await engine.load(ROOM.id), await engine.read(ROOM.id, None)
    await engine.signal(ROOM.id, MemberWriting(member=ADA))
    await comes(lambda: len(heard))
    assert heard == [(ROOM.id, MemberWriting(member=ADA))]
    assert (await engine.load(ROOM.id), await engine.read(ROOM.id, None)) == before
    assert events == [ROOM.id]


async def test_who_listens_later_hears_no_earlier_signal(engine: Engine) -> None:
    early: list[Signal] = []
    late: list[Signal] = []
    engine.listen(lambda *_: None, lambda _, signal: early.append(signal))
    await engine.watch(ROOM.id)
    await engine.signal(ROOM.id, MemberWriting(member=ADA))
    await comes(lambda: len(early))
    engine.listen(lambda *_: None, lambda _, signal: late.append(signal))
    assert (len(early), len(late)) == (1, 0)
    await engine.signal(ROOM.id, MemberWriting(member=ADA))
    await comes(lambda: len(late))
    assert (len(early), len(late)) == (2, 1)


async def test_who_wants_no_signals_is_not_troubled(engine: Engine) -> None:
    heard: list[str] = []
    engine.listen(lambda room_id, _: heard.append(room_id))
    room = await tell(engine, ROOM, said("hello"))
    await engine.watch(ROOM.id)
    heard.clear()
    await engine.signal(ROOM.id, MemberWriting(member=ADA))
    await tell(engine, room, said("hello"))
    await comes(lambda: len(heard))
    assert heard == [ROOM.id]


async def test_a_signal_does_not_bring_a_room_back(engine: Engine) -> None:
    room = await tell(engine, ROOM, said("hello"))
    wiped = Entry(Cursor(room.generation, room.sequence + 1), RoomWiped(at=NOON, reason="closed"))
    await engine.commit(Change(room_id=room.id, before=room, room=None, entries=[wiped], due=END))
    await engine.signal(ROOM.id, MemberWriting(member=ADA))
    assert await engine.load(ROOM.id) is None
    assert await engine.count_rooms() == 0
