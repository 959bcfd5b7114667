import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephemera.domain.errors import Invalid
from ephemera.domain.nicknames import (
    MOST_CHARACTERS,
    MOST_GRAPHEMES,
    MOST_TYPED_CHARACTERS,
    faces,
    read_nickname,
)

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


def problem_of(typed: str) -> str:
    with pytest.raises(Invalid) as refusal:
        read_nickname(typed)
    assert refusal.value.field == "nickname"
    return refusal.value.problem


@pytest.mark.parametrize(
    "nickname",
    [
        "Ada",
        "a",
        "7",
        "Ada L.",
        "O'Neill-Smith",
        "Zoë",
        "Łukasz",
        "محمد",
        "علي‌رضا",
        "עברית",
        "हिन्दी",
        "ไทย",
        "山田太郎",
        "한국어",
        "Việt",
        FAMILY,
        "❤\ufe0f",
        "🇩🇪",
        "<b>Ada</b>",
        "&amp;",
    ],
)
def test_names_of_every_script_and_emoji_are_kept(nickname: str) -> None:
    assert read_nickname(nickname) == nickname


def test_a_nickname_is_composed_and_its_spaces_are_single() -> None:
    assert read_nickname("  Zoe\u0308   B ") == "Zo\u00eb B"


@pytest.mark.parametrize("typed", ["", " ", "     "])
def test_nothing_is_empty(typed: str) -> None:
    assert problem_of(typed) == "empty"


def test_twenty_four_graphemes_are_the_most() -> None:
    assert read_nickname("a" * MOST_GRAPHEMES) == "a" * 24
    assert problem_of("a" * (MOST_GRAPHEMES + 1)) == "too-long"


def test_an_emoji_of_many_characters_is_one_grapheme() -> None:
    assert len(FAMILY) == 7
    assert read_nickname(FAMILY * 17)
    assert problem_of("\U0001f41d" * 25) == "too-long"


def test_graphemes_cannot_hide_a_long_name() -> None:
    assert problem_of(FAMILY * 18) == "too-long"
    assert problem_of("a" + "\u0301" * 65_000) == "too-long"


@pytest.mark.parametrize(
    "character",
    [
        "\0",
        "\x7f",
        "\xad",
        "\u034f",
        "\u061c",
        "\u115f",
        "\u17b4",
        "\u180e",
        "\u200b",
        "\u200e",
        "\u200f",
        "\u202a",
        "\u202e",
        "\u2060",
        "\u2066",
        "\u2069",
        "\u2800",
        "\u3164",
        "\ud800",
        "\ue000",
        "\ufeff",
        "\uffa0",
        "\ufff9",
        "\uffff",
        "\U000e0041",
        "\U0010ffff",
    ],
)
def test_control_bidi_invisible_and_private_characters_are_refused(character: str) -> None:
    assert problem_of(f"A{character}da") == "unprintable"


@pytest.mark.parametrize(
    "typed",
    ["A\u200d\u200cda", "A\u200c da", "A \u200cda", "A\u200d\ufe0fda"],
)
def test_a_joiner_that_joins_nothing_is_refused(typed: str) -> None:
    assert problem_of(typed) == "unprintable"


def test_three_marks_on_a_letter_are_writing_and_four_are_zalgo() -> None:
    assert read_nickname("x\u0323\u0302\u0300y")
    assert problem_of("x\u0323\u0302\u0300\u0330y") == "too-many-marks"
    assert problem_of("\u1ec7\u0300\u0301y") == "too-many-marks"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "ada"),
        ("Ada", "ADA"),
        ("straße", "STRASSE"),
        ("Ada", "\u0410da"),
        ("Ada", "\u0391da"),
        ("Ada", "Ad\u0430"),
        ("paypal", "\u0440\u0430\u0443\u0440\u0430l"),
        ("Ada", "\uff21\uff44\uff41"),
        ("Ada", "\U0001d400da"),
        ("Al", "AI"),
        ("Al", "A1"),
        ("Al", "A|"),
        ("Bob", "B\u043eb"),
        ("Marnie", "Mamie"),
        ("VIII", "\u2167"),
        ("fi", "\ufb01"),
        ("Ada", "A\u200dda"),
        ("Ada", "Ada\ufe0f"),
        ("Ada", "A\ufe00d\U000e0100a"),
        ("Ada", "Ad\u180ba"),
        ("❤", "❤\ufe0f"),
    ],
)
def test_names_that_look_alike_share_a_face(one: str, other: str) -> None:
    assert read_nickname(one) != read_nickname(other)
    assert faces(one) & faces(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "Ben"),
        ("Ada", "Ida"),
        ("Ada", "Ada B"),
        ("Ada", "Adä"),
        ("علي", "عمر"),
        ("🐝", "🦋"),
    ],
)
def test_names_that_look_different_share_none(one: str, other: str) -> None:
    assert not faces(one) & faces(other)


@given(st.text(max_size=40))
def test_what_is_kept_reads_as_itself_and_can_be_seen(typed: str) -> None:
    try:
        nickname = read_nickname(typed)
    except Invalid:
        return
    assert read_nickname(nickname) == nickname == unicodedata.normalize("NFC", nickname)
    assert faces(nickname)
    assert nickname.split(" ") == nickname.split()


@given(st.text(string.ascii_letters, min_size=1, max_size=24))
def test_upper_and_lower_case_always_meet(name: str) -> None:
    assert faces(name.upper()) & faces(name.lower()) & faces(name)


# Work is done only on what may be a name


def test_no_character_decomposes_into_more_than_four() -> None:
    longest = max(len(unicodedata.normalize("NFD", chr(code))) for code in range(0x110000))
    assert longest * MOST_CHARACTERS == MOST_TYPED_CHARACTERS


def test_a_name_that_is_typed_decomposed_and_between_blanks_is_as_good() -> None:
    name = "\u1f82" * MOST_GRAPHEMES
    decomposed = unicodedata.normalize("NFD", name)
    assert len(decomposed) == 4 * MOST_GRAPHEMES
    blanks = " " * 10_000
    assert read_nickname(f"{blanks}{decomposed}{blanks}") == name


@pytest.mark.parametrize("marks", ["\u0315\u0300", "\u0300", "\u0323\u0302"])
def test_marks_without_end_are_too_long_before_they_are_put_in_order(marks: str) -> None:
    assert problem_of("a" + marks * 16_000) == "too-long"
