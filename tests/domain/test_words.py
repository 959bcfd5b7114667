"""The word of an invitation: read with patience, shown to nobody, kept only as a digest."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephemera.domain.words import Word, read_word

ROOM = "0123456789abcdef0123"
SECRET = "s3cret_-" * 5 + "abc"
WORD = Word(ROOM, SECRET)


def test_a_word_is_read_as_it_was_shown() -> None:
    assert str(WORD) == f"{ROOM}.{SECRET}"
    assert read_word(str(WORD)) == WORD


@pytest.mark.parametrize(
    "typed", [f"  {WORD}\n", f"{ROOM}.\n{SECRET}", " ".join(str(WORD)), f"\N{NO-BREAK SPACE}{WORD}"]
)
def test_white_space_that_a_mail_program_put_in_is_forgiven(typed: str) -> None:
    assert read_word(typed) == WORD


@pytest.mark.parametrize(
    "typed",
    [
        "",
        ".",
        ROOM,
        SECRET,
        f"{ROOM}{SECRET}",
        f"{ROOM}.{SECRET[:-1]}",
        f"{ROOM}.{SECRET}a",
        f"{ROOM[:-1]}.{SECRET}",
        f"{ROOM}a.{SECRET}",
        f"{ROOM.upper()}.{SECRET}",
        f"{ROOM}:{SECRET}",
        f"{ROOM}.{SECRET[:-1]}\N{LATIN SMALL LETTER E WITH ACUTE}",
        f"{ROOM[:-1]}\N{ARABIC-INDIC DIGIT ONE}.{SECRET}",
        f"{ROOM}.{SECRET[:-1]}=",
        f"x{WORD}",
        "ABCDE-FGHJK",
        str(WORD) * 2,
    ],
)
def test_anything_else_is_no_word(typed: str) -> None:
    assert read_word(str(WORD)) is not None
    assert read_word(typed) is None


@given(st.text())
def test_no_text_makes_reading_fail(typed: str) -> None:
    word = read_word(typed)
    assert word is None or re.fullmatch(r"[0-9a-f]{20}\.[\w-]{43}", str(word), re.ASCII)


def test_what_is_kept_is_a_digest_that_serves_for_nothing_else() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", WORD.digest)
    assert WORD.digest != hashlib.sha256(SECRET.encode()).hexdigest()
    assert WORD.digest == Word(ROOM, SECRET).digest
    assert WORD.digest != Word(ROOM, SECRET[:-1] + "x").digest
    assert SECRET not in WORD.digest


def test_a_word_does_not_show_itself_where_things_are_printed() -> None:
    assert SECRET in str(WORD)
    for printed in (repr(WORD), f"{WORD!r}", repr([WORD]), repr({"word": WORD})):
        assert SECRET not in printed
        assert ROOM not in printed
