"""What outsiders send is read in a time that grows no faster than its size, and sizes are bounded.

Steps are counted. But work inside of C takes none, so the time of the processor is looked at, too:
of the whole and of half of it in the same breath, for that is the same on a busy machine.
"""

from functools import partial
from typing import Final

import pytest

from tests.support.parsers import Place, of, places, seconds_of, steps_of

STEPS_OF_ANYTHING: Final = 1500
STEPS_OF_A_BYTE: Final = 60
MOST_GROWTH: Final = 3
"""Twice the size takes twice the time; were it the square, four times."""
TOO_SHORT_TO_MATTER: Final = 1e-3
TRIES: Final = 7

PLACES: Final = places()


def halves(place: Place, shape: str, before: str) -> tuple[str, str]:
    """Return the worst of the place's greatest size, and of half of it."""
    whole, half = (of(size, shape, before, place.after) for size in (place.most, place.most // 2))
    return whole, half


@pytest.mark.parametrize("name", PLACES)
def test_reading_takes_no_more_steps_than_its_size_allows(name: str) -> None:
    place = PLACES[name]
    for before in place.before:
        for kind, shape in place.shapes.items():
            text = of(place.most, shape, before, place.after)
            steps = steps_of(partial(place.read, text))
            assert steps <= STEPS_OF_ANYTHING + STEPS_OF_A_BYTE * place.most, (before, kind)


@pytest.mark.parametrize("name", PLACES)
def test_twice_the_size_takes_not_much_more_than_twice_the_time(name: str) -> None:
    place = PLACES[name]
    for before in place.before:
        for kind, shape in place.shapes.items():
            whole, half = halves(place, shape, before)
            both = [seconds_of(partial(place.read, text)) for text in (whole, half)]
            for _ in range(TRIES):
                if both[0] < max(TOO_SHORT_TO_MATTER, MOST_GROWTH * both[1]):
                    break
                again = [seconds_of(partial(place.read, text)) for text in (whole, half)]
                both = [min(pair) for pair in zip(both, again, strict=True)]
            assert both[0] < max(TOO_SHORT_TO_MATTER, MOST_GROWTH * both[1]), (before, kind)
