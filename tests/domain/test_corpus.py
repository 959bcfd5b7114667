"""What people have really typed, as the rules read it; the ways in are in `tests/web`."""

import sys
import unicodedata
from typing import Final

import pytest
from wcwidth import wcwidth

from ephemera.domain.characters import first_seen, is_character, is_ignorable, is_mark
from ephemera.domain.errors import Invalid, Unshowable
from ephemera.domain.links import links_in
from ephemera.domain.nicknames import faces, read_nickname
from ephemera.domain.terminals import terminal_safe
from ephemera.domain.texts import deed_in, read_text
from ephemera.web.rendering.languages import ENGLISH
from ephemera.web.rendering.refusals import sentence
from tests.support.corpus import (
    DEEDS,
    LINKS,
    NICKNAMES,
    NOTHING,
    NOTHING_DONE,
    REFUSED_NICKNAMES,
    TEXTS,
    tags,
)

EVERY: Final = tuple(map(chr, range(sys.maxunicode + 1)))


def problem_of(text: str) -> str:
    with pytest.raises(Invalid) as refusal:
        read_text(text)
    return refusal.value.problem


@pytest.mark.parametrize(("typed", "kept"), NICKNAMES.items(), ids=ascii)
def test_a_nickname_is_not_refused_for_harmless_characters(typed: str, kept: str) -> None:
    assert read_nickname(typed) == kept
    assert read_nickname(kept) == kept


@pytest.mark.parametrize(("typed", "told"), REFUSED_NICKNAMES.items(), ids=ascii)
def test_the_sentence_names_the_character_that_a_nickname_is_refused_for(
    typed: str, told: str
) -> None:
    with pytest.raises(Unshowable) as refusal:
        read_nickname(typed)
    assert sentence(refusal.value, ENGLISH) == f"We cannot show {told}. Leave it out."


@pytest.mark.parametrize("typed", NOTHING, ids=ascii)
def test_what_shows_nothing_is_no_nickname_and_no_message(typed: str) -> None:
    assert problem_of(typed) == "empty"
    with pytest.raises(Invalid) as refusal:
        read_nickname(typed)
    assert refusal.value.problem == "empty"


@pytest.mark.parametrize("typed", NOTHING_DONE, ids=ascii)
def test_to_do_nothing_is_no_message(typed: str) -> None:
    assert problem_of(typed) == "empty"


@pytest.mark.parametrize(("typed", "kept"), TEXTS.items(), ids=ascii)
def test_whole_escape_sequences_and_marks_from_files_go(typed: str, kept: str) -> None:
    if not kept:
        assert problem_of(typed) == "empty"
        return
    assert read_text(typed) == kept
    assert read_text(kept) == kept


@pytest.mark.parametrize(("typed", "done"), DEEDS.items(), ids=ascii)
def test_any_blank_follows_what_begins_an_action_and_nothing_unseen_hides_it(
    typed: str, done: str
) -> None:
    assert deed_in(read_text(typed)) == done


@pytest.mark.parametrize(("text", "links"), LINKS.items(), ids=ascii)
def test_a_link_ends_where_a_person_would_end_it_and_hides_nothing(
    text: str, links: list[str]
) -> None:
    found = links_in(text)
    assert [link for _, link in found] == links
    assert all(text.startswith(link, place) for place, link in found)


@pytest.mark.parametrize("unseen", ["\u202e", "\u2066", "\u200e", "\ufeff", "\u061c"])
def test_a_link_ends_in_a_terminal_where_it_ends_on_a_page(unseen: str) -> None:
    text = f"see https://example.org/{unseen}gpj.exe and {unseen}https://y.example/a{unseen}b"
    assert terminal_safe(text) == "see https://example.org/ gpj.exe and https://y.example/a b"
    assert terminal_safe(f"no{unseen}ne") == "none"


# The flags that every phone has are told apart; what may look like a plain black flag is one


def test_flags_of_parts_of_a_country_are_told_apart_where_phones_do() -> None:
    shown = [tags("gbeng"), tags("gbsct"), tags("gbwls"), "\N{WAVING BLACK FLAG}"]
    for one in shown:
        assert [other for other in shown if faces(one) & faces(other)] == [one]
    assert faces(tags("ustx")) & faces(tags("usca")) & faces("\N{WAVING BLACK FLAG}")


@pytest.mark.parametrize("unseen", ["\u200d", "\u200c", "\ufe0f", "\U000e0101", "\u180b"])
def test_marks_are_not_unstacked_by_what_shows_nothing(unseen: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_nickname("a" + f"\u0301\u0302{unseen}" * 2 + "b")
    assert refusal.value.problem == "too-many-marks"


# Our ranges are those of the standard, whatever table Python has


def test_what_is_to_be_ignored_is_what_the_standard_derives_it_from() -> None:
    """All of Cf but what shows, and the other default ignorable ones (UAX 44, section 5.2)."""
    shown = {c for c in EVERY if unicodedata.category(c) == "Cf" and not is_ignorable(c)}
    assert {unicodedata.name(c).split()[0] for c in shown} == {
        "ARABIC",  # number signs, the end of an ayah
        "SYRIAC",
        "KAITHI",
        "INTERLINEAR",
        "EGYPTIAN",
    }
    others = {c for c in EVERY if is_ignorable(c) and unicodedata.category(c) not in ("Cf", "Cn")}
    names = {unicodedata.name(c) for c in others}
    assert {name for name in names if "VARIATION SELECTOR" not in name} == {
        "COMBINING GRAPHEME JOINER",
        "HANGUL CHOSEONG FILLER",
        "HANGUL JUNGSEONG FILLER",
        "KHMER VOWEL INHERENT AQ",
        "KHMER VOWEL INHERENT AA",
        "HANGUL FILLER",
        "HALFWIDTH HANGUL FILLER",
    }


def test_every_letter_digit_and_sign_is_seen_and_no_mark_is() -> None:
    unseen = {c for c in EVERY if unicodedata.category(c)[0] in "LNPS" and first_seen(c) < 0}
    fillers = {c for c in EVERY if is_ignorable(c)} | {"\u2800", "\U0001d159"}
    assert unseen <= fillers
    assert not [c for c in EVERY if is_mark(c) and first_seen(c) == 0]


def test_sixty_six_are_no_characters() -> None:
    assert sum(not is_character(c) for c in EVERY) == 66


def test_a_mark_that_is_newer_than_pythons_table_is_a_mark() -> None:
    newer = [c for c in EVERY if unicodedata.category(c) == "Cn" and wcwidth(c) == 0]
    assert all(map(is_mark, newer))
