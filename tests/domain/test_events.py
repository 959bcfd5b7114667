from dataclasses import replace

from ephemera.domain.decide import open_room
from ephemera.domain.events import (
    HostChanged,
    HostResigned,
    MemberJoined,
    MemberLeft,
    MemberReturned,
    MemberWentAway,
    MessageEdited,
    MessagePosted,
    MessageReacted,
    MessagesExpired,
    RoomWiped,
    amends,
)
from tests.support.rooms import NOON, a_room, an_opening

BEN = a_room("Ben").members[1]
SAID = MessagePosted(at=NOON, member_id="p1", nickname="Ada", text="hello")


def test_a_message_weighs_its_bytes() -> None:
    assert replace(SAID, text="\U0001f41d").weight - replace(SAID, text="").weight == 4


def test_whatever_happens_weighs_something() -> None:
    assert RoomWiped(at=NOON, reason="closed").weight > 0


def test_what_people_read_about_has_a_line() -> None:
    opened, _ = open_room(an_opening(), NOON)[1]
    for event in (
        opened,
        SAID,
        MemberJoined(at=NOON, member=BEN),
        MemberLeft(at=NOON, member=BEN, reason="left"),
        HostChanged(at=NOON, member=BEN),
    ):
        assert event.has_line


def test_what_is_seen_on_a_message_has_no_line_of_its_own() -> None:
    edited = MessageEdited(at=NOON, message=3, member_id="p1", nickname="Ada", text="bye")
    reacted = MessageReacted(at=NOON, message=3, member=BEN, sign="yes", reactions=())
    for event in (edited, reacted, MessagesExpired(at=NOON, messages=(3,))):
        assert not event.has_line
        assert amends(event)


def test_who_resigns_has_shown_life() -> None:
    assert HostResigned(at=NOON, member=BEN).actor == BEN.id


def test_coming_going_and_the_end_have_none() -> None:
    _, host_joined = open_room(an_opening(), NOON)[1]
    for event in (
        host_joined,
        MemberWentAway(at=NOON, member=BEN),
        MemberReturned(at=NOON, member=BEN),
        RoomWiped(at=NOON, reason="closed"),
    ):
        assert not event.has_line
