"""An office that joins at once, while others guess: on every engine."""

import asyncio
from itertools import cycle
from math import ceil
from pathlib import Path

from ephemera.domain.errors import KeyNeeded, TooMany, WrongCode
from ephemera.domain.rooms import Options
from ephemera.engine.base import Engine
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.lobby import Admission
from tests.support.rooms import Storey, a_storey

FRIENDS = 40
OFFICE = "a network/an office"


async def rooms_of(storey: Storey) -> list[str]:
    """Return the codes of as many rooms as the friends need."""
    rooms = [
        await storey.lobby.open("Ada", Options(capacity=8), f"{number}/{number}")
        for number in range(FRIENDS // 5)
    ]
    return [each.room.code for each in rooms]


async def joins(storey: Storey, code: str, nickname: str) -> Admission:
    place = await storey.lobby.join(code, nickname, OFFICE, lambda _: None)
    assert isinstance(place, Admission)
    return place


async def guess(storey: Storey, visitor: str) -> type[Exception]:
    try:
        await storey.lobby.join("0000000000", "Mallory", visitor, lambda _: None)
    except (WrongCode, TooMany) as refused:
        return type(refused)
    raise AssertionError("That code must open nothing")


async def test_forty_friends_behind_one_address_get_in_at_once(engine: Engine) -> None:
    storey = a_storey(engine, rate_limits=True)
    codes = cycle(await rooms_of(storey))
    await asyncio.gather(
        *(joins(storey, next(codes), f"Friend {number}") for number in range(FRIENDS))
    )


async def test_forty_friends_get_in_while_eight_networks_guess(engine: Engine) -> None:
    """480 wrong codes in the same second, from sixty addresses in each of the networks."""
    storey = a_storey(engine, rate_limits=True)
    codes = cycle(await rooms_of(storey))
    guesses = [guess(storey, f"network {n % 8}/address {n}") for n in range(480)]
    friends = [joins(storey, next(codes), f"Friend {number}") for number in range(FRIENDS)]
    told, _ = await asyncio.gather(asyncio.gather(*guesses), asyncio.gather(*friends))
    if isinstance(engine, MemoryEngine):  # elsewhere budgets refill while the test takes its time
        assert told.count(TooMany) == 480 - 200, "the premise: what all may guess was used up"


async def test_who_guesses_at_once_is_told_no_more_often_than_one_after_the_other(
    engine: Engine,
) -> None:
    storey = a_storey(engine, rate_limits=True)
    start = asyncio.get_running_loop().time()
    told = await asyncio.gather(*(guess(storey, "network/address") for _ in range(100)))
    refilled = (asyncio.get_running_loop().time() - start) / 6
    assert 10 <= told.count(WrongCode) <= 10 + ceil(refilled)


async def test_an_office_that_knows_a_key_opens_its_rooms_at_once(
    engine: Engine, tmp_path: Path
) -> None:
    storey = a_storey(engine, rate_limits=True, opening=(None, keys_in(tmp_path)))
    opened = await asyncio.gather(
        *(opens(storey, f"a network/address {n % 5}", KEY) for n in range(20))
    )
    assert all(opened)
    wrong = [opens(storey, "a network/address", "wrong") for _ in range(100)]
    assert not any(await asyncio.gather(*wrong))


KEY = "correct-horse-battery"


def keys_in(folder: Path) -> Path:
    file = folder / "keys"
    file.write_text(f"ada {KEY}\n")
    file.chmod(0o600)
    return file


async def opens(storey: Storey, visitor: str, key: str) -> bool:
    try:
        await storey.lobby.open("Ada", Options(), visitor, opening_key=key)
    except (KeyNeeded, TooMany):
        return False
    return True
