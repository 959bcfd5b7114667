from dataclasses import replace

from ephemera.domain.presence import (
    LEASE_SECONDS,
    LINGER_SECONDS,
    Lease,
    due_at,
    is_here,
    is_over,
)
from tests.support.rooms import DAY, NOON, a_room


def test_a_sign_of_life_is_good_for_a_whole_lease() -> None:
    lease = Lease.renewed(NOON)
    assert is_here(lease, NOON + LEASE_SECONDS - 0.001)
    assert not is_here(lease, NOON + LEASE_SECONDS)


def test_a_closed_stream_is_missed_sooner_but_not_at_once() -> None:
    lease = Lease.lingering(NOON)
    assert is_here(lease, NOON + LINGER_SECONDS - 0.001)
    assert not is_here(lease, NOON + LINGER_SECONDS)
    assert LINGER_SECONDS < LEASE_SECONDS


def test_a_seat_is_over_at_its_grace_and_not_before() -> None:
    room, lease = a_room(grace=120), Lease.renewed(NOON)
    assert not is_over(room, lease, NOON + 119.999)
    assert is_over(room, lease, NOON + 120)


def test_a_seat_is_never_over_under_a_live_lease() -> None:
    room, lease = a_room(grace=30), Lease(NOON, NOON + 60)
    assert not is_over(room, lease, NOON + 59.999)
    assert is_over(room, lease, NOON + 60)


def test_a_room_is_due_when_its_first_lease_ends() -> None:
    room = a_room("Ben")
    leases = {"p1": Lease.renewed(NOON + 5), "p2": Lease.lingering(NOON + 5)}
    assert due_at(room, leases) == NOON + 5 + LINGER_SECONDS


def test_an_away_seat_is_due_at_its_grace() -> None:
    room = a_room(grace=120)
    away = replace(room, members=(replace(room.members[0], away_since=NOON),))
    assert due_at(away, {"p1": Lease.renewed(NOON)}) == NOON + 120
    assert due_at(away, {"p1": Lease(NOON, NOON + 300)}) == NOON + 300


def test_a_room_is_due_at_its_end_at_the_latest() -> None:
    assert due_at(a_room(), {"p1": Lease.renewed(NOON + DAY)}) == NOON + DAY
