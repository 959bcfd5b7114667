"""What people are told, in the language they read."""

from collections.abc import Callable, Collection
from typing import Any, get_args

import pytest

from ephemera.domain.errors import Invalid, NotHost, Refusal, TooMany
from ephemera.domain.rooms import LEAST_SEATS, MOST_SEATS, Sign
from ephemera.web.rendering import refusals
from ephemera.web.rendering.choices import people, seats
from ephemera.web.rendering.languages import ENGLISH, Name, Sentence, counted, plural_forms, said
from ephemera.web.rendering.sentences import sign_name
from tests.support.languages import pseudo_spoken


@pytest.mark.parametrize(
    ("refusal", "english", "pseudo"),
    [
        (NotHost(), "Only a host may do that.", "[Only a host may do that.]"),
        (
            TooMany(0.2),
            "That was too fast. Try again in 1 second.",
            "[That was too fast. Try again in 1 second.]",
        ),
        (
            TooMany(2.0),
            "That was too fast. Try again in 2 seconds.",
            "[two: That was too fast. Try again in 2 seconds.]",
        ),
        (
            Invalid("grace", "not-a-choice"),
            "Choose 30 (seconds), 120 (2 minutes), 900 (15 minutes) or 3600 (1 hour).",
            (
                "[Choose [30 (seconds)], [120 ([two: 2 minutes])], [900 ([15 minutes])] or "
                "[3600 ([1 hour])].]"
            ),
        ),
    ],
)
def test_a_refusal_is_told_in_the_readers_language(
    refusal: Refusal, english: str, pseudo: str
) -> None:
    with pseudo_spoken() as locale:
        assert refusals.sentence(refusal, locale) == pseudo
        assert refusals.sentence(refusal, ENGLISH) == english


@pytest.mark.parametrize(
    ("tell", "numbers"),
    [
        (seats, range(LEAST_SEATS, MOST_SEATS + 1)),
        (people, range(1, MOST_SEATS)),
        (sign_name, get_args(Sign)),
    ],
)
def test_whatever_can_be_chosen_has_words_of_its_own(
    tell: Callable[[Any], Sentence], numbers: Collection[Any]
) -> None:
    assert len({tell(each).plain(ENGLISH) for each in numbers}) == len(numbers)


def test_numbers_are_grouped_and_names_set_apart() -> None:
    told = counted("%(who)s: %(n)s", "%(who)s & co: %(n)s", 4_000, who=Name("<Ada>"))
    assert told.plain(ENGLISH) == "<Ada> & co: 4,000"
    assert told.html(ENGLISH) == '<bdi translate="no">&lt;Ada&gt;</bdi> &amp; co: 4,000'


def test_a_language_that_we_do_not_speak_is_a_fault_and_never_english() -> None:
    with pytest.raises(KeyError):
        said("Yes").plain("tlh")


def test_a_script_gets_each_form_with_a_number_that_it_is_right_for() -> None:
    words = ("%(n)s new message", "%(n)s new messages")
    assert plural_forms("en", *words) == {0: "{n} new messages", 1: "{n} new message"}
    assert plural_forms("en", "%(n)s left", "%(n)s left") == {0: "{n} left"}
    with pseudo_spoken() as locale:
        assert plural_forms(locale, *words) == {
            0: "[{n} new messages]",
            1: "[{n} new message]",
            2: "[two: {n} new messages]",
        }
