"""Lines of /json are read tolerantly."""

import pytest

from ephemera.terminal.events import LONGEST_LINE, Event, Parser, cursor_of, kept_since, list_of
from ephemera.terminal.mistakes import Unreached
from ephemera.terminal.roster import Person, Roster
from tests.support import no_utf8

ADA = {"member": "p1", "nickname": "Ada", "role": "host"}
BEN = {"member": "p2", "nickname": "Ben", "role": "member"}


def a_roster(*events: Event) -> tuple[Person, ...]:
    roster = Roster()
    for event in events:
        roster.learn(event)
    return roster.people


@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_a_line_ends_at_a_line_feed_only(size: int) -> None:
    content = '{"text":"a\u2028b\x85c"}\n{"text":"\\r\\n"}\n'.encode()
    parser = Parser()
    chunks = [content[at : at + size] for at in range(0, len(content), size)]
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    assert events == [{"text": "a\u2028b\x85c"}, {"text": "\r\n"}]


@pytest.mark.parametrize("line", [b"", b"<html>", b"[1]", b'"x"', b"\xff", b"[" * 100_000, b"{"])
def test_a_line_that_is_no_object_is_left_out(line: bytes) -> None:
    assert Parser().feed(line + b'\n{"event":"ping"}\n') == [{"event": "ping"}]


@pytest.mark.parametrize("line", no_utf8.LINES)
def test_bytes_that_are_no_utf8_cost_no_other_word_of_a_line(line: bytes) -> None:
    events = Parser().feed(b'{"text":"a ' + line + b' z"}\n')
    assert events == [{"text": f"a {line.decode(errors='replace')} z"}]


def test_a_line_without_end_ends_the_stream() -> None:
    parser = Parser()
    parser.feed(b"x" * LONGEST_LINE)
    with pytest.raises(Unreached):
        parser.feed(b"x")


@pytest.mark.parametrize("cursor", [None, 7, "", "x", "g-1\r\nX: y", "g-1&once=1"])
def test_what_can_be_no_cursor_is_none(cursor: object) -> None:
    assert cursor_of({"cursor": "g1-7"}) == "g1-7"
    assert cursor_of({"cursor": cursor}) == ""


@pytest.mark.parametrize(
    ("cursor", "kept"), [("", "123"), ("g-1", "23"), ("g-3", ""), ("h-9", "123")]
)
def test_a_resync_repeats_nothing_that_was_seen(cursor: str, kept: str) -> None:
    resync = {"event": "resync", "events": [{"cursor": f"g-{number}"} for number in "123"]}
    assert "".join(event["cursor"][2:] for event in kept_since(resync, cursor)) == kept


def test_a_resync_tells_no_change_of_a_message_that_it_brings_as_it_is_now() -> None:
    seen = {"event": "message-edited", "cursor": "g-5", "message": "m-1"}
    told = {"event": "message-posted", "cursor": "g-4", "text": "new", "edited": True}
    changes = [
        {"event": kind, "cursor": cursor, "message": "m-4"}
        for kind, cursor in (("message-edited", "g-6"), ("message-reacted", "g-7"))
    ]
    resync = {"event": "resync", "events": [told, seen, *changes]}
    assert kept_since(resync, "g-3") == [told, seen]
    assert kept_since(resync, "g-4") == [seen, *changes]


def test_a_list_holds_objects_only() -> None:
    assert list_of({"members": [1, {"id": "p1"}, None]}, "members") == [{"id": "p1"}]
    assert list_of({"members": "all"}, "members") == []


def test_the_roster_follows_who_joins_leaves_and_is_away() -> None:
    assert a_roster(
        {"event": "member-joined", **ADA},
        {"event": "member-joined", **BEN},
        {"event": "member-went-away", **BEN},
    ) == (Person("p1", "Ada", "host"), Person("p2", "Ben", away=True))
    assert a_roster({"event": "member-joined", **BEN}, {"event": "member-left", **BEN}) == ()


def test_the_roster_knows_several_hosts_and_those_who_are_none_any_more() -> None:
    named = (
        {"event": "member-joined", **ADA},
        {"event": "member-joined", **BEN},
        {"event": "host-changed", **BEN, "role": "host", "by": "p1"},
    )
    assert [person.role for person in a_roster(*named)] == ["host", "host"]
    resigned = a_roster(*named, {"event": "host-resigned", **ADA, "role": "member"})
    assert [person.role for person in resigned] == ["member", "host"]


def test_the_roster_knows_who_is_muted_whatever_else_happens_to_them() -> None:
    muted = (
        {"event": "member-joined", **BEN},
        {"event": "member-muted", **BEN, "by": "p1"},
        {"event": "member-went-away", **BEN},
    )
    assert a_roster(*muted) == (Person("p2", "Ben", away=True, muted=True),)
    heard = a_roster(*muted, {"event": "member-unmuted", **BEN, "by": "p1"})
    assert heard == (Person("p2", "Ben", away=True),)
    (host,) = a_roster(*muted, {"event": "host-changed", **BEN, "role": "host", "by": "p1"})
    assert (host.role, host.away, host.muted) == ("host", True, False)


def test_who_was_removed_is_not_in_the_roster() -> None:
    joined = {"event": "member-joined", **BEN}
    assert a_roster(joined)
    assert a_roster(joined, {"event": "member-removed", **BEN, "by": "p1"}) == ()


def test_the_roster_finds_the_one_who_is_called_that_now() -> None:
    roster = Roster()
    for event in (
        {"event": "member-joined", **BEN},
        {"event": "member-left", **BEN},
        {"event": "member-joined", **BEN, "member": "p3"},
    ):
        roster.learn(event)
    assert roster.id_of("Ben") == "p3"
    assert roster.id_of("Ada") is None


def test_a_resync_replaces_the_roster() -> None:
    resync = {"event": "resync", "members": [{"id": "p2", "nickname": "Ben", "away": True}, 7]}
    assert a_roster({"event": "member-joined", **ADA}, resync) == (Person("p2", "Ben", away=True),)


def test_events_without_their_fields_do_no_harm() -> None:
    kinds = ("resync", "member-left", "member-joined", "member-went-away", "host-changed")
    others = ("member-removed", "member-muted", "host-resigned", "member-returned")
    assert a_roster(*({"event": kind} for kind in (*kinds, *others))) == ()
