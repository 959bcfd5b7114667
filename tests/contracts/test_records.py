"""Rooms and events go out of the process and come back as they were, a step what it changed."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import ValidationError

from ephemera.domain.commands import AnswerKnock, By, Invite, Leave, Mute, Post, React, Remove
from ephemera.domain.cursors import Cursor
from ephemera.domain.decide import decide
from ephemera.domain.events import (
    EVENTS,
    SIGNALS,
    Event,
    MemberJoined,
    MessagePosted,
    Quote,
    Signal,
)
from ephemera.domain.rooms import Lapsed, Options, Room
from ephemera.engine.redis.records import (
    entry_from_text,
    event_from_text,
    event_to_text,
    pieces_of,
    room_from_pieces,
    signal_from_text,
    signal_to_text,
)
from tests.support.kinds import all_below
from tests.support.rooms import NOON, a_room, joining

KEPT: Final = json.loads(Path(__file__).with_name("kept-by-0.1.0.json").read_text("utf-8"))
"""One of everything, as the first version wrote it."""
SIMPLE: Final[Mapping[Any, st.SearchStrategy[Any]]] = {
    bool: st.booleans(),
    float: st.floats(0, 1e11),
    int: st.integers(0, 10**15),
    str: st.text(max_size=30),
    NoneType: st.none(),
}
NEWER: Final = {"mood": {"glad": [1]}}


def some(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - whatever a type annotation can say
    """Return values of a type, so that no field of no event can be forgotten here."""
    if kind in SIMPLE:
        return SIMPLE[kind]
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{field.name: some(hints[field.name]) for field in fields(kind)})
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        return st.one_of(*map(some, get_args(kind)))
    return several(get_origin(kind), get_args(kind))


def several(kind: Any, inner: tuple[Any, ...]) -> st.SearchStrategy[Any]:  # noqa: ANN401 - the same
    """Return tuples and mappings of such values."""
    if kind is tuple and inner[-1] is ...:
        return st.lists(some(inner[0]), max_size=3).map(tuple)
    if kind is tuple:
        return st.tuples(*map(some, inner))
    assert kind is Mapping, kind
    return st.dictionaries(some(inner[0]), some(inner[1]), max_size=3)


def a_lived_in_room() -> Room:
    """Return a room in which nothing that a room can remember is empty."""
    options = Options(capacity=8, grace=900, ask=True, newcomers="later", vanish=60)
    room = replace(a_room("Ben", "Eve", "Mona"), options=options, locked=False)
    for command in (
        By("p1", Post(text="hello", fingerprint="f")),
        By("p2", React(message=6, sign="wow")),
        By("p1", Mute(target="p4")),
        By("p1", Remove(target="p3")),
        By("p1", Invite(digest="word's digest", uses=2)),
        joining("Zoe"),
        joining("Cleo"),
        By("p1", AnswerKnock(knock="k2", admit=False)),
        By("p4", Leave()),
    ):
        room, _ = decide(room, command, NOON)
    return replace(room, lapsed={"p9": Lapsed(replace(room.members[0], id="p9"), "a digest")})


def without(written: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: one for name, one in written.items() if name not in names}


def widened(written: Any) -> Any:  # noqa: ANN401 - whatever JSON can say
    """Return the same with fields of a newer version, wherever there are fields."""
    if isinstance(written, dict):
        return {name: widened(one) for name, one in written.items()} | NEWER
    return [widened(one) for one in written] if isinstance(written, list) else written


def holds(written: Any, kept: Any) -> bool:  # noqa: ANN401 - the same
    """Tell whether all that was kept is still there; there may be newer fields."""
    if isinstance(kept, dict):
        return all(name in written and holds(written[name], one) for name, one in kept.items())
    if isinstance(kept, list):
        return len(written) == len(kept) and all(map(holds, written, kept))
    return bool(written == kept)


# A busy machine draws slowly, which says nothing about the room.
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(some(Room))
def test_a_room_comes_back_as_it_was(room: Room) -> None:
    assert room_from_pieces(pieces_of(None, room).changed) == room


def test_a_room_that_has_lived_comes_back_with_all_that_it_knows() -> None:
    room = a_lived_in_room()
    unused = {field.name for field in fields(Room) if not getattr(room, field.name)}
    assert unused == {"locked", "wiped"}
    back = room_from_pieces(pieces_of(None, room).changed)
    assert back == room
    assert {type(key) for key in back.traces} == {int}
    message = 6
    assert back.traces[message].reactions == (("p2", "wow"),)
    assert decide(back, joining("Zoe"), NOON) == decide(room, joining("Zoe"), NOON)


@pytest.mark.parametrize("kind", [*EVENTS.values(), *SIGNALS.values()], ids=[*EVENTS, *SIGNALS])
def test_an_event_and_a_signal_come_back_as_they_were(kind: type[Event | Signal]) -> None:
    @settings(max_examples=30, deadline=None)
    @given(some(kind))
    def comes_back(one: Event | Signal) -> None:
        back = (
            event_from_text(event_to_text(one))
            if isinstance(one, Event)
            else signal_from_text(signal_to_text(one))
        )
        assert back == one
        assert type(back) is kind

    comes_back()


def test_every_kind_of_event_is_listed_with_a_name_of_its_own() -> None:
    kinds = {kind for kind in all_below(Event) if not kind.__name__.startswith("_")}
    assert set(EVENTS.values()) == kinds
    assert len(EVENTS) == 26


def test_what_the_first_version_kept_is_read_whole() -> None:
    kept: list[tuple[str, str]] = []
    pieces = pieces_of(None, room_from_pieces(KEPT["room"])).changed
    kept += [(pieces[name], one) for name, one in KEPT["room"].items()]
    for one in KEPT["log"]:
        _, _, event = one.partition(" ")
        kept.append((event_to_text(entry_from_text(Cursor("g", 1), one).event), event))
    kept += [(signal_to_text(signal_from_text(one)), one) for one in KEPT["signals"]]
    assert len(kept) > 50
    for written, before in kept:
        assert holds(json.loads(written), json.loads(before))


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_without_its_fields_is_no_event(name: str) -> None:
    with pytest.raises(ValidationError):  # the name is known, the fields are missing
        event_from_text(json.dumps({"v": 1, "event": name}))


def test_an_unknown_event_is_told_apart() -> None:
    with pytest.raises(KeyError):
        event_from_text(json.dumps({"v": 2, "event": "member-juggled", "at": NOON}))


def test_fields_of_a_newer_version_are_left_out() -> None:
    room = a_lived_in_room()
    pieces = {
        name: json.dumps(widened(json.loads(piece)))
        for name, piece in pieces_of(None, room).changed.items()
    }
    newer = {"v": "2", "topic": '"mayflies"', "moods:p1": '{"glad":1}', "#": "ours"}
    assert room_from_pieces(pieces | newer) == room


def test_fields_of_a_newer_event_are_left_out() -> None:
    quote = Quote(3, "p2", "Ben", "hello")
    posted = MessagePosted(at=NOON, member_id="p1", nickname="Ada", text="hi", reply=quote)
    joined = MemberJoined(at=NOON, member=a_room().members[0])
    for event in (posted, joined):
        newer = widened(json.loads(event_to_text(event)))
        assert event_from_text(json.dumps(newer)) == event


def test_fields_that_an_older_version_did_not_write_take_their_defaults() -> None:
    needed = {"id", "generation", "options", "opened_at", "expires_at"}
    room = a_room()
    whole = pieces_of(None, room).changed
    back = room_from_pieces({name: whole[name] for name in needed})
    assert back == Room(
        id=room.id,
        generation=room.generation,
        options=room.options,
        opened_at=room.opened_at,
        expires_at=room.expires_at,
    )


def test_parts_that_an_older_version_wrote_take_their_defaults_too() -> None:
    room = a_room()
    older = pieces_of(None, room).changed
    member = without(json.loads(older["members"])[0], "away_since", "muted", "horizon")
    older |= {
        "members": json.dumps([member]),
        "seats:p1": json.dumps(without(json.loads(older["seats:p1"]), "posted")),
        "options": json.dumps(without(json.loads(older["options"]), "ask", "newcomers", "vanish")),
    }
    assert room_from_pieces(older) == room


def test_a_message_of_an_older_version_is_one_without_reply_and_reactions() -> None:
    posted = MessagePosted(at=NOON, member_id="p1", nickname="Ada", text="hi")
    extras = ("action", "reply", "expires_at", "edited", "reactions")
    older = without(json.loads(event_to_text(posted)), *extras)
    assert event_from_text(json.dumps(older)) == posted


def test_what_is_written_says_its_version() -> None:
    room = a_room()
    joined = MemberJoined(at=NOON, member=room.members[0])
    assert pieces_of(None, room).changed["v"] == "1"
    assert json.loads(event_to_text(joined))["v"] == 1


def test_a_message_writes_its_own_trace_and_no_other() -> None:
    first, _ = decide(a_room(), By("p1", Post(text="one", fingerprint="f")), NOON)
    second, _ = decide(first, By("p1", Post(text="two", fingerprint="g")), NOON)
    changed, gone = pieces_of(first, second)
    assert f"traces:{second.sequence}" in changed
    assert f"traces:{first.sequence}" not in changed
    assert gone == []


def test_the_pieces_after_a_step_make_the_room_that_it_made() -> None:
    before, _ = decide(a_room("Ben"), By("p1", Post(text="one", fingerprint="f")), NOON)
    after = replace(before, traces={}, locked=True)
    kept = pieces_of(None, before).changed
    changed, gone = pieces_of(before, after)
    assert gone
    assert room_from_pieces({**without(kept, *gone), **changed}) == after
