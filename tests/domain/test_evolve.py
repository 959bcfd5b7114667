"""What a fact makes of a room."""

from dataclasses import fields

import pytest

from ephemera.domain.events import (
    CodeIssued,
    Event,
    HostChanged,
    MemberJoined,
    MemberLeft,
    MessagePosted,
    PostRemembered,
    RoomWiped,
    SeatTaken,
    Secret,
)
from ephemera.domain.evolve import evolve
from ephemera.domain.nicknames import faces
from ephemera.domain.rooms import Member, Room
from tests.support.rooms import NOON, a_room

ROOM = a_room("Ben")
BEN = ROOM.members[1]
EVE = Member("p3", "Eve", "member", joined_at=NOON)


@pytest.mark.parametrize(
    "event",
    [
        MemberJoined(at=NOON, member=EVE),
        MemberLeft(at=NOON, member=BEN, reason="left"),
        HostChanged(at=NOON, member=BEN),
        MessagePosted(at=NOON, member_id="p1", nickname="Ada", text="hello"),
        RoomWiped(at=NOON, reason="closed"),
    ],
)
def test_every_event_is_numbered(
    event: MemberJoined | MemberLeft | HostChanged | MessagePosted | RoomWiped,
) -> None:
    assert evolve(ROOM, event).sequence == ROOM.sequence + 1


@pytest.mark.parametrize(
    "secret", [CodeIssued("0000000000"), SeatTaken("p2", "digest"), PostRemembered("p1", "f")]
)
def test_no_secret_is(secret: Secret) -> None:
    changed = evolve(ROOM, secret)
    assert changed != ROOM
    assert changed.sequence == ROOM.sequence


@pytest.mark.parametrize("fact", [Secret(), Event(at=NOON)])
def test_a_fact_that_nobody_knows_is_a_fault(fact: Event | Secret) -> None:
    with pytest.raises(TypeError):
        evolve(ROOM, fact)


def test_nothing_that_a_room_has_several_of_outlives_it() -> None:
    wiped = evolve(ROOM, RoomWiped(at=NOON, reason="closed"))
    kept = {name for name in (one.name for one in fields(Room)) if getattr(wiped, name)}
    assert kept == {
        "id", "generation", "options", "opened_at", "expires_at", "code", "sequence", "admitted",
        "met_at", "wiped",
    }  # fmt: skip


def test_a_new_code_takes_the_place_of_the_old_one() -> None:
    assert evolve(ROOM, CodeIssued("0000000000")).code == "0000000000"


def test_a_message_changes_nothing_but_the_number() -> None:
    said = MessagePosted(at=NOON, member_id="p1", nickname="Ada", text="hello")
    room = evolve(ROOM, said)
    assert (room.members, room.seats, room.reserved) == (ROOM.members, ROOM.seats, ROOM.reserved)


def test_a_member_who_left_keeps_the_nickname_and_nothing_else() -> None:
    room = evolve(ROOM, MemberLeft(at=NOON, member=BEN, reason="left"))
    assert "p2" not in room.seats
    assert room.member("p2") is None
    assert room.reserved == ROOM.reserved
    assert {room.reserved[face] for face in faces("Ben")} == {"Ben's digest"}


def test_a_member_joins_at_the_end_and_is_counted_for_ever() -> None:
    room = evolve(ROOM, MemberJoined(at=NOON, member=EVE))
    assert room.members == (*ROOM.members, EVE)
    assert room.admitted == 3
    assert evolve(room, MemberLeft(at=NOON, member=EVE, reason="left")).admitted == 3


def test_a_room_is_a_value() -> None:
    before = repr((ROOM, ROOM.seats, ROOM.reserved))
    evolve(ROOM, MemberLeft(at=NOON, member=BEN, reason="left"))
    evolve(ROOM, SeatTaken("p2", "digest"))
    evolve(ROOM, PostRemembered("p1", "f"))
    assert repr((ROOM, ROOM.seats, ROOM.reserved)) == before


def test_the_cursor_is_the_place_of_the_newest_event() -> None:
    assert str(ROOM.cursor) == f"g1-{ROOM.sequence}"
