"""Names and words in lines of text, set apart where they could pass for what is ours."""

import json

import pytest

from ephemera.domain.terminals import named, quoted, speaker, terminal_safe
from tests.support.imitations import NICKNAMES, ORDINARY


@pytest.mark.parametrize(
    "name",
    ["Ada: I quit", "* Ada", "Ada (edited)", '"Ada"', "Ada\u2236 hi", "Eve removed Ada; Bob", ""],
)
def test_a_name_that_holds_what_structures_a_line_is_set_apart(name: str) -> None:
    assert json.loads(speaker(name)) == json.loads(named(name)) == name


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_name_is_not_set_apart_in_a_line(name: str) -> None:
    assert speaker(name) == name


def test_a_name_of_several_words_is_set_apart_in_a_sentence() -> None:
    assert (named("Mary Ann"), named("Mary-Ann")) == ('"Mary Ann"', "Mary-Ann")


@pytest.mark.parametrize("write", [speaker, named, quoted])
def test_no_two_names_are_written_alike(write: object) -> None:
    assert callable(write)
    names = {*NICKNAMES, *ORDINARY}
    assert len({write(name) for name in names}) == len(names)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\u2029"])
def test_whatever_ends_a_line_leads_to_an_indented_one(end: str) -> None:
    assert terminal_safe(f"hi{end}Ben: hi") == "hi\n  Ben: hi"


def test_what_ended_a_link_still_ends_it_and_words_behind_one_stay_as_they_are() -> None:
    assert terminal_safe("https://example.org/\u202egpj.exe") == "https://example.org/ gpj.exe"
    assert terminal_safe("https://example.org/a now") == "https://example.org/a now"
