"""Coming back to a place that was lost or is still held, and what a lost cookie undoes."""

from itertools import count

import pytest

from ephemera.domain.commands import ChangeOptions
from ephemera.domain.errors import NoSuchRoom, RoomFull, TooMany
from ephemera.domain.rooms import Options
from ephemera.lobby.lobby import Admission, Waiting
from ephemera.lobby.returning import MOST_LOOKED_UP
from tests.support.rooms import Storey, a_storey

KEY = "a-key-nobody-can-guess"


async def keep_waiting_without(storey: Storey, ada: Admission, seconds: int = 150) -> None:
    """Let time pass in which nobody but Ada shows life."""
    for _ in range(seconds // 15):
        storey.clock.turn(15)
        await storey.presence.renew(ada.room.id, ada.member.id)
        await storey.reaper.reap_due()


async def ben_who_lost_his_place(storey: Storey, capacity: int = 8) -> tuple[Admission, Admission]:
    ada = await storey.open(capacity=capacity)
    ben = await storey.join(ada, "Ben")
    await keep_waiting_without(storey, ada)
    assert await storey.member(ben) is None
    return ada, ben


async def test_who_lost_a_place_takes_it_again_with_a_new_token() -> None:
    storey = a_storey()
    ada, ben = await ben_who_lost_his_place(storey)
    lost = await storey.returning.lost(ada.room.id, ben.token)
    assert lost.lapsed.member.nickname == "Ben"
    back = await storey.returning.come_back(ada.room.id, ben.token, "visitor")
    assert isinstance(back, Admission)
    assert back.token != ben.token
    assert (await storey.seated(back)).member.nickname == "Ben"
    for ask in (storey.returning.lost(ada.room.id, ben.token), storey.seated(ben)):
        with pytest.raises(NoSuchRoom):
            await ask


async def test_the_same_request_with_the_same_key_is_the_same_seat() -> None:
    storey = a_storey()
    ada, ben = await ben_who_lost_his_place(storey)
    first = await storey.returning.come_back(ada.room.id, ben.token, "visitor", KEY)
    again = await storey.returning.come_back(ada.room.id, ben.token, "visitor", KEY)
    assert again.token == first.token
    assert len((await storey.room(ada)).members) == 2


async def test_nobody_else_comes_back() -> None:
    storey = a_storey()
    ada, ben = await ben_who_lost_his_place(storey)
    cleo = await storey.join(ada, "Cleo")
    await storey.leave(cleo)
    for room_id, token in (
        (ada.room.id, None),
        (ada.room.id, "wrong"),
        (ada.room.id, cleo.token),
        (ada.room.id, ada.token),
        ("never", ben.token),
    ):
        for ask in (
            storey.returning.lost(room_id, token),
            storey.returning.come_back(room_id, token, "visitor"),
        ):
            with pytest.raises(NoSuchRoom):
                await ask


async def new_seats(storey: Storey, ada: Admission, visitor: str) -> int:
    """Take and leave seats until no more may be taken; return how many that were."""
    for number in count():
        try:
            await storey.leave(await storey.join(ada, f"Guest {number}", visitor=visitor))
        except TooMany:
            return number
    raise AssertionError


async def test_coming_back_costs_what_a_new_seat_costs_and_nothing_when_it_is_refused() -> None:
    storey = a_storey(rate_limits=True)
    ada, ben = await ben_who_lost_his_place(storey, capacity=2)
    cleo = await storey.join(ada, "Cleo")
    for _ in range(30):
        with pytest.raises(RoomFull):
            await storey.returning.come_back(ada.room.id, ben.token, "Ben's address")
    await storey.leave(cleo)
    assert await new_seats(storey, ada, "Ben's address") <= 24
    with pytest.raises(TooMany):
        await storey.returning.come_back(ada.room.id, ben.token, "Ben's address")


async def test_who_would_have_to_ask_knocks() -> None:
    storey = a_storey()
    ada = await storey.lobby.open("Ada", Options(capacity=8, grace=120), "visitor")
    ben = await storey.join(ada, "Ben")
    await keep_waiting_without(storey, ada)
    await storey.act(ada, ChangeOptions(ask=True))
    waiting = await storey.returning.come_back(ada.room.id, ben.token, "visitor")
    assert isinstance(waiting, Waiting)
    assert waiting.knock.nickname == "Ben"


async def test_places_are_found_by_their_tokens_and_few_are_looked_up() -> None:
    storey = a_storey()
    ada, ben = await ben_who_lost_his_place(storey)
    bea = await storey.open("Bea")
    tokens = [(ada.room.id, ben.token), (bea.room.id, bea.token), (bea.room.id, ben.token)]
    held = await storey.returning.held([*tokens, ("never", ada.token)])
    assert [(place.nickname, place.is_lost) for place in held] == [("Ben", True), ("Bea", False)]
    many = [(bea.room.id, "wrong")] * MOST_LOOKED_UP
    assert await storey.returning.held([*many, *tokens]) == []


async def test_a_seat_whose_token_nobody_kept_is_given_up() -> None:
    storey = a_storey()
    ada = await storey.open()
    ben = await storey.join(ada, "Ben")
    await storey.returning.give_up(ada.room.id, storey.returning.proof(ada.room.id, ben.token))
    assert await storey.member(ben) is None
    await storey.returning.give_up(ada.room.id, storey.returning.proof(ada.room.id, ada.token))
    assert await storey.load(ada) is None


async def test_a_seat_that_was_seen_is_given_up_by_no_proof() -> None:
    storey = a_storey()
    ada = await storey.open()
    proof = storey.returning.proof(ada.room.id, ada.token)
    storey.clock.turn(1)
    await storey.presence.renew(ada.room.id, ada.member.id)
    for wrong in (proof, "", "x", "\N{SNOWMAN}", "0" * 32):
        with pytest.raises(NoSuchRoom):
            await storey.returning.give_up(ada.room.id, wrong)
    assert await storey.member(ada)
    with pytest.raises(NoSuchRoom):
        await storey.returning.give_up("never", proof)


async def test_a_knock_whose_token_nobody_kept_is_withdrawn() -> None:
    storey = a_storey()
    ada = await storey.lobby.open("Ada", Options(ask=True), "visitor")
    yan = await storey.lobby.join(ada.room.code, "Yan", "visitor", lambda _: None)
    zoe = await storey.lobby.join(ada.room.code, "Zoe", "visitor", lambda _: None)
    assert isinstance(yan, Waiting)
    assert isinstance(zoe, Waiting)
    await storey.returning.give_up(ada.room.id, storey.returning.proof(ada.room.id, zoe.token))
    assert (await storey.room(ada)).knocks == (yan.knock,)
