"""Rooms and events go out of the process and come back as they were."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ephemera.domain.commands import Answer, By, Invite, Leave, Mute, Post, React, Remove
from ephemera.domain.data import event_from_data, event_to_data, room_from_data, room_to_data
from ephemera.domain.decide import decide
from ephemera.domain.events import EVENTS, Event, MemberJoined, MessagePosted, Quote
from ephemera.domain.rooms import (
    Invitation,
    Knock,
    Knocker,
    Lapsed,
    Member,
    Options,
    Room,
    Seat,
    Trace,
)
from tests.support.kinds import all_below
from tests.support.rooms import NOON, a_room, joining

SIMPLE: Final[Mapping[Any, st.SearchStrategy[Any]]] = {
    bool: st.booleans(),
    float: st.floats(0, 1e11),
    int: st.integers(0, 10**15),
    str: st.text(max_size=30),
    NoneType: st.none(),
}


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


def through_json(data: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(data)))


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
        By("p1", Answer(knock="k2", admit=False)),
        By("p4", Leave()),
    ):
        room, _ = decide(room, command, NOON)
    return replace(room, lapsed={"p9": Lapsed(replace(room.members[0], id="p9"), "a digest")})


# A busy machine draws slowly, which says nothing about the room.
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(some(Room))
def test_a_room_comes_back_as_it_was(room: Room) -> None:
    assert room_from_data(through_json(room_to_data(room))) == room


def test_a_room_that_has_lived_comes_back_with_all_that_it_knows() -> None:
    room = a_lived_in_room()
    unused = {field.name for field in fields(Room) if not getattr(room, field.name)}
    assert unused == {"locked", "wiped"}
    back = room_from_data(through_json(room_to_data(room)))
    assert back == room
    assert {type(key) for key in back.traces} == {int}
    message = 6
    assert back.traces[message].reactions == (("p2", "wow"),)
    assert decide(back, joining("Zoe"), NOON) == decide(room, joining("Zoe"), NOON)


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS)
def test_an_event_comes_back_as_it_was(kind: type[Event]) -> None:
    @settings(max_examples=30, deadline=None)
    @given(some(kind))
    def comes_back(event: Event) -> None:
        back = event_from_data(through_json(event_to_data(event)))
        assert back == event
        assert type(back) is kind

    comes_back()


def test_every_kind_of_event_is_listed_with_a_name_of_its_own() -> None:
    kinds = {kind for kind in all_below(Event) if not kind.__name__.startswith("_")}
    assert set(EVENTS.values()) == kinds
    assert len(EVENTS) == 26


def all_below(kind: type[Event]) -> set[type[Event]]:
    # A dataclass with slots is made twice; the one without stays behind as a subclass.
    below = {one for one in kind.__subclasses__() if "__slots__" in vars(one)}
    return below.union(*map(all_below, below))


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS)
def test_an_event_without_its_fields_is_no_event(kind: type[Event]) -> None:
    with pytest.raises(TypeError):  # the name is known, the fields are missing
        event_from_data({"v": 1, "event": kind.name})


def test_an_unknown_event_is_told_apart() -> None:
    with pytest.raises(KeyError):
        event_from_data({"v": 2, "event": "member-juggled", "at": NOON})


def test_fields_of_a_newer_version_are_left_out() -> None:
    room = a_lived_in_room()
    data = through_json(room_to_data(room))
    data |= {"v": 2, "topic": "mayflies"}
    for newer in (
        data["options"],
        data["members"][0],
        data["knocks"][0],
        data["invitations"][0],
        data["traces"]["6"],
        data["seats"]["p1"],
        data["knockers"]["k1"],
    ):
        newer["colour"] = "red"
    assert room_from_data(data) == room


def test_fields_of_a_newer_event_are_left_out() -> None:
    quote = Quote(3, "p2", "Ben", "hello")
    posted = MessagePosted(at=NOON, member_id="p1", nickname="Ada", text="hi", reply=quote)
    joined = MemberJoined(at=NOON, member=a_room().members[0])
    for event, inner in ((posted, "reply"), (joined, "member")):
        data = through_json(event_to_data(event))
        data["mood"] = data[inner]["mood"] = "glad"
        assert event_from_data(data) == event


def test_fields_that_an_older_version_did_not_write_take_their_defaults() -> None:
    needed = {"id", "generation", "options", "opened_at", "expires_at"}
    room = a_room()
    whole = through_json(room_to_data(room))
    back = room_from_data({name: whole[name] for name in needed})
    assert back == Room(
        id=room.id,
        generation=room.generation,
        options=room.options,
        opened_at=room.opened_at,
        expires_at=room.expires_at,
    )


def test_parts_that_an_older_version_wrote_take_their_defaults_too() -> None:
    room = a_room()
    data = through_json(room_to_data(room))
    del data["seats"]["p1"]["posted"]
    for name in ("away_since", "muted", "horizon"):
        del data["members"][0][name]
    for name in ("ask", "newcomers", "vanish"):
        del data["options"][name]
    assert room_from_data(data) == room


def test_a_message_of_an_older_version_is_one_without_reply_and_reactions() -> None:
    posted = MessagePosted(at=NOON, member_id="p1", nickname="Ada", text="hi")
    data = through_json(event_to_data(posted))
    for name in ("action", "reply", "expires_at", "edited", "reactions"):
        del data[name]
    assert event_from_data(data) == posted


def test_the_data_say_their_version_and_no_name_of_a_class() -> None:
    room = a_lived_in_room()
    joined = MemberJoined(at=NOON, member=room.members[0])
    assert (room_to_data(room)["v"], event_to_data(joined)["v"]) == (1, 1)
    written = json.dumps([room_to_data(room), event_to_data(joined)])
    assert "member-joined" in written
    for kind in (Room, Member, Seat, Knock, Knocker, Invitation, Trace, Options, MemberJoined):
        assert kind.__name__ not in written
