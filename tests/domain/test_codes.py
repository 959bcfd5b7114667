from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephemera.domain.codes import (
    ALPHABET,
    LENGTH,
    new_code,
    partition_of,
    read_code,
    show_code,
)

codes = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)


def test_a_new_code_has_ten_characters_of_crockfords_alphabet() -> None:
    code = new_code("room")
    assert len(code) == LENGTH == 10
    assert set(code) <= set(ALPHABET)
    assert not set("ILOU") & set(ALPHABET)


def test_new_codes_differ() -> None:
    assert len({new_code("room") for _ in range(1000)}) == 1000


def test_every_character_of_the_alphabet_is_used() -> None:
    fresh = "".join(new_code("room")[1:] for _ in range(1000))
    assert set(fresh) == set(ALPHABET)


def test_every_code_of_a_room_begins_alike_and_those_of_other_rooms_otherwise() -> None:
    """An engine of several machines finds the room from its code, and its code from the room."""
    assert {new_code("room")[0] for _ in range(100)} == {partition_of("room")}
    beginnings = Counter(partition_of(str(number)) for number in range(100_000))
    assert set(beginnings) == set(ALPHABET)
    assert max(beginnings.values()) < 1.1 * 100_000 / len(ALPHABET), "none is much fuller"


@given(codes)
def test_a_code_is_read_as_it_is_shown(code: str) -> None:
    assert read_code(show_code(code)) == code
    assert show_code(code) == f"{code[:5]}-{code[5:]}"


@pytest.mark.parametrize(
    "typed",
    [
        "AB10K-FGHJK",
        "ab10k-fghjk",
        "AB1OK-FGHJK",
        "ABI0K-FGHJK",
        "abl0k-fghjk",
        "  AB10K FGHJK\n",
        "A-B-1-0-K-F-G-H-J-K",
        "AB10K\tFGHJK",
    ],
)
def test_case_hyphens_spaces_and_look_alikes_are_forgiven(typed: str) -> None:
    assert read_code(typed) == "AB10KFGHJK"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-",
        "ABCDEFGHJ",
        "ABCDEFGHJKM",
        "ABCDEFGHJU",
        "ABCDEFGHJ!",
        "ABCDEFGHJ\0",
        "\uff21BCDEFGHJK",
        "ABCDEFGHJ\u0661\u0661",
        "ABCDEFGHJ\u00bd",
        "A" * 65_536,
    ],
)
def test_what_can_be_no_code_is_none(typed: str) -> None:
    assert read_code("ABCDEFGHJK") == "ABCDEFGHJK"
    assert read_code(typed) is None


@given(st.text())
def test_whatever_is_typed_is_a_code_or_none(typed: str) -> None:
    code = read_code(typed)
    assert code is None or (len(code) == LENGTH and set(code) <= set(ALPHABET))
