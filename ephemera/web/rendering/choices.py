"""What can be chosen, in words."""

from collections.abc import Mapping
from typing import Final

from ephemera.web.rendering.languages import Sentence, counted, duration, said

_DAY: Final = 24 * 60 * 60


def chosen_length(seconds: int) -> Sentence:
    """Return a length of time that somebody chooses, in its largest whole unit up to days."""
    if seconds >= _DAY:
        return counted("%(n)s day", "%(n)s days", seconds // _DAY)
    return duration(seconds)


def seats(number: int) -> Sentence:
    """Return a number of seats in a word."""
    return _SEATS[number]


def people(number: int) -> Sentence:
    """Return a number of people in words."""
    return _PEOPLE[number]


_SEATS: Final[Mapping[int, Sentence]] = {
    2: said("Two"),
    3: said("Three"),
    4: said("Four"),
    5: said("Five"),
    6: said("Six"),
    7: said("Seven"),
    8: said("Eight"),
}

_PEOPLE: Final[Mapping[int, Sentence]] = {
    1: said("one person"),
    2: said("two people"),
    3: said("three people"),
    4: said("four people"),
    5: said("five people"),
    6: said("six people"),
    7: said("seven people"),
}
