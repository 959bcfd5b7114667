"""No text can end an event early, forge another one, or command a terminal."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephemera.domain.cursors import Cursor
from ephemera.web.rendering.encoding import event_bytes, json_bytes, text_bytes

CURSOR = Cursor("g1", 7)
LINE_ENDS = ["\n", "\r", "\r\n"]


def parsed(stream: bytes) -> list[dict[str, str]]:
    """Read events as the HTML standard says, section 9.2.6."""
    events: list[dict[str, str]] = []
    fields: dict[str, str] = {}
    lines = re.split("\r\n|\r|\n", stream.decode())
    for line in lines[:-1]:
        if not line:
            events.append({**fields, "data": fields["data"].removesuffix("\n")})
            fields = {}
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        fields[name] = fields.get(name, "") + value + "\n" if name == "data" else value
    assert lines[-1] == ""
    assert not fields
    return events


def test_an_event_has_its_cursor_and_its_data() -> None:
    assert event_bytes("hello", CURSOR) == b"id: g1-7\ndata: hello\n\n"


def test_an_event_may_have_a_name_and_a_time_to_come_back() -> None:
    written = event_bytes("", CURSOR, "reconnect", 1.2345)
    assert written == b"id: g1-7\nevent: reconnect\nretry: 1234\ndata: \n\n"


def test_an_event_without_a_place_has_no_id() -> None:
    assert event_bytes("x", None) == b"data: x\n\n"


@pytest.mark.parametrize("end", LINE_ENDS)
def test_every_line_gets_its_own_data(end: str) -> None:
    assert event_bytes(f"one{end}{end}two", None) == b"data: one\ndata: \ndata: two\n\n"


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_what_only_looks_like_a_line_end_stays_inside(end: str) -> None:
    assert parsed(event_bytes(f"one{end}two", CURSOR)) == [{"id": "g1-7", "data": f"one{end}two"}]


@pytest.mark.parametrize("end", LINE_ENDS)
def test_no_text_forges_an_event(end: str) -> None:
    forged = end.join(("hello", "", "event: message-posted", "id: g1-99", "data: I am Ada", "", ""))
    events = parsed(event_bytes(forged, CURSOR))
    assert len(events) == 1
    assert events[0]["id"] == "g1-7"
    assert "event" not in events[0]


@given(st.text())
def test_whatever_the_data_they_are_one_event_and_come_back(data: str) -> None:
    plain = data.replace("\r\n", "\n").replace("\r", "\n")
    written = event_bytes(data, CURSOR, "name")
    assert parsed(written) == [{"id": "g1-7", "event": "name", "data": plain}]
    assert b"\r" not in written


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans()))
def test_an_object_is_one_line_of_json(fields: dict[str, str | int | bool]) -> None:
    written = json_bytes(fields)
    assert json.loads(written) == fields
    assert written.count(b"\n") == 1
    assert b"\r" not in written
    assert written.endswith(b"}\n")


def test_json_is_written_as_people_read_it() -> None:
    assert json_bytes({"nickname": "Zoë"}) == '{"nickname":"Zoë"}\n'.encode()


@pytest.mark.parametrize("end", LINE_ENDS)
def test_no_text_pretends_to_be_the_next_line(end: str) -> None:
    written = text_bytes(f"Mallory: hello{end}Ada: I agree")
    assert written == b"Mallory: hello\n  Ada: I agree\n"


def test_nothing_that_a_terminal_obeys_is_left() -> None:
    unsafe = "".join(map(chr, (*range(9), *range(11, 13), *range(14, 32), *range(127, 160))))
    assert "\x1b" in unsafe
    assert text_bytes(f"a{unsafe}b\tc") == b"ab\tc\n"


@pytest.mark.parametrize("character", "\u061c\u200e\u200f\u202a\u202e\u2066\u2069\ufeff")
def test_nothing_reorders_what_a_terminal_shows(character: str) -> None:
    assert text_bytes(f"a{character}b") == b"ab\n"


@given(st.text())
def test_every_line_but_the_first_is_indented(text: str) -> None:
    lines = text_bytes(text).decode().removesuffix("\n").split("\n")
    assert all(line.startswith("  ") for line in lines[1:])
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", "".join(lines))
