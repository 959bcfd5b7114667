import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephemera.domain.cursors import Cursor, message_id, read_message_id

generations = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=32)


@given(generations, st.integers(0, 10**15 - 1))
def test_a_cursor_is_read_as_it_is_written(generation: str, sequence: int) -> None:
    assert Cursor.read(str(Cursor(generation, sequence))) == Cursor(generation, sequence)
    assert read_message_id(message_id(sequence)) == sequence


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "1",
        "a-",
        "-1",
        "a--1",
        "a-1-2",
        "a-1 ",
        " a-1",
        "a-1\n",
        "A-1",
        "a-1.0",
        "a-+1",
        "a-1_0",
        "a-\u0661",
        "\u00e4-1",
        "a-" + "9" * 16,
        "a" * 33 + "-1",
        "a-" + "9" * 65_536,
        "a\0-1",
    ],
)
def test_garbage_is_no_cursor(text: str) -> None:
    assert Cursor.read("a-1") == Cursor("a", 1)
    assert Cursor.read(text) is None


@given(st.text())
def test_whatever_is_sent_is_a_cursor_or_none(text: str) -> None:
    cursor = Cursor.read(text)
    assert cursor is None or cursor.sequence >= 0
