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
from tests.support.rooms import NOON, BusyEngine, FarEngine, House, a_house

EXPIRES = NOON + KNOCK_SECONDS
KEY = "a key of 16 characters or more"


async def an_asking_room(house: House, capacity: int = 8) -> Admission:
    ada = await house.open(capacity=capacity)
    await set_ask(house, ada, ask=True)
    return ada


async def set_ask(house: House, ada: Admission, *, ask: bool) -> None:
    await house.act(ada, ChangeOptions(ask=ask))


async def knock(  # noqa: PLR0913 - what a knock consists of
    house: House,
    ada: Admission,
    nickname: str = "Zoe",
    *,
    visitor: str = "visitor",
    key: str | None = None,
    held: str | None = None,
) -> Waiting:
    """Knock by the code of now."""
    code = (await house.room(ada)).code
    place = await house.lobby.join(code, nickname, visitor, lambda _: held, key)
    assert isinstance(place, Waiting)
    return place


async def answer(house: House, ada: Admission, knock_id: str = "k1", *, admit: bool = True) -> None:
    await house.act(ada, AnswerKnock(knock=knock_id, admit=admit))


async def stay(house: House, ada: Admission, until: float) -> None:
    """Let the clock run as it does in life, with Ada here and the reaper at work."""
    while house.clock() < until:
        house.clock.now = min(house.clock() + PERIOD_SECONDS, until)
        await house.presence.renew(ada.room.id, ada.member.id)
        await house.reaper.reap_due()


async def test_the_token_of_who_waits_opens_the_seat_once_they_are_let_in() -> None:
    house = a_house()
    ada = await an_asking_room(house)
    zoe = await knock(house, ada)
    with pytest.raises(NoSuchRoom):
        await house.lobby.seated(ada.room.id, zoe.token)
    assert (await house.lobby.at_the_door(ada.room.id, zoe.token)).knock == zoe.knock
    await answer(house, ada)
    assert (await house.lobby.seated(ada.room.id, zoe.token)).member.nickname == "Zoe"
    with pytest.raises(NoSuchRoom):
        await house.lobby.at_the_door(ada.room.id, zoe.token)


async def test_whoever_comes_with_the_token_of_their_knock_finds_it_again() -> None:
    house = a_house()
    ada = await an_asking_room(house)
    zoe = await knock(house, ada)
    again = await knock(house, ada, "Somebody", held=zoe.token)
    assert (again.knock, again.token) == (zoe.knock, zoe.token)


async def test_the_same_key_at_once_is_one_knock_however_far_the_engine_is() -> None:
    house = a_house(FarEngine())
    ada = await an_asking_room(house)
    places = await asyncio.gather(*(knock(house, ada, key=KEY) for _ in range(8)))
    assert len({place.token for place in places}) == 1
    assert [one.nickname for one in (await house.room(ada)).knocks] == ["Zoe"]


async def test_a_hundred_at_once_give_sixteen_who_wait() -> None:
    house = a_house(FarEngine())
    ada = await an_asking_room(house)
    came = await asyncio.gather(
        *(knock(house, ada, f"Guest {n}") for n in range(100)), return_exceptions=True
    )
    assert sum(isinstance(one, Waiting) for one in came) == MOST_KNOCKS
    assert len((await house.room(ada)).knocks) == MOST_KNOCKS


async def test_all_who_wait_let_in_at_once_fill_the_room_and_no_more() -> None:
    house = a_house(FarEngine())
    ada = await an_asking_room(house)
    for number in range(MOST_KNOCKS):
        await knock(house, ada, f"Guest {number}")
    answers = await asyncio.gather(
        *(answer(house, ada, f"k{n + 1}") for n in range(MOST_KNOCKS)), return_exceptions=True
    )
    assert [type(one) for one in answers].count(RoomFull) == MOST_KNOCKS - 7
    room = await house.room(ada)
    assert (len(room.members), len(room.knocks)) == (8, MOST_KNOCKS - 7)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
async def test_of_two_answers_at_once_the_first_counts(
    first: bool,  # noqa: FBT001 - admit or decline
    second: bool,  # noqa: FBT001 - the same
) -> None:
    engine = BusyEngine()
    house = a_house(engine)
    ada = await an_asking_room(house)
    zoe = await knock(house, ada)
    engine.faster = lambda: answer(house, ada, admit=first)
    if second:
        with pytest.raises(KnockGone):
            await answer(house, ada, admit=second)
    else:
        await answer(house, ada, admit=second)
    room = await house.room(ada)
    assert not room.knocks
    assert bool(await seat_of(house, zoe)) == first


async def seat_of(house: House, zoe: Waiting) -> str | None:
    try:
        return (await house.lobby.seated(zoe.room.id, zoe.token)).member.id
    except NoSuchRoom:
        return None


async def test_who_withdraws_while_they_are_let_in_keeps_the_seat() -> None:
    engine = BusyEngine()
    house = a_house(engine)
    ada = await an_asking_room(house)
    zoe = await knock(house, ada)
    door = await house.lobby.at_the_door(ada.room.id, zoe.token)
    engine.faster = lambda: answer(house, ada)
    await house.lobby.withdraw(door)
    assert await seat_of(house, zoe)


async def test_who_was_turned_away_has_nothing_to_withdraw() -> None:
    house = a_house()
    ada = await an_asking_room(house)
    zoe = await knock(house, ada)
    await answer(house, ada, admit=False)
    before = await house.room(ada)
    door = await house.lobby.at_the_door(ada.room.id, zoe.token)
    assert (door.room, door.knock) == (before, "declined")
    await house.lobby.withdraw(door)
    assert await house.room(ada) == before


@pytest.mark.parametrize("ask", [True, False])
async def test_who_asks_while_the_rule_changes_gets_what_holds_by_then(ask: bool) -> None:  # noqa: FBT001 - both
    engine = BusyEngine()
    house = a_house(engine)
    ada = await an_asking_room(house)
    await set_ask(house, ada, ask=not ask)
    engine.faster = lambda: set_ask(house, ada, ask=ask)
    place = await house.lobby.join(ada.room.code, "Zoe", "visitor", lambda _: None)
    assert isinstance(place, Waiting) == ask


async def test_a_room_that_ends_while_somebody_knocks_is_a_wrong_code() -> None:
    engine = BusyEngine()
    house = a_house(engine)
    ada = await an_asking_room(house)
    engine.faster = lambda: house.leave(ada)
    with pytest.raises(WrongCode):
        await knock(house, ada)


async def test_a_room_that_is_wiped_forgets_who_waits() -> None:
    engine = MemoryEngine()
    house = a_house(engine)
    ada = await an_asking_room(house)
    zoe = await knock(house, ada)
    await house.leave(ada)
    with pytest.raises(NoSuchRoom):
        await house.lobby.at_the_door(ada.room.id, zoe.token)
    assert not [*engine._rooms, *engine._codes, *engine._due._index]


async def test_a_removed_one_cannot_knock_whatever_key_or_token_they_show() -> None:
    house = a_house()
    ada = await house.open()
    code = ada.room.code
    eve = await house.lobby.join(code, "Eve", "visitor", lambda _: None, KEY)
    assert isinstance(eve, Admission)
    await set_ask(house, ada, ask=True)
    await house.act(ada, Remove(target=eve.member.id))
    for key, held in ((KEY, None), (None, eve.token)):
        with pytest.raises(Removed):
            await knock(house, ada, "Eve", key=key, held=held)
    assert await knock(house, ada, "Somebody else")


# Time


async def test_a_knock_expires_after_five_minutes_though_nobody_does_anything() -> None:
    house = a_house()
    ada = await an_asking_room(house)
    zoe = await knock(house, ada)
    await stay(house, ada, EXPIRES - 0.001)
    assert isinstance((await house.lobby.at_the_door(ada.room.id, zoe.token)).knock, Knock)
    await stay(house, ada, EXPIRES + 2)
    assert (await house.lobby.at_the_door(ada.room.id, zoe.token)).knock == "expired"
    log = await house.engine.read(ada.room.id, None)
    assert log
    (ended,) = [entry.event for entry in log if isinstance(entry.event, KnockEnded)]
    assert EXPIRES <= ended.at <= EXPIRES + 2


async def test_a_knock_expires_while_every_host_is_away() -> None:
    house = a_house()
    ada = await house.open(grace=900)
    await set_ask(house, ada, ask=True)
    zoe = await knock(house, ada)
    while house.clock() < EXPIRES + 2:
        house.clock.turn(PERIOD_SECONDS)
        await house.reaper.reap_due()
    assert not (await house.room(ada)).has_host_here
    assert (await house.lobby.at_the_door(ada.room.id, zoe.token)).knock == "expired"


async def test_each_knock_expires_in_its_own_time() -> None:
    house = a_house()
    ada = await an_asking_room(house)
    for number in range(4):
        await knock(house, ada, f"Guest {number}")
        await stay(house, ada, house.clock() + 60)
    left = []
    for number in range(4):
        await stay(house, ada, EXPIRES + 60 * number + 2)
        left.append([one.id for one in (await house.room(ada)).knocks])
    assert left == [["k2", "k3", "k4"], ["k3", "k4"], ["k4"], []]


async def test_the_running_reaper_ends_a_knock_by_itself() -> None:
    house = a_house()
    ada = await an_asking_room(house)
    zoe = await knock(house, ada)
    house.clock.now = EXPIRES
    await house.presence.renew(ada.room.id, ada.member.id)
    ended = asyncio.Event()
    house.engine.listen(lambda _, entries: ended.set() if entries else None)
    reaping = asyncio.create_task(house.reaper.run())
    try:
        await asyncio.wait_for(ended.wait(), PATIENCE)
    finally:
        reaping.cancel()
    assert (await house.lobby.at_the_door(ada.room.id, zoe.token)).knock == "expired"


# Rates


async def test_an_address_knocks_six_times_a_minute_and_others_are_not_hindered() -> None:
    house = a_house(rate_limits=True)
    ada = await an_asking_room(house)
    for number in range(6):
        await knock(house, ada, f"Guest {number}")
    with pytest.raises(TooMany) as refused:
        await knock(house, ada)
    assert refused.value.retry_after == 10
    assert await knock(house, ada, "Yan", visitor="somebody else")
    house.clock.turn(10)
    assert await knock(house, ada)


async def test_finding_ones_own_knock_again_costs_nothing() -> None:
    house = a_house(rate_limits=True)
    ada = await an_asking_room(house)
    zoe = await knock(house, ada, key=KEY)
    for _ in range(10):
        assert (await knock(house, ada, key=KEY)).token == zoe.token
        assert (await knock(house, ada, held=zoe.token)).token == zoe.token


async def test_who_may_come_in_without_knocking_spends_nothing_on_it() -> None:
    house = a_house(rate_limits=True)
    ada = await house.open()
    for number in range(7):
        await house.join(ada, f"Guest {number}")
    assert len((await house.room(ada)).members) == 8
