"""How often things may happen, and what is given back."""

import pytest

from ephemera.domain.errors import NicknameTaken, RoomFull, TooMany, WrongCode
from ephemera.domain.rooms import Options
from ephemera.lobby.limits import EXEMPT, Limit, Limits
from ephemera.lobby.lobby import Admission
from tests.support.clock import FakeClock
from tests.support.rooms import Storey, a_storey


async def fails_to_join(storey: Storey, visitor: str = "Mallory's address") -> None:
    with pytest.raises(WrongCode):
        await storey.lobby.join("0000000000", "Mallory", visitor, lambda _: None)


async def is_too_many(storey: Storey, visitor: str) -> float:
    with pytest.raises(TooMany) as refusal:
        await storey.lobby.join("0000000000", "Mallory", visitor, lambda _: None)
    return refusal.value.retry_after


async def test_a_seat_says_five_things_at_once_and_one_a_second() -> None:
    storey = a_storey(rate_limits=True)
    ada = await storey.open()
    for _ in range(5):
        await storey.post(ada, "hello")
    with pytest.raises(TooMany) as refusal:
        await storey.post(ada, "hello")
    assert refusal.value.retry_after == pytest.approx(1)
    storey.clock.turn(1)
    await storey.post(ada, "hello")
    with pytest.raises(TooMany):
        await storey.post(ada, "hello")


async def test_a_room_hears_twenty_things_at_once_and_eight_a_second() -> None:
    storey = a_storey(rate_limits=True)
    ada = await storey.open()
    everyone = [ada, *[await storey.join(ada, f"Guest {number}") for number in range(4)]]
    for member in everyone[:4]:
        for _ in range(5):
            await storey.post(member, "hello")
    with pytest.raises(TooMany) as refusal:
        await storey.post(everyone[4], "hello")
    assert refusal.value.retry_after == pytest.approx(1 / 8)


async def test_a_full_room_takes_nothing_from_the_seat() -> None:
    storey = a_storey(rate_limits=True)
    ada = await storey.open()
    everyone = [ada, *[await storey.join(ada, f"Guest {number}") for number in range(4)]]
    for member in everyone[:4]:
        for _ in range(5):
            await storey.post(member, "hello")
    for _ in range(10):
        with pytest.raises(TooMany):
            await storey.post(everyone[4], "hello")
    storey.clock.turn(5 / 8)
    for _ in range(5):
        await storey.post(everyone[4], "hello")


async def test_a_retry_costs_nothing() -> None:
    storey = a_storey(rate_limits=True)
    ada = await storey.open()
    first = [await storey.post(ada, "hello", f"k{number}") for number in range(5)]
    assert await storey.post(ada, "hello", "k0") == first[0]


async def test_ten_wrong_codes_are_the_most_from_one_address() -> None:
    storey = a_storey(rate_limits=True)
    for _ in range(10):
        await fails_to_join(storey)
    assert await is_too_many(storey, "Mallory's address") == pytest.approx(6)
    await fails_to_join(storey, "Ben's address")
    storey.clock.turn(6)
    await fails_to_join(storey)


async def cannot_join(storey: Storey, admission: Admission, visitor: str) -> float:
    with pytest.raises(TooMany) as refusal:
        await storey.lobby.join(admission.room.code, "Mallory", visitor, lambda _: None)
    return refusal.value.retry_after


async def test_a_good_code_costs_nothing_of_what_is_for_wrong_ones() -> None:
    storey = a_storey(rate_limits=True)
    ada = await storey.open()
    await storey.join(ada, "Ben")
    for _ in range(10):
        await fails_to_join(storey, "visitor")
    await is_too_many(storey, "visitor")


async def test_sixty_new_seats_are_the_most_from_one_address() -> None:
    storey = a_storey(rate_limits=True)
    rooms = [await storey.open(f"Host {number}") for number in range(4)]
    for number in range(60):
        await storey.leave(await storey.join(rooms[number % 4], f"Guest {number}"))
    assert await cannot_join(storey, rooms[0], "visitor") == pytest.approx(1)
    storey.clock.turn(1)
    await storey.join(rooms[0], "Ben")


async def test_twenty_four_new_seats_are_the_most_of_a_room_and_one_in_fifteen_seconds() -> None:
    storey = a_storey(rate_limits=True)
    ada, bea = await storey.open(), await storey.open("Bea")
    for number in range(24):
        place = await storey.lobby.join(
            ada.room.code, f"Guest {number}", f"address {number}", lambda _: None
        )
        assert isinstance(place, Admission)
        await storey.leave(place)
    assert await cannot_join(storey, ada, "another address") == pytest.approx(15)
    await storey.join(bea, "Ben")
    storey.clock.turn(15)
    await storey.join(ada, "Ben")


async def test_a_join_that_is_refused_and_coming_back_to_a_seat_cost_nothing() -> None:
    storey = a_storey(rate_limits=True)
    ada = await storey.open(capacity=3)
    ben = await storey.join(ada, "Ben")
    for _ in range(30):
        with pytest.raises(NicknameTaken):
            await storey.join(ada, "Ada")
        assert (await storey.join(ada, "Somebody", ben.token)).member == ben.member
    await storey.join(ada, "Cleo")
    for _ in range(30):
        with pytest.raises(RoomFull):
            await storey.join(ada, "Dora")


async def test_a_good_join_gives_no_wrong_one_back() -> None:
    storey = a_storey(rate_limits=True)
    ada = await storey.open()
    for number in range(10):
        await fails_to_join(storey, "visitor")
        if number < 7:
            await storey.join(ada, f"Guest {number}")
    await is_too_many(storey, "visitor")


async def test_two_hundred_wrong_codes_in_a_moment_are_the_most_in_all() -> None:
    storey = a_storey(rate_limits=True)
    for number in range(200):
        await fails_to_join(storey, f"address {number}")
    assert await is_too_many(storey, "address 200") == pytest.approx(1 / 200)
    storey.clock.turn(1 / 200)
    await fails_to_join(storey, "address 200")


async def test_nobody_is_kept_out_by_what_strangers_guess() -> None:
    storey = a_storey(rate_limits=True)
    ada = await storey.open()
    for number in range(200):
        await fails_to_join(storey, f"address {number}")
    await is_too_many(storey, "address 200")
    assert await storey.join(ada, "Ben", visitor="Ben's address")


async def test_the_addresses_of_a_network_guess_together() -> None:
    storey = a_storey(rate_limits=True)
    ada = await storey.open()
    for number in range(120):
        await fails_to_join(storey, f"network/{number // 10}")
        storey.clock.turn(1e-4)
    assert await is_too_many(storey, "network/of another address") == pytest.approx(0.5, abs=0.02)
    assert await cannot_join(storey, ada, "network/of a neighbour"), "or guessing has no bound"
    await fails_to_join(storey, "another network/address")


async def test_the_addresses_of_a_network_open_fifty_rooms_and_one_in_twelve_seconds() -> None:
    storey = a_storey(rate_limits=True)
    for number in range(50):
        await storey.lobby.open("Ada", Options(), f"network/{number}")
    with pytest.raises(TooMany) as refusal:
        await storey.lobby.open("Ada", Options(), "network/of another address")
    assert refusal.value.retry_after == pytest.approx(12)
    for _ in range(5):  # nothing was taken from the address by what its network was refused
        storey.clock.turn(12)
        await storey.lobby.open("Ada", Options(), "network/of another address")
    assert await storey.lobby.open("Ada", Options(), "another network/address")


async def test_who_is_exempt_pays_nothing() -> None:
    storey = a_storey(rate_limits=True)
    for _ in range(300):
        await storey.lobby.open("Ada", Options(), EXEMPT)
        await fails_to_join(storey, EXEMPT)
        storey.clock.turn(1 / 200)
    ada = await storey.open()
    for number in range(24):
        await storey.leave(await storey.join(ada, f"Guest {number}", visitor=EXEMPT))
    assert await cannot_join(storey, ada, EXEMPT), "a room has its budget whoever comes"


async def test_five_rooms_are_the_most_from_one_address() -> None:
    storey = a_storey(rate_limits=True)
    for _ in range(5):
        await storey.open()
    with pytest.raises(TooMany) as refusal:
        await storey.open()
    assert refusal.value.retry_after == pytest.approx(120)
    assert await storey.engine.count_rooms() == 5
    assert await storey.lobby.open("Ben", Options(), "another visitor")


async def test_without_rate_limits_nothing_is_counted() -> None:
    storey = a_storey(rate_limits=False)
    ada = await storey.open()
    for _ in range(100):
        await storey.post(ada, "hello")
        await storey.open()
        await fails_to_join(storey)


async def test_of_several_budgets_all_are_spent_or_none() -> None:
    storey = a_storey()
    limits = Limits(storey.engine, FakeClock())
    wide, narrow = Limit("wide", 0.001, 2), Limit("narrow", 0.001, 1)
    await limits.spend((wide, "b"), (narrow, "b"))
    for _ in range(5):
        with pytest.raises(TooMany):
            await limits.spend((wide, "b"), (narrow, "b"))
    await limits.spend((wide, "b"))
    with pytest.raises(TooMany):
        await limits.spend((wide, "b"))


async def test_a_seat_sees_all_of_its_room_forty_times_at_once_and_twice_a_second() -> None:
    storey = a_storey(rate_limits=True)
    for _ in range(40):
        await storey.lobby.afford("a room", "p1")
    with pytest.raises(TooMany) as refusal:
        await storey.lobby.afford("a room", "p1")
    assert refusal.value.retry_after == pytest.approx(0.5)
    await storey.lobby.afford("a room", "p2")
    await storey.lobby.afford("another", "p1")
    storey.clock.turn(0.5)
    await storey.lobby.afford("a room", "p1")
