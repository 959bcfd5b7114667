"""What the reaper's look at a room brings about."""

from dataclasses import replace

from ephemera.domain.events import Event, MemberLeft, MemberWentAway, RoomWiped
from ephemera.domain.presence import LEASE_SECONDS, Lease
from tests.support.rooms import DAY, NOON, a_room, named, swept


def names(events: tuple[Event, ...]) -> list[str]:
    return [event.name for event in events]


def test_nothing_happens_while_everybody_is_here() -> None:
    room = a_room("Ben")
    assert swept(room, NOON + 20) == (room, ())


def test_who_is_not_seen_for_a_lease_is_away_and_not_before() -> None:
    room, old = a_room("Ben"), Lease.renewed(NOON)
    assert swept(room, NOON + LEASE_SECONDS - 0.001, p2=old) == (room, ())
    room, events = swept(room, NOON + LEASE_SECONDS, p2=old)
    ben = named(room, "Ben")
    assert ben.away_since == NOON
    assert events == (MemberWentAway(at=NOON + LEASE_SECONDS, member=ben),)


def test_going_away_is_announced_once() -> None:
    old = Lease.renewed(NOON)
    room, _ = swept(a_room("Ben"), NOON + 40, p2=old)
    assert swept(room, NOON + 41, p2=old) == (room, ())


def test_who_is_seen_again_is_back() -> None:
    room, _ = swept(a_room("Ben"), NOON + 40, p2=Lease.renewed(NOON))
    room, events = swept(room, NOON + 50)
    assert names(events) == ["member-returned"]
    assert named(room, "Ben").away_since is None


def test_a_seat_is_released_at_its_grace_and_not_before() -> None:
    old = Lease.renewed(NOON)
    room, _ = swept(a_room("Ben", grace=120), NOON + 120.999, p2=old)
    assert len(room.members) == 2
    room, events = swept(room, NOON + 121, p2=old)
    assert names(events) == ["member-left"]
    left = events[0]
    assert isinstance(left, MemberLeft)
    assert (left.reason, left.member.nickname) == ("away", "Ben")


def test_a_host_who_does_not_come_back_is_succeeded() -> None:
    room, events = swept(a_room("Ben"), NOON + 121, p1=Lease.renewed(NOON))
    assert names(events) == ["member-left", "host-changed"]
    assert named(room, "Ben").role == "host"


def test_the_room_ends_with_the_last_seat() -> None:
    old = Lease.renewed(NOON)
    room, events = swept(a_room("Ben"), NOON + 121, p1=old, p2=old)
    assert events[-1] == RoomWiped(at=NOON + 121, reason="empty")
    assert names(events).count("member-left") == 2
    assert names(events).count("room-wiped") == 1
    assert room.wiped


def test_the_successor_of_a_released_host_may_be_away_too() -> None:
    lately = Lease.renewed(NOON + 60)
    room, events = swept(a_room("Ben"), NOON + 121, p1=Lease.renewed(NOON), p2=lately)
    assert names(events) == ["member-left", "host-changed", "member-went-away"]
    ben = named(room, "Ben")
    assert (ben.role, ben.away_since) == ("host", NOON + 60)


def test_a_room_ends_when_its_time_is_over_whoever_is_here() -> None:
    room = a_room("Ben")
    assert swept(room, NOON + DAY - 0.001) == (room, ())
    room, events = swept(room, NOON + DAY)
    assert events == (RoomWiped(at=NOON + DAY, reason="expired"),)
    assert room.wiped


def test_a_sweep_of_many_numbers_every_event() -> None:
    old = Lease.renewed(NOON)
    before = a_room("Ben", "Cleo", "Dora")
    room, events = swept(before, NOON + 121, p1=old, p3=old)
    assert room.sequence == before.sequence + len(events) == before.sequence + 3
    assert replace(room, members=()).wiped is False
