"""Coming back to a place that was lost or is still held, and what a lost cookie undoes."""

import pytest

from ephemera.domain.commands import ChangeOptions
from ephemera.domain.errors import NoSuchRoom, RoomFull, TooMany
from ephemera.domain.rooms import Options
from ephemera.lobby.lobby import Admission, Waiting
from ephemera.lobby.returning import MOST_LOOKED_UP
from tests.support.rooms import House, a_house

KEY = "a-key-nobody-can-guess"


async def keep_waiting_without(house: House, ada: Admission, seconds: int = 150) -> None:
    """Let time pass in which nobody but Ada shows life."""
    for _ in range(seconds // 15):
        house.clock.turn(15)
        await house.presence.renew(ada.room.id, ada.member.id)
        await house.reaper.reap_due()


async def ben_who_lost_his_place(house: House, capacity: int = 8) -> tuple[Admission, Admission]:
    ada = await house.open(capacity=capacity)
    ben = await house.join(ada, "Ben")
    await keep_waiting_without(house, ada)
    assert await house.member(ben) is None
    return ada, ben


async def test_who_lost_a_place_takes_it_again_with_a_new_token() -> None:
    house = a_house()
    ada, ben = await ben_who_lost_his_place(house)
    lost = await house.returning.lost(ada.room.id, ben.token)
    assert lost.lapsed.member.nickname == "Ben"
    back = await house.returning.come_back(ada.room.id, ben.token, "visitor")
    assert isinstance(back, Admission)
    assert back.token != ben.token
    assert (await house.seated(back)).member.nickname == "Ben"
    for ask in (house.returning.lost(ada.room.id, ben.token), house.seated(ben)):
        with pytest.raises(NoSuchRoom):
            await ask


async def test_the_same_request_with_the_same_key_is_the_same_seat() -> None:
    house = a_house()
    ada, ben = await ben_who_lost_his_place(house)
    first = await house.returning.come_back(ada.room.id, ben.token, "visitor", KEY)
    again = await house.returning.come_back(ada.room.id, ben.token, "visitor", KEY)
    assert again.token == first.token
    assert len((await house.room(ada)).members) == 2


async def test_nobody_else_comes_back() -> None:
    house = a_house()
    ada, ben = await ben_who_lost_his_place(house)
    cleo = await house.join(ada, "Cleo")
    await house.leave(cleo)
    for room_id, token in (
        (ada.room.id, None),
        (ada.room.id, "wrong"),
        (ada.room.id, cleo.token),
        (ada.room.id, ada.token),
        ("never", ben.token),
    ):
        for ask in (
            house.returning.lost(room_id, token),
            house.returning.come_back(room_id, token, "visitor"),
        ):
            with pytest.raises(NoSuchRoom):
                await ask


async def test_coming_back_costs_what_a_new_seat_costs_and_nothing_when_it_is_refused() -> None:
    house = a_house(rate_limits=True)
    ada, ben = await ben_who_lost_his_place(house, capacity=2)
    cleo = await house.join(ada, "Cleo")
    for _ in range(30):
        with pytest.raises(RoomFull):
            await house.returning.come_back(ada.room.id, ben.token, "Ben's address")
    await house.leave(cleo)
    for number in range(10):
        place = await house.lobby.join(
            ada.room.code, f"G {number}", "Ben's address", lambda _: None
        )
        assert isinstance(place, Admission)
        await house.leave(place)
    with pytest.raises(TooMany):
        await house.returning.come_back(ada.room.id, ben.token, "Ben's address")


async def test_who_would_have_to_ask_knocks() -> None:
    house = a_house()
    ada = await house.lobby.open("Ada", Options(capacity=8, grace=120), "visitor")
    ben = await house.join(ada, "Ben")
    await keep_waiting_without(house, ada)
    await house.act(ada, ChangeOptions(ask=True))
    waiting = await house.returning.come_back(ada.room.id, ben.token, "visitor")
    assert isinstance(waiting, Waiting)
    assert waiting.knock.nickname == "Ben"


async def test_places_are_found_by_their_tokens_and_few_are_looked_up() -> None:
    house = a_house()
    ada, ben = await ben_who_lost_his_place(house)
    bea = await house.open("Bea")
    tokens = [(ada.room.id, ben.token), (bea.room.id, bea.token), (bea.room.id, ben.token)]
    held = await house.returning.held([*tokens, ("never", ada.token)])
    assert [(place.nickname, place.is_lost) for place in held] == [("Ben", True), ("Bea", False)]
    many = [(bea.room.id, "wrong")] * MOST_LOOKED_UP
    assert await house.returning.held([*many, *tokens]) == []


async def test_a_seat_whose_token_nobody_kept_is_given_up() -> None:
    house = a_house()
    ada = await house.open()
    ben = await house.join(ada, "Ben")
    await house.returning.give_up(ada.room.id, house.returning.proof(ada.room.id, ben.token))
    assert await house.member(ben) is None
    await house.returning.give_up(ada.room.id, house.returning.proof(ada.room.id, ada.token))
    assert await house.load(ada) is None


async def test_a_seat_that_was_seen_is_given_up_by_no_proof() -> None:
    house = a_house()
    ada = await house.open()
    proof = house.returning.proof(ada.room.id, ada.token)
    house.clock.turn(1)
    await house.presence.renew(ada.room.id, ada.member.id)
    for wrong in (proof, "", "x", "\N{SNOWMAN}", "0" * 32):
        with pytest.raises(NoSuchRoom):
            await house.returning.give_up(ada.room.id, wrong)
    assert await house.member(ada)
    with pytest.raises(NoSuchRoom):
        await house.returning.give_up("never", proof)


async def test_a_knock_whose_token_nobody_kept_is_withdrawn() -> None:
    house = a_house()
    ada = await house.lobby.open("Ada", Options(ask=True), "visitor")
    yan = await house.lobby.join(ada.room.code, "Yan", "visitor", lambda _: None)
    zoe = await house.lobby.join(ada.room.code, "Zoe", "visitor", lambda _: None)
    assert isinstance(yan, Waiting)
    assert isinstance(zoe, Waiting)
    await house.returning.give_up(ada.room.id, house.returning.proof(ada.room.id, zoe.token))
    assert (await house.room(ada)).knocks == (yan.knock,)
