"""What is said through the lobby: quotes, words that are gone, time that is up, who is writing."""

import gc
from collections import deque
from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import Any, Final

import pytest

from ephemera.domain.commands import ChangeOptions, Delete
from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import MessageGone, TooMany
from ephemera.domain.events import MemberWriting, MessagePosted, MessagesExpired, Quote, Signal
from ephemera.domain.log import Entry
from ephemera.domain.rooms import MOST_TRACES, VANISHINGS, Options
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.lobby import Admission
from ephemera.lobby.reaper import PERIOD_SECONDS
from tests.support.rooms import NOON, BusyEngine, House, a_house

SECRET: Final = "the words that nobody shall find"
MOST_LOOKED_AT: Final = 200_000


async def two(house: House, *, vanish: int = 0) -> tuple[Admission, Admission]:
    """Return Ada, who has opened a room, and Ben, who has joined it."""
    ada = await house.lobby.open("Ada", Options(capacity=8, grace=3600, vanish=vanish), "visitor")
    return ada, await house.join(ada, "Ben")


async def delete(house: House, who: Admission, message: int) -> None:
    await house.act(who, Delete(message=message))


async def edit(house: House, who: Admission, message: int, text: str) -> None:
    await house.talk.edit(await house.seated(who), message, text)


async def reply(house: House, who: Admission, message: int, text: str = "a reply") -> Quote | None:
    """Reply to the message; return what the reply quotes."""
    said = await house.talk.post(await house.seated(who), text, reply=message)
    posted = await house.talk.find(await house.seated(who), said.sequence)
    assert posted
    return posted.reply


async def log_of(house: House, who: Admission, after: Cursor | None = None) -> list[Entry]:
    return list(await house.engine.read(who.room.id, after) or ())


def holds(engine: MemoryEngine, words: str) -> bool:
    """Tell whether the words are in anything that can be reached from the engine."""
    seen: set[int] = set()
    waiting: deque[object] = deque([vars(engine)])
    while waiting:
        one = waiting.popleft()
        if id(one) in seen or isinstance(one, type) or callable(one):
            continue
        seen.add(id(one))
        assert len(seen) < MOST_LOOKED_AT, "the engine leads out into the whole process"
        if isinstance(one, str) and words in one:
            return True
        if isinstance(one, bytes) and words.encode() in one:
            return True
        waiting.extend(gc.get_referents(one))
    return False


# Quotes


async def test_a_reply_quotes_the_first_line_of_now() -> None:
    house = a_house()
    ada, ben = await two(house)
    said = await house.post(ada, "first\nsecond")
    assert await reply(house, ben, said) == Quote(said, ada.member.id, "Ada", "first")
    await edit(house, ada, said, "x" * 200)
    assert await reply(house, ben, said) == Quote(said, ada.member.id, "Ada", "x" * 119 + "…")


@pytest.mark.parametrize("number", [0, 1, 10**14, 999])
async def test_a_reply_to_nothing_is_a_message_like_any(number: int) -> None:
    house = a_house()
    _, ben = await two(house)
    assert await reply(house, ben, number) is None


async def test_a_reply_to_what_was_deleted_or_is_not_kept_is_a_message_like_any() -> None:
    house = a_house()
    ada, ben = await two(house)
    gone, old = await house.post(ada, "one"), await house.post(ada, "two")
    assert await reply(house, ben, gone)
    await delete(house, ada, gone)
    assert await reply(house, ben, gone) is None
    assert await reply(house, ben, old)
    for _ in range(200):
        await house.post(ada, "more")
    assert await reply(house, ben, old) is None


async def test_a_reply_to_what_was_said_before_one_came_is_a_message_like_any() -> None:
    house = a_house()
    ada, _ = await two(house)
    said = await house.post(ada, SECRET)
    await house.act(ada, ChangeOptions(newcomers="later"))
    cleo = await house.join(ada, "Cleo")
    assert await house.talk.find(await house.seated(cleo), said) is None
    assert await reply(house, cleo, said) is None
    assert await reply(house, cleo, await house.post(ada, "now"))


async def meanwhile(happens: Callable[[House, Admission, int], Coroutine[Any, Any, Any]]) -> House:
    """Let something happen to a message between the decision to reply to it and the commit."""
    engine = BusyEngine()
    house = a_house(engine)
    ada, ben = await two(house)
    said = await house.post(ada, SECRET)
    engine.faster = lambda: happens(house, ada, said)
    await house.talk.post(await house.seated(ben), "a reply", reply=said)
    assert vars(engine)["faster"] is None, "nothing happened meanwhile"
    newest = (await log_of(house, ada))[-1].event
    assert isinstance(newest, MessagePosted)
    assert newest.text == "a reply"
    return house


async def test_a_quote_never_brings_words_back_that_were_edited_in_that_moment() -> None:
    house = await meanwhile(lambda house, ada, said: edit(house, ada, said, "better"))
    assert isinstance(house.engine, MemoryEngine)
    assert holds(house.engine, "better")
    assert not holds(house.engine, SECRET)


async def test_a_quote_never_brings_words_back_that_were_deleted_in_that_moment() -> None:
    house = await meanwhile(delete)
    assert isinstance(house.engine, MemoryEngine)
    assert not holds(house.engine, SECRET)


async def test_a_reply_survives_what_else_is_said_in_that_moment() -> None:
    house = await meanwhile(lambda house, ada, _: house.post(ada, "faster"))
    assert isinstance(house.engine, MemoryEngine)
    assert holds(house.engine, SECRET)


async def test_a_reply_that_is_tried_again_is_the_same_message() -> None:
    house = a_house()
    ada, ben = await two(house)
    said = await house.post(ada, "hello")
    seated = await house.seated(ben)
    first = await house.talk.post(seated, "a reply", "key", said)
    assert await house.talk.post(await house.seated(ben), "a reply", "key", said) == first
    assert await house.talk.post(seated, "a reply", "key", said) == first, "on a stale look-up too"


# Words that are gone


async def told(house: House, ada: Admission, ben: Admission) -> int:
    """Let Ada say, and edit, and Ben quote what nobody shall find; return its number."""
    said = await house.post(ada, f"{SECRET}, first", "key")
    await reply(house, ben, said)
    await edit(house, ada, said, f"{SECRET}, second")
    await edit(house, ada, said, f"{SECRET}, third")
    await reply(house, ben, said)
    return said


async def test_a_deleted_text_is_nowhere_in_the_memory_of_the_engine() -> None:
    engine = MemoryEngine()
    house = a_house(engine)
    ada, ben = await two(house)
    said = await told(house, ada, ben)
    assert holds(engine, SECRET)
    await delete(house, ada, said)
    assert not holds(engine, SECRET)
    assert holds(engine, "a reply"), "the search still finds what is there"


@pytest.mark.parametrize("vanish", VANISHINGS[1:])
async def test_an_expired_text_is_nowhere_in_the_memory_of_the_engine(vanish: int) -> None:
    engine = MemoryEngine()
    house = a_house(engine)
    ada, ben = await two(house, vanish=vanish)
    await told(house, ada, ben)
    await reap_until(house, NOON + vanish - 0.001, ada, ben)
    assert holds(engine, SECRET)
    await reap_until(house, NOON + vanish + 1, ada, ben)
    assert not holds(engine, SECRET)
    assert not holds(engine, "a reply")


async def test_an_edited_text_leaves_no_older_words() -> None:
    engine = MemoryEngine()
    house = a_house(engine)
    ada, ben = await two(house)
    await told(house, ada, ben)
    assert holds(engine, f"{SECRET}, third")
    assert not holds(engine, f"{SECRET}, first")
    assert not holds(engine, f"{SECRET}, second")


async def test_an_expired_text_outlives_no_crowd() -> None:
    engine = MemoryEngine()
    house = a_house(engine)
    ada, ben = await two(house, vanish=60)
    said = await house.post(ada, SECRET)
    for _ in range(MOST_TRACES // 2 - 10):
        await house.post(ada, "more")
    quote = await reply(house, ben, said)
    for _ in range(MOST_TRACES // 2 - 10):
        await house.post(ada, "more")
    assert quote
    assert holds(engine, SECRET)
    log = await log_of(house, ada)
    assert said < log[0].sequence, "the premise: the log has the quote only"
    await reap_until(house, NOON + 61, ada, ben)
    assert not holds(engine, SECRET)


async def test_a_wiped_room_leaves_nothing() -> None:
    engine = MemoryEngine()
    house = a_house(engine)
    ada, ben = await two(house)
    await told(house, ada, ben)
    assert holds(engine, SECRET)
    await house.lobby.close(await house.seated(ada))
    assert not holds(engine, SECRET)
    assert not holds(engine, "Ada")


async def test_a_deleted_message_does_not_come_back_when_its_post_is_tried_again() -> None:
    house = a_house()
    ada, _ = await two(house)
    said = await house.post(ada, SECRET, "key")
    await delete(house, ada, said)
    before = await log_of(house, ada)
    assert await house.post(ada, SECRET, "key") == said
    assert await log_of(house, ada) == before


async def test_two_who_delete_the_same_message_at_once_delete_it_once() -> None:
    engine = BusyEngine()
    house = a_house(engine)
    ada, ben = await two(house)
    said = await house.post(ben, SECRET)
    engine.faster = lambda: delete(house, ada, said)
    await delete(house, ben, said)
    deletions = [e for e in await log_of(house, ada) if e.event.name == "message-deleted"]
    assert [entry.stands_in for entry in deletions] == [True, False]


async def test_who_edits_what_is_deleted_in_that_moment_is_told() -> None:
    engine = BusyEngine()
    house = a_house(engine)
    ada, ben = await two(house)
    said = await house.post(ben, SECRET)
    engine.faster = lambda: delete(house, ada, said)
    with pytest.raises(MessageGone):
        await edit(house, ben, said, f"{SECRET} again")
    assert not holds(engine, SECRET)


async def test_edits_count_as_messages_for_how_fast_one_may_speak() -> None:
    house = a_house(rate_limits=True)
    ada, _ = await two(house)
    said = await house.post(ada, "hello")
    for number in range(4):
        await edit(house, ada, said, f"hello {number}")
    with pytest.raises(TooMany):
        await edit(house, ada, said, "once more")


# Time that is up


async def reap_until(house: House, at: float, *here: Admission) -> None:
    """Let the clock run as it does in life, with these members here."""
    while house.clock() < at:
        house.clock.now = min(house.clock() + PERIOD_SECONDS, at)
        if house.clock() % 15 < PERIOD_SECONDS:
            for admission in here:
                await house.presence.renew(admission.room.id, admission.member.id)
        await house.reaper.reap_due()


async def expiries(house: House, who: Admission) -> list[tuple[int, ...]]:
    return [
        entry.event.messages
        for entry in await log_of(house, who)
        if isinstance(entry.event, MessagesExpired)
    ]


@pytest.mark.parametrize("vanish", VANISHINGS[1:])
async def test_a_message_is_there_until_its_time_and_gone_within_a_second(vanish: int) -> None:
    house = a_house()
    ada, ben = await two(house, vanish=vanish)
    said = await house.post(ben, "hello")
    house.clock.turn(0.3)
    later = await house.post(ben, "later")
    await reap_until(house, NOON + vanish - 0.001, ada, ben)
    assert await house.talk.find(await house.seated(ada), said)
    await reap_until(house, NOON + vanish + 0.999, ada, ben)
    assert await house.talk.find(await house.seated(ada), said) is None
    await reap_until(house, NOON + vanish + 0.3 + 0.999, ada, ben)
    assert await house.talk.find(await house.seated(ada), later) is None


async def test_a_room_is_due_when_its_next_message_expires() -> None:
    engine = MemoryEngine()
    house = a_house(engine)
    ada, ben = await two(house, vanish=60)
    await house.post(ben, "hello")
    for admission in (ada, ben):
        await house.presence.linger(admission.room.id, admission.member.id, NOON)
    await reap_until(house, NOON + 50)
    assert await engine.take_due(NOON + 59.999, 10) == []
    assert await engine.take_due(NOON + 60, 10) == [ada.room.id]


async def test_many_messages_expire_in_one_event() -> None:
    house = a_house()
    ada, ben = await two(house, vanish=60)
    said = [await house.post(ben, str(number)) for number in range(50)]
    await reap_until(house, NOON + 60.5, ada, ben)
    assert await expiries(house, ada) == [tuple(said)]


async def test_a_changed_option_touches_only_what_is_said_afterwards() -> None:
    house = a_house()
    ada, ben = await two(house)

    async def change(vanish: int) -> None:
        await house.act(ada, ChangeOptions(vanish=vanish))

    stays = await house.post(ben, "stays")
    await change(300)
    long = await house.post(ben, "five minutes")
    await change(60)
    short = await house.post(ben, "one minute")
    await change(0)
    stays_too = await house.post(ben, "stays, too")
    await reap_until(house, NOON + 61, ada, ben)
    assert await expiries(house, ada) == [(short,)]
    await reap_until(house, NOON + 301, ada, ben)
    assert await expiries(house, ada) == [(short,), (long,)]
    await reap_until(house, NOON + 3_700, ada, ben)
    for number in (stays, stays_too):
        assert await house.talk.find(await house.seated(ada), number)


# Who is writing


def hear_signals(house: House) -> list[Signal]:
    heard: list[Signal] = []
    house.engine.listen(lambda *_: None, lambda _, signal: heard.append(signal))
    return heard


async def type_(house: House, who: Admission) -> None:
    await house.talk.signal_writing(await house.seated(who))


async def test_who_writes_is_told_once_in_three_seconds_rates_or_not() -> None:
    house = a_house(rate_limits=False)
    ada, ben = await two(house)
    heard = hear_signals(house)
    for _ in range(10):
        await type_(house, ben)
    assert heard == [MemberWriting(member=(await house.seated(ben)).member)]
    await type_(house, ada)
    assert len(heard) == 2, "each has their own three seconds"
    house.clock.turn(2.9)
    await type_(house, ben)
    assert len(heard) == 2
    house.clock.turn(0.2)
    await type_(house, ben)
    assert len(heard) == 3


async def test_over_a_minute_of_typing_no_three_seconds_have_two_signals() -> None:
    house = a_house()
    _, ben = await two(house)
    times: list[float] = []
    house.engine.listen(lambda *_: None, lambda *_: times.append(house.clock()))
    for _ in range(600):
        house.clock.turn(0.1)
        await type_(house, ben)
    assert 15 <= len(times) <= 21
    assert min(b - a for a, b in pairwise(times)) > 2.99


async def test_writing_is_in_no_log_and_changes_no_room() -> None:
    house = a_house()
    ada, ben = await two(house)
    heard = hear_signals(house)
    before = await house.load(ada), await log_of(house, ada)
    await type_(house, ben)
    assert len(heard) == 1
    assert (await house.load(ada), await log_of(house, ada)) == before
