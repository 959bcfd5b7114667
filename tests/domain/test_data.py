"""Rooms and events go out of the process and come back as they were."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephemera.domain.data import event_from_data, event_to_data, room_from_data, room_to_data
from ephemera.domain.events import (
    Event,
    HostChanged,
    MemberJoined,
    MemberLeft,
    MemberReturned,
    MemberWentAway,
    MessagePosted,
    RoomOpened,
    RoomWiped,
)
from ephemera.domain.rooms import Member, Room, Seat
from tests.support.rooms import NOON, a_room

times = st.floats(0, 1e11)
words = st.text(max_size=30)
counts = st.integers(0, 10**15)
members: Final = st.builds(
    Member, words, words, st.sampled_from(("host", "member")), times, st.none() | times
)
seats: Final = st.builds(Seat, words, st.lists(st.tuples(words, counts), max_size=3).map(tuple))
rooms: Final = st.builds(
    Room,
    id=words,
    generation=words,
    capacity=st.integers(2, 8),
    grace=counts,
    opened_at=times,
    expires_at=times,
    code=words,
    sequence=counts,
    admitted=counts,
    members=st.lists(members, max_size=3).map(tuple),
    seats=st.dictionaries(words, seats, max_size=3),
    reserved=st.dictionaries(words, words, max_size=3),
    wiped=st.booleans(),
)
of_members: Final = st.one_of(
    *(
        st.builds(kind, at=times, member=members)
        for kind in (MemberJoined, MemberWentAway, MemberReturned, HostChanged)
    )
)
events: Final[st.SearchStrategy[Event]] = st.one_of(
    of_members,
    st.builds(MemberLeft, at=times, member=members, reason=st.sampled_from(("left", "away"))),
    st.builds(MessagePosted, at=times, member_id=words, nickname=words, text=words),
    st.builds(RoomWiped, at=times, reason=st.sampled_from(("empty", "closed", "expired"))),
    st.builds(
        RoomOpened,
        at=times,
        room_id=words,
        generation=words,
        nickname=words,
        capacity=counts,
        grace=counts,
        expires_at=times,
    ),
)


def through_json(data: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(data)))


@given(rooms)
def test_a_room_comes_back_as_it_was(room: Room) -> None:
    assert room_from_data(through_json(room_to_data(room))) == room


@given(events)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    back = event_from_data(through_json(event_to_data(event)))
    assert back == event
    assert type(back) is type(event)


def test_every_kind_of_event_has_a_name_of_its_own_and_can_come_back() -> None:
    names = {kind.__name__: kind.name for kind in Event.__subclasses__()}
    assert len(set(names.values())) == len(names) == 8
    for name in names.values():
        with pytest.raises(TypeError):  # the name is known, the fields are missing
            event_from_data({"v": 1, "event": name})


def test_an_unknown_event_is_told_apart() -> None:
    with pytest.raises(KeyError):
        event_from_data({"v": 2, "event": "member-juggled", "at": NOON})


def test_fields_of_a_newer_version_are_left_out() -> None:
    room = a_room("Ben")
    data = through_json(room_to_data(room))
    data |= {"v": 2, "topic": "mayflies"}
    data["members"][0]["colour"] = "red"
    data["seats"]["p1"]["passkey"] = "x"
    assert room_from_data(data) == room


def test_fields_of_a_newer_event_are_left_out() -> None:
    joined = MemberJoined(at=NOON, member=a_room().members[0])
    data = through_json(event_to_data(joined))
    data["mood"] = "glad"
    data["member"]["colour"] = "red"
    assert event_from_data(data) == joined


def test_fields_that_an_older_version_did_not_write_take_their_defaults() -> None:
    room = a_room()
    data = through_json(room_to_data(room))
    for name in ("code", "sequence", "admitted", "reserved", "wiped"):
        del data[name]
    del data["seats"]["p1"]["posted"]
    del data["members"][0]["away_since"]
    back = room_from_data(data)
    assert (back.code, back.sequence, back.wiped) == ("", 0, False)
    assert back.members == room.members
    assert back.seats == room.seats


def test_the_data_say_their_version_and_no_name_of_a_class() -> None:
    room = a_room()
    joined = MemberJoined(at=NOON, member=room.members[0])
    assert (room_to_data(room)["v"], event_to_data(joined)["v"]) == (1, 1)
    written = json.dumps([room_to_data(room), event_to_data(joined)])
    assert "member-joined" in written
    for kind in (Room, Member, Seat, MemberJoined):
        assert kind.__name__ not in written
