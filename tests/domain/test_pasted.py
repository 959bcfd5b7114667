"""What is obviously the code is read, however it comes; and nothing that is not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephemera.domain.codes import ALPHABET, read_code, show_code
from ephemera.domain.nicknames import faces
from ephemera.domain.pasted import MOST_TYPED_CHARACTERS, Pasted, followed, plainly, read_pasted
from ephemera.domain.words import Word
from tests.support.mangled import CYRILLIC, GREEK, MANNERS_OF_CODES, MANNERS_OF_WORDS

CODES = ("ABCDE-FGHJK", "0123M-XYZ01", "C0PTY-BAKEH", "00000-11111")
WORDS = (
    Word("0123456789abcdef0123", "s3cret_-" * 5 + "abc"),
    Word("a" * 20, "-_" * 21 + "-"),
    Word("9" * 20, "_ABCDE-FGHJK_" + "z" * 29 + "_"),
)


@pytest.mark.parametrize("manner", MANNERS_OF_CODES)
@pytest.mark.parametrize("code", CODES)
def test_a_code_is_read_however_it_was_changed_on_its_way(manner: str, code: str) -> None:
    found = read_pasted(MANNERS_OF_CODES[manner](code))
    assert found == Pasted(code=code.replace("-", ""))
    assert str(found) == code


@pytest.mark.parametrize("manner", MANNERS_OF_WORDS)
@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_read_however_it_was_changed_on_its_way(manner: str, word: Word) -> None:
    found = read_pasted(MANNERS_OF_WORDS[manner](str(word)))
    assert found == Pasted(word=word)
    assert str(found) == str(word)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " \u3000\u200b\ufeff",
        "https://ephemera.test/join",
        "https://ephemera.test/join#",
        "https://ephemera.test/join?fbclid=basketball",
        "https://ephemera.test/rooms/0123456789abcdef0123",
        "http://127.0.0.1:8391",
        "http://127.0.0.1:8391/join",
        "http://127.0.0.1:8391/join/AB",
        "127.0.0.1:8391/join#",
        "Go to http://127.0.0.1:8391/join?x=y now",
        "https://abcde-fghjk.example/join#",
        "http://basketball/join/#",
        "//basketball/about",
        "basketball/join",
        "ABCDE-FGHJ",
        "ABCDE-FGHJKM",
        "ABCDE-FGHJU",
        "ABCDE-FGHJ\u00c1",
        "ABCDE-FGHJA\u0301",
        "ABCDE-FGHJ\u0416",
        "ABCDE-FGHJ\u03bd",
        "ABCDE-FGHJ\u00df",
        "XABCDE-FGHJK",
        "ABCDE-FGHJKX and more",
        "%",
        "%ff%fe",
        f"{WORDS[0].room_id}.{WORDS[0].secret[:-1]}",
        f"https://ephemera.test/join#{WORDS[0]}x",
        "ABCDE-FGHJK" + " " * MOST_TYPED_CHARACTERS,
        "\ufdfa" * (MOST_TYPED_CHARACTERS // 2),
    ],
    ids=ascii,
)
def test_nothing_is_read_that_is_not_there(typed: str) -> None:
    assert read_pasted("ABCDE-FGHJK").code, "the premise"
    assert read_pasted(typed) == Pasted()
    assert str(read_pasted(typed)) == ""


def test_what_is_longer_than_any_link_is_not_looked_at() -> None:
    for read in (plainly, followed):
        assert read("x" * MOST_TYPED_CHARACTERS)
        assert read("x" * (MOST_TYPED_CHARACTERS + 1)) == ""


def test_of_several_the_one_in_a_link_is_meant_and_else_the_one_that_is_written_as_a_code() -> None:
    link = "ZZZZZ-ZZZZZ https://ephemera.test/join#ABCDE-FGHJK"
    assert read_pasted(link).code == "ABCDEFGHJK"
    assert read_pasted("basketball today, ABCDE-FGHJK").code == "ABCDEFGHJK"
    both = f"ABCDE-FGHJK https://ephemera.test/join#{WORDS[0]}"
    assert read_pasted(both).word == WORDS[0]


def test_a_letter_of_another_script_is_read_as_the_one_that_it_looks_like() -> None:
    """By the table of UTS 39; only 0 and 1 have look-alikes of their own among the letters."""
    for table in (CYRILLIC, GREEK):
        for latin, other in table.items():
            assert faces(chr(latin)) & faces(chr(other)), ascii(chr(other))
            assert read_code(chr(other) * 10) == chr(latin) * 10


@pytest.mark.parametrize("small", ["\u03b7", "\u03bd", "\u03c5"], ids=ascii)
def test_a_small_letter_that_looks_like_another_than_its_capital_is_not_guessed(small: str) -> None:
    assert read_code(small.upper() * 10)
    assert read_code(small * 10) is None


@given(st.text(ALPHABET, min_size=10, max_size=10), st.text(max_size=3), st.text(max_size=3))
def test_no_other_code_is_read_than_that_which_was_sent(code: str, left: str, right: str) -> None:
    found = read_pasted(f"{left} {show_code(code)} {right}")
    assert found.code in (code, None)


@given(st.text())
def test_no_text_makes_reading_fail(typed: str) -> None:
    found = read_pasted(typed)
    assert found.code is None or (len(found.code) == 10 and set(found.code) <= set(ALPHABET))
    assert plainly(typed) is not None


def test_what_was_pasted_does_not_show_itself_where_things_are_printed() -> None:
    for pasted in (Pasted(code="ABCDEFGHJK"), Pasted(word=WORDS[0])):
        assert repr(pasted) == "Pasted(…)"
