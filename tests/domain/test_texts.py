import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephemera.domain.errors import Invalid
from ephemera.domain.texts import MOST_BYTES, MOST_CHARACTERS, MOST_LINES, read_text


def problem_of(typed: str) -> str:
    with pytest.raises(Invalid) as refusal:
        read_text(typed)
    assert refusal.value.field == "text"
    return refusal.value.problem


@pytest.mark.parametrize(
    "text", ["hello", "a\nb", "a\n\nb", "a\tb", "  indented", "سلام", "👩‍👩‍👧‍👦"]
)
def test_text_is_kept_as_it_is(text: str) -> None:
    assert read_text(text) == text


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\u2029"])
def test_every_line_end_becomes_a_newline(end: str) -> None:
    assert read_text(f"one{end}two{end}{end}three") == "one\ntwo\n\nthree"


@pytest.mark.parametrize(
    "typed", ["\n\nhello", "  \n\t\nhello", "hello\n\n", "hello  ", "\r\nhello\r\n \n"]
)
def test_blank_lines_around_the_text_go(typed: str) -> None:
    assert read_text(typed) == "hello"


def test_control_characters_but_newline_and_tab_go() -> None:
    controls = "".join(chr(number) for number in (*range(0x20), *range(0x7F, 0xA0)))
    assert "\x1b" in controls
    assert read_text(f"a{controls}b") == "a\t\n\nb"


def test_half_a_surrogate_pair_goes() -> None:
    assert read_text("a\ud800b\udfff") == "ab"


@pytest.mark.parametrize("typed", ["", " ", "\n", "\r\n\t ", "\0", "\x1b\x07", "\u2028", "\ud800"])
def test_nothing_to_read_is_empty(typed: str) -> None:
    assert problem_of(typed) == "empty"


def test_four_thousand_characters_are_the_most() -> None:
    assert len(read_text("a" * MOST_CHARACTERS)) == MOST_CHARACTERS == 4000
    assert problem_of("a" * (MOST_CHARACTERS + 1)) == "too-long"


def test_sixteen_kib_are_the_most_as_they_were_typed() -> None:
    full = "a" + "\0" * (MOST_BYTES - 1)
    assert MOST_BYTES == 16 * 1024
    assert read_text(full) == "a"
    assert problem_of(full + "\0") == "too-long"


def test_bytes_are_counted_not_characters() -> None:
    assert len(("\U0001f41d" * MOST_CHARACTERS).encode()) < MOST_BYTES
    assert read_text("\U0001f41d" * MOST_CHARACTERS)
    assert problem_of("\U0001f41d" * (MOST_BYTES // 4 + 1)) == "too-long"


def test_a_hundred_lines_are_the_most() -> None:
    lines = ["line"] * MOST_LINES
    assert read_text("\r\n".join(lines)).count("\n") == MOST_LINES - 1 == 99
    assert problem_of("\n".join([*lines, "line"])) == "too-many-lines"


@given(st.text(st.characters(codec=None), max_size=200))
def test_what_is_kept_is_readable_and_reads_as_itself(typed: str) -> None:
    try:
        text = read_text(typed)
    except Invalid:
        return
    assert read_text(text) == text
    assert text.encode()
    assert {unicodedata.category(c) for c in text if c not in "\n\t"}.isdisjoint({"Cc", "Cs"})
