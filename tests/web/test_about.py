"""GET /about: what is kept, and for how long."""

import pytest

from ephemera.domain.rooms import INVITATION_SECONDS
from ephemera.lobby.limits import (
    FAILED_JOINS_FROM_AN_ADDRESS,
    KNOCKS_FROM_AN_ADDRESS,
    ROOMS_FROM_AN_ADDRESS,
    Limit,
)
from tests.support.asking import BROWSER, CURL
from tests.support.cast import House, Person


def _refilled(limit: Limit) -> float:
    """Return after how many seconds nothing needs to be known any more of who spent it all."""
    return limit.burst / limit.rate


async def test_everybody_may_read_what_is_kept(house: House) -> None:
    page = await Person(house).get("/about", BROWSER)
    assert page.status == 200
    assert "<h1>What is kept, and for how long</h1>" in page.text


@pytest.mark.parametrize(
    ("words", "seconds", "so_many"),
    [
        ("over (a day at most)", max(INVITATION_SECONDS), 86_400),
        ("ten minutes after you opened a room", _refilled(ROOMS_FROM_AN_ADDRESS), 600),
        ("one minute after you tried a code", _refilled(FAILED_JOINS_FROM_AN_ADDRESS), 60),
        ("or knocked", _refilled(KNOCKS_FROM_AN_ADDRESS), 60),
    ],
)
async def test_times_in_words_are_those_that_hold(
    house: House, words: str, seconds: float, so_many: int
) -> None:
    assert words in (await Person(house).get("/about", BROWSER)).text
    assert seconds == so_many


async def test_the_path_decides_the_representation(house: House) -> None:
    assert await Person(house).get("/about", CURL) == await Person(house).get("/about", BROWSER)
