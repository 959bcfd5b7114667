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
from tests.support.rooms import NOON, BusyEngine, Storey, a_storey

SECRET: Final = "the words that nobody shall find"
MOST_LOOKED_AT: Final = 200_000


async def two(storey: Storey, *, vanish: int = 0) -> tuple[Admission, Admission]:
    """Return Ada, who has opened a room, and Ben, who has joined it."""
    ada = await storey.lobby.open("Ada", Options(capacity=8, grace=3600, vanish=vanish), "visitor")
    return ada, await storey.join(ada, "Ben")


async def delete(storey: Storey, who: Admission, message: int) -> None:
    await storey.act(who, Delete(message=message))


async def edit(storey: Storey, who: Admission, message: int, text: str) -> None:
    await storey.talk.edit(await storey.seated(who), message, text)


async def reply(
    storey: Storey, who: Admission, message: int, text: str = "a reply"
) -> Quote | None:
    """Reply to the message; return what the reply quotes."""
    said = await storey.talk.post(await storey.seated(who), text, reply=message)
    posted = await storey.talk.find(await storey.seated(who), said.sequence)
    assert posted
    return posted.reply


async def log_of(storey: Storey, who: Admission, after: Cursor | None = None) -> list[Entry]:
    return list(await storey.engine.read(who.room.id, after) or ())


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
    storey = a_storey()
    ada, ben = await two(storey)
    said = await storey.post(ada, "first\nsecond")
    assert await reply(storey, ben, said) == Quote(said, ada.member.id, "Ada", "first")
    await edit(storey, ada, said, "x" * 200)
    assert await reply(storey, ben, said) == Quote(said, ada.member.id, "Ada", "x" * 119 + "…")


@pytest.mark.parametrize("number", [0, 1, 10**14, 999])
async def test_a_reply_to_nothing_is_a_message_like_any(number: int) -> None:
    storey = a_storey()
    _, ben = await two(storey)
    assert await reply(storey, ben, number) is None


async def test_a_reply_to_what_was_deleted_or_is_not_kept_is_a_message_like_any() -> None:
    storey = a_storey()
    ada, ben = await two(storey)
    gone, old = await storey.post(ada, "one"), await storey.post(ada, "two")
    assert await reply(storey, ben, gone)
    await delete(storey, ada, gone)
    assert await reply(storey, ben, gone) is None
    assert await reply(storey, ben, old)
    for _ in range(200):
        await storey.post(ada, "more")
    assert await reply(storey, ben, old) is None


async def test_a_reply_to_what_was_said_before_one_came_is_a_message_like_any() -> None:
    storey = a_storey()
    ada, _ = await two(storey)
    said = await storey.post(ada, SECRET)
    await storey.act(ada, ChangeOptions(newcomers="later"))
    cleo = await storey.join(ada, "Cleo")
    assert await storey.talk.find(await storey.seated(cleo), said) is None
    assert await reply(storey, cleo, said) is None
    assert await reply(storey, cleo, await storey.post(ada, "now"))


async def meanwhile(
    happens: Callable[[Storey, Admission, int], Coroutine[Any, Any, Any]],
) -> Storey:
    """Let something happen to a message between the decision to reply to it and the commit."""
    engine = BusyEngine()
    storey = a_storey(engine)
    ada, ben = await two(storey)
    said = await storey.post(ada, SECRET)
    engine.faster = lambda: happens(storey, ada, said)
    await storey.talk.post(await storey.seated(ben), "a reply", reply=said)
    assert vars(engine)["faster"] is None, "nothing happened meanwhile"
    newest = (await log_of(storey, ada))[-1].event
    assert isinstance(newest, MessagePosted)
    assert newest.text == "a reply"
    return storey


async def test_a_quote_never_brings_words_back_that_were_edited_in_that_moment() -> None:
    storey = await meanwhile(lambda storey, ada, said: edit(storey, ada, said, "better"))
    assert isinstance(storey.engine, MemoryEngine)
    assert holds(storey.engine, "better")
    assert not holds(storey.engine, SECRET)


async def test_a_quote_never_brings_words_back_that_were_deleted_in_that_moment() -> None:
    storey = await meanwhile(delete)
    assert isinstance(storey.engine, MemoryEngine)
    assert not holds(storey.engine, SECRET)


async def test_a_reply_survives_what_else_is_said_in_that_moment() -> None:
    storey = await meanwhile(lambda storey, ada, _: storey.post(ada, "faster"))
    assert isinstance(storey.engine, MemoryEngine)
    assert holds(storey.engine, SECRET)


async def test_a_reply_that_is_tried_again_is_the_same_message() -> None:
    storey = a_storey()
    ada, ben = await two(storey)
    said = await storey.post(ada, "hello")
    seated = await storey.seated(ben)
    first = await storey.talk.post(seated, "a reply", "key", said)
    assert await storey.talk.post(await storey.seated(ben), "a reply", "key", said) == first
    assert await storey.talk.post(seated, "a reply", "key", said) == first, "on a stale look-up too"


# Words that are gone


async def told(storey: Storey, ada: Admission, ben: Admission) -> int:
    """Let Ada say, and edit, and Ben quote what nobody shall find; return its number."""
    said = await storey.post(ada, f"{SECRET}, first", "key")
    await reply(storey, ben, said)
    await edit(storey, ada, said, f"{SECRET}, second")
    await edit(storey, ada, said, f"{SECRET}, third")
    await reply(storey, ben, said)
    return said


async def test_a_deleted_text_is_nowhere_in_the_memory_of_the_engine() -> None:
    engine = MemoryEngine()
    storey = a_storey(engine)
    ada, ben = await two(storey)
    said = await told(storey, ada, ben)
    assert holds(engine, SECRET)
    await delete(storey, ada, said)
    assert not holds(engine, SECRET)
    assert holds(engine, "a reply"), "the search still finds what is there"


@pytest.mark.parametrize("vanish", VANISHINGS[1:])
async def test_an_expired_text_is_nowhere_in_the_memory_of_the_engine(vanish: int) -> None:
    engine = MemoryEngine()
    storey = a_storey(engine)
    ada, ben = await two(storey, vanish=vanish)
    await told(storey, ada, ben)
    await reap_until(storey, NOON + vanish - 0.001, ada, ben)
    assert holds(engine, SECRET)
    await reap_until(storey, NOON + vanish + 1, ada, ben)
    assert not holds(engine, SECRET)
    assert not holds(engine, "a reply")


async def test_an_edited_text_leaves_no_older_words() -> None:
    engine = MemoryEngine()
    storey = a_storey(engine)
    ada, ben = await two(storey)
    await told(storey, ada, ben)
    assert holds(engine, f"{SECRET}, third")
    assert not holds(engine, f"{SECRET}, first")
    assert not holds(engine, f"{SECRET}, second")


async def test_an_expired_text_outlives_no_crowd() -> None:
    engine = MemoryEngine()
    storey = a_storey(engine)
    ada, ben = await two(storey, vanish=60)
    said = await storey.post(ada, SECRET)
    for _ in range(MOST_TRACES // 2 - 10):
        await storey.post(ada, "more")
    quote = await reply(storey, ben, said)
    for _ in range(MOST_TRACES // 2 - 10):
        await storey.post(ada, "more")
    assert quote
    assert holds(engine, SECRET)
    log = await log_of(storey, ada)
    assert said < log[0].sequence, "the premise: the log has the quote only"
    await reap_until(storey, NOON + 61, ada, ben)
    assert not holds(engine, SECRET)


async def test_a_wiped_room_leaves_nothing() -> None:
    engine = MemoryEngine()
    storey = a_storey(engine)
    ada, ben = await two(storey)
    await told(storey, ada, ben)
    assert holds(engine, SECRET)
    await storey.lobby.close(await storey.seated(ada))
    assert not holds(engine, SECRET)
    assert not holds(engine, "Ada")


async def test_a_deleted_message_does_not_come_back_when_its_post_is_tried_again() -> None:
    storey = a_storey()
    ada, _ = await two(storey)
    said = await storey.post(ada, SECRET, "key")
    await delete(storey, ada, said)
    before = await log_of(storey, ada)
    assert await storey.post(ada, SECRET, "key") == said
    assert await log_of(storey, ada) == before


async def test_two_who_delete_the_same_message_at_once_delete_it_once() -> None:
    engine = BusyEngine()
    storey = a_storey(engine)
    ada, ben = await two(storey)
    said = await storey.post(ben, SECRET)
    engine.faster = lambda: delete(storey, ada, said)
    await delete(storey, ben, said)
    deletions = [e for e in await log_of(storey, ada) if e.event.name == "message-deleted"]
    assert [entry.stands_in for entry in deletions] == [True, False]


async def test_who_edits_what_is_deleted_in_that_moment_is_told() -> None:
    engine = BusyEngine()
    storey = a_storey(engine)
    ada, ben = await two(storey)
    said = await storey.post(ben, SECRET)
    engine.faster = lambda: delete(storey, ada, said)
    with pytest.raises(MessageGone):
        await edit(storey, ben, said, f"{SECRET} again")
    assert not holds(engine, SECRET)


async def test_edits_count_as_messages_for_how_fast_one_may_speak() -> None:
    storey = a_storey(rate_limits=True)
    ada, _ = await two(storey)
    said = await storey.post(ada, "hello")
    for number in range(4):
        await edit(storey, ada, said, f"hello {number}")
    with pytest.raises(TooMany):
        await edit(storey, ada, said, "once more")


# Time that is up


async def reap_until(storey: Storey, at: float, *here: Admission) -> None:
    """Let the clock run as it does in life, with these members here."""
    while storey.clock() < at:
        storey.clock.now = min(storey.clock() + PERIOD_SECONDS, at)
        if storey.clock() % 15 < PERIOD_SECONDS:
            for admission in here:
                await storey.presence.renew(admission.room.id, admission.member.id)
        await storey.reaper.reap_due()


async def expiries(storey: Storey, who: Admission) -> list[tuple[int, ...]]:
    return [
        entry.event.messages
        for entry in await log_of(storey, who)
        if isinstance(entry.event, MessagesExpired)
    ]


@pytest.mark.parametrize("vanish", VANISHINGS[1:])
async def test_a_message_is_there_until_its_time_and_gone_within_a_second(vanish: int) -> None:
    storey = a_storey()
    ada, ben = await two(storey, vanish=vanish)
    said = await storey.post(ben, "hello")
    storey.clock.turn(0.3)
    later = await storey.post(ben, "later")
    await reap_until(storey, NOON + vanish - 0.001, ada, ben)
    assert await storey.talk.find(await storey.seated(ada), said)
    await reap_until(storey, NOON + vanish + 0.999, ada, ben)
    assert await storey.talk.find(await storey.seated(ada), said) is None
    await reap_until(storey, NOON + vanish + 0.3 + 0.999, ada, ben)
    assert await storey.talk.find(await storey.seated(ada), later) is None


async def test_a_room_is_due_when_its_next_message_expires() -> None:
    engine = MemoryEngine()
    storey = a_storey(engine)
    ada, ben = await two(storey, vanish=60)
    await storey.post(ben, "hello")
    for admission in (ada, ben):
        await storey.presence.linger(admission.room.id, admission.member.id, NOON)
    await reap_until(storey, NOON + 50)
    assert await engine.take_due(NOON + 59.999, 10) == []
    assert await engine.take_due(NOON + 60, 10) == [ada.room.id]


async def test_many_messages_expire_in_one_event() -> None:
    storey = a_storey()
    ada, ben = await two(storey, vanish=60)
    said = [await storey.post(ben, str(number)) for number in range(50)]
    await reap_until(storey, NOON + 60.5, ada, ben)
    assert await expiries(storey, ada) == [tuple(said)]


async def test_a_changed_option_touches_only_what_is_said_afterwards() -> None:
    storey = a_storey()
    ada, ben = await two(storey)

    async def change(vanish: int) -> None:
        await storey.act(ada, ChangeOptions(vanish=vanish))

    stays = await storey.post(ben, "stays")
    await change(300)
    long = await storey.post(ben, "five minutes")
    await change(60)
    short = await storey.post(ben, "one minute")
    await change(0)
    stays_too = await storey.post(ben, "stays, too")
    await reap_until(storey, NOON + 61, ada, ben)
    assert await expiries(storey, ada) == [(short,)]
    await reap_until(storey, NOON + 301, ada, ben)
    assert await expiries(storey, ada) == [(short,), (long,)]
    await reap_until(storey, NOON + 3_700, ada, ben)
    for number in (stays, stays_too):
        assert await storey.talk.find(await storey.seated(ada), number)


# Who is writing


def hear_signals(storey: Storey) -> list[Signal]:
    heard: list[Signal] = []
    storey.engine.listen(lambda *_: None, lambda _, signal: heard.append(signal))
    return heard


async def type_(storey: Storey, who: Admission) -> None:
    await storey.talk.signal_writing(await storey.seated(who))


async def test_who_writes_is_told_once_in_three_seconds_rates_or_not() -> None:
    storey = a_storey(rate_limits=False)
    ada, ben = await two(storey)
    heard = hear_signals(storey)
    for _ in range(10):
        await type_(storey, ben)
    assert heard == [MemberWriting(member=(await storey.seated(ben)).member)]
    await type_(storey, ada)
    assert len(heard) == 2, "each has their own three seconds"
    storey.clock.turn(2.9)
    await type_(storey, ben)
    assert len(heard) == 2
    storey.clock.turn(0.2)
    await type_(storey, ben)
    assert len(heard) == 3


async def test_over_a_minute_of_typing_no_three_seconds_have_two_signals() -> None:
    storey = a_storey()
    _, ben = await two(storey)
    times: list[float] = []
    storey.engine.listen(lambda *_: None, lambda *_: times.append(storey.clock()))
    for _ in range(600):
        storey.clock.turn(0.1)
        await type_(storey, ben)
    assert 15 <= len(times) <= 21
    assert min(b - a for a, b in pairwise(times)) > 2.99


async def test_writing_is_in_no_log_and_changes_no_room() -> None:
    storey = a_storey()
    ada, ben = await two(storey)
    heard = hear_signals(storey)
    before = await storey.load(ada), await log_of(storey, ada)
    await type_(storey, ben)
    assert len(heard) == 1
    assert (await storey.load(ada), await log_of(storey, ada)) == before
