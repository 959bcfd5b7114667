"""Knocking through the lobby: limits, races, and the reaper."""

import asyncio

import pytest

from ephemera.domain.commands import AnswerKnock, ChangeOptions, Remove
from ephemera.domain.errors import KnockGone, NoSuchRoom, Removed, RoomFull, TooMany, WrongCode
from ephemera.domain.events import KnockEnded
from ephemera.domain.rooms import KNOCK_SECONDS, MOST_KNOCKS, Knock
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.lobby import Admission, Waiting
from ephemera.lobby.reaper import PERIOD_SECONDS
from tests.support.patience import PATIENCE
from tests.support.rooms import NOON, BusyEngine, FarEngine, Storey, a_storey

EXPIRES = NOON + KNOCK_SECONDS
KEY = "a key of 16 characters or more"


async def an_asking_room(storey: Storey, capacity: int = 8) -> Admission:
    ada = await storey.open(capacity=capacity)
    await set_ask(storey, ada, ask=True)
    return ada


async def set_ask(storey: Storey, ada: Admission, *, ask: bool) -> None:
    await storey.act(ada, ChangeOptions(ask=ask))


async def knock(  # noqa: PLR0913 - what a knock consists of
    storey: Storey,
    ada: Admission,
    nickname: str = "Zoe",
    *,
    visitor: str = "visitor",
    key: str | None = None,
    held: str | None = None,
) -> Waiting:
    """Knock by the code of now."""
    code = (await storey.room(ada)).code
    place = await storey.lobby.join(code, nickname, visitor, lambda _: held, key)
    assert isinstance(place, Waiting)
    return place


async def answer(
    storey: Storey, ada: Admission, knock_id: str = "k1", *, admit: bool = True
) -> None:
    await storey.act(ada, AnswerKnock(knock=knock_id, admit=admit))


async def stay(storey: Storey, ada: Admission, until: float) -> None:
    """Let the clock run as it does in life, with Ada here and the reaper at work."""
    while storey.clock() < until:
        storey.clock.now = min(storey.clock() + PERIOD_SECONDS, until)
        await storey.presence.renew(ada.room.id, ada.member.id)
        await storey.reaper.reap_due()


async def test_the_token_of_who_waits_opens_the_seat_once_they_are_let_in() -> None:
    storey = a_storey()
    ada = await an_asking_room(storey)
    zoe = await knock(storey, ada)
    with pytest.raises(NoSuchRoom):
        await storey.lobby.seated(ada.room.id, zoe.token)
    assert (await storey.lobby.at_the_door(ada.room.id, zoe.token)).knock == zoe.knock
    await answer(storey, ada)
    assert (await storey.lobby.seated(ada.room.id, zoe.token)).member.nickname == "Zoe"
    with pytest.raises(NoSuchRoom):
        await storey.lobby.at_the_door(ada.room.id, zoe.token)


async def test_whoever_comes_with_the_token_of_their_knock_finds_it_again() -> None:
    storey = a_storey()
    ada = await an_asking_room(storey)
    zoe = await knock(storey, ada)
    again = await knock(storey, ada, "Somebody", held=zoe.token)
    assert (again.knock, again.token) == (zoe.knock, zoe.token)


async def test_the_same_key_at_once_is_one_knock_however_far_the_engine_is() -> None:
    storey = a_storey(FarEngine())
    ada = await an_asking_room(storey)
    places = await asyncio.gather(*(knock(storey, ada, key=KEY) for _ in range(8)))
    assert len({place.token for place in places}) == 1
    assert [one.nickname for one in (await storey.room(ada)).knocks] == ["Zoe"]


async def test_a_hundred_at_once_give_sixteen_who_wait() -> None:
    storey = a_storey(FarEngine())
    ada = await an_asking_room(storey)
    came = await asyncio.gather(
        *(knock(storey, ada, f"Guest {n}") for n in range(100)), return_exceptions=True
    )
    assert sum(isinstance(one, Waiting) for one in came) == MOST_KNOCKS
    assert len((await storey.room(ada)).knocks) == MOST_KNOCKS


async def test_all_who_wait_let_in_at_once_fill_the_room_and_no_more() -> None:
    storey = a_storey(FarEngine())
    ada = await an_asking_room(storey)
    for number in range(MOST_KNOCKS):
        await knock(storey, ada, f"Guest {number}")
    answers = await asyncio.gather(
        *(answer(storey, ada, f"k{n + 1}") for n in range(MOST_KNOCKS)), return_exceptions=True
    )
    assert [type(one) for one in answers].count(RoomFull) == MOST_KNOCKS - 7
    room = await storey.room(ada)
    assert (len(room.members), len(room.knocks)) == (8, MOST_KNOCKS - 7)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
async def test_of_two_answers_at_once_the_first_counts(
    first: bool,  # noqa: FBT001 - admit or decline
    second: bool,  # noqa: FBT001 - the same
) -> None:
    engine = BusyEngine()
    storey = a_storey(engine)
    ada = await an_asking_room(storey)
    zoe = await knock(storey, ada)
    engine.faster = lambda: answer(storey, ada, admit=first)
    if second:
        with pytest.raises(KnockGone):
            await answer(storey, ada, admit=second)
    else:
        await answer(storey, ada, admit=second)
    room = await storey.room(ada)
    assert not room.knocks
    assert bool(await seat_of(storey, zoe)) == first


async def seat_of(storey: Storey, zoe: Waiting) -> str | None:
    try:
        return (await storey.lobby.seated(zoe.room.id, zoe.token)).member.id
    except NoSuchRoom:
        return None


async def test_who_withdraws_while_they_are_let_in_keeps_the_seat() -> None:
    engine = BusyEngine()
    storey = a_storey(engine)
    ada = await an_asking_room(storey)
    zoe = await knock(storey, ada)
    door = await storey.lobby.at_the_door(ada.room.id, zoe.token)
    engine.faster = lambda: answer(storey, ada)
    await storey.lobby.withdraw(door)
    assert await seat_of(storey, zoe)


async def test_who_was_turned_away_has_nothing_to_withdraw() -> None:
    storey = a_storey()
    ada = await an_asking_room(storey)
    zoe = await knock(storey, ada)
    await answer(storey, ada, admit=False)
    before = await storey.room(ada)
    door = await storey.lobby.at_the_door(ada.room.id, zoe.token)
    assert (door.room, door.knock) == (before, "declined")
    await storey.lobby.withdraw(door)
    assert await storey.room(ada) == before


@pytest.mark.parametrize("ask", [True, False])
async def test_who_asks_while_the_rule_changes_gets_what_holds_by_then(ask: bool) -> None:  # noqa: FBT001 - both
    engine = BusyEngine()
    storey = a_storey(engine)
    ada = await an_asking_room(storey)
    await set_ask(storey, ada, ask=not ask)
    engine.faster = lambda: set_ask(storey, ada, ask=ask)
    place = await storey.lobby.join(ada.room.code, "Zoe", "visitor", lambda _: None)
    assert isinstance(place, Waiting) == ask


async def test_a_room_that_ends_while_somebody_knocks_is_a_wrong_code() -> None:
    engine = BusyEngine()
    storey = a_storey(engine)
    ada = await an_asking_room(storey)
    engine.faster = lambda: storey.leave(ada)
    with pytest.raises(WrongCode):
        await knock(storey, ada)


async def test_a_room_that_is_wiped_forgets_who_waits() -> None:
    engine = MemoryEngine()
    storey = a_storey(engine)
    ada = await an_asking_room(storey)
    zoe = await knock(storey, ada)
    await storey.leave(ada)
    with pytest.raises(NoSuchRoom):
        await storey.lobby.at_the_door(ada.room.id, zoe.token)
    assert not [*engine._rooms, *engine._codes, *engine._due._index]


async def test_a_removed_one_cannot_knock_whatever_key_or_token_they_show() -> None:
    storey = a_storey()
    ada = await storey.open()
    code = ada.room.code
    eve = await storey.lobby.join(code, "Eve", "visitor", lambda _: None, KEY)
    assert isinstance(eve, Admission)
    await set_ask(storey, ada, ask=True)
    await storey.act(ada, Remove(target=eve.member.id))
    for key, held in ((KEY, None), (None, eve.token)):
        with pytest.raises(Removed):
            await knock(storey, ada, "Eve", key=key, held=held)
    assert await knock(storey, ada, "Somebody else")


# Time


async def test_a_knock_expires_after_five_minutes_though_nobody_does_anything() -> None:
    storey = a_storey()
    ada = await an_asking_room(storey)
    zoe = await knock(storey, ada)
    await stay(storey, ada, EXPIRES - 0.001)
    assert isinstance((await storey.lobby.at_the_door(ada.room.id, zoe.token)).knock, Knock)
    await stay(storey, ada, EXPIRES + 2)
    assert (await storey.lobby.at_the_door(ada.room.id, zoe.token)).knock == "expired"
    log = await storey.engine.read(ada.room.id, None)
    assert log
    (ended,) = [entry.event for entry in log if isinstance(entry.event, KnockEnded)]
    assert EXPIRES <= ended.at <= EXPIRES + 2


async def test_a_knock_expires_while_every_host_is_away() -> None:
    storey = a_storey()
    ada = await storey.open(grace=900)
    await set_ask(storey, ada, ask=True)
    zoe = await knock(storey, ada)
    while storey.clock() < EXPIRES + 2:
        storey.clock.turn(PERIOD_SECONDS)
        await storey.reaper.reap_due()
    assert not (await storey.room(ada)).has_host_here
    assert (await storey.lobby.at_the_door(ada.room.id, zoe.token)).knock == "expired"


async def test_each_knock_expires_in_its_own_time() -> None:
    storey = a_storey()
    ada = await an_asking_room(storey)
    for number in range(4):
        await knock(storey, ada, f"Guest {number}")
        await stay(storey, ada, storey.clock() + 60)
    left = []
    for number in range(4):
        await stay(storey, ada, EXPIRES + 60 * number + 2)
        left.append([one.id for one in (await storey.room(ada)).knocks])
    assert left == [["k2", "k3", "k4"], ["k3", "k4"], ["k4"], []]


async def test_the_running_reaper_ends_a_knock_by_itself() -> None:
    storey = a_storey()
    ada = await an_asking_room(storey)
    zoe = await knock(storey, ada)
    storey.clock.now = EXPIRES
    await storey.presence.renew(ada.room.id, ada.member.id)
    ended = asyncio.Event()
    storey.engine.listen(lambda _, entries: ended.set() if entries else None)
    reaping = asyncio.create_task(storey.reaper.run())
    try:
        await asyncio.wait_for(ended.wait(), PATIENCE)
    finally:
        reaping.cancel()
    assert (await storey.lobby.at_the_door(ada.room.id, zoe.token)).knock == "expired"


# Rates


async def test_an_address_knocks_six_times_a_minute_and_others_are_not_hindered() -> None:
    storey = a_storey(rate_limits=True)
    ada = await an_asking_room(storey)
    for number in range(6):
        await knock(storey, ada, f"Guest {number}")
    with pytest.raises(TooMany) as refused:
        await knock(storey, ada)
    assert refused.value.retry_after == 10
    assert await knock(storey, ada, "Yan", visitor="somebody else")
    storey.clock.turn(10)
    assert await knock(storey, ada)


async def test_finding_ones_own_knock_again_costs_nothing() -> None:
    storey = a_storey(rate_limits=True)
    ada = await an_asking_room(storey)
    zoe = await knock(storey, ada, key=KEY)
    for _ in range(10):
        assert (await knock(storey, ada, key=KEY)).token == zoe.token
        assert (await knock(storey, ada, held=zoe.token)).token == zoe.token


async def test_who_may_come_in_without_knocking_spends_nothing_on_it() -> None:
    storey = a_storey(rate_limits=True)
    ada = await storey.open()
    for number in range(7):
        await storey.join(ada, f"Guest {number}")
    assert len((await storey.room(ada)).members) == 8
