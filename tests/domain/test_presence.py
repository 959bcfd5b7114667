from dataclasses import replace

import pytest

from ephemera.domain.commands import By, Leave
from ephemera.domain.decide import decide
from ephemera.domain.presence import (
    GUEST_SECONDS,
    LEASE_SECONDS,
    LINGER_SECONDS,
    Lease,
    due_at,
    is_here,
    is_over,
    waits_until,
)
from ephemera.domain.rooms import GRACES, Room
from tests.support.rooms import DAY, NOON, a_room, joining


def a_met_room(grace: int) -> Room:
    """Return Ada's room, in which a guest has been."""
    room, _ = decide(a_room(grace=grace), joining("Ben"), NOON)
    return decide(room, By("p2", Leave()), NOON)[0]


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
    room, lease = a_met_room(grace=120), Lease.renewed(NOON)
    assert not is_over(room, lease, NOON + 119.999)
    assert is_over(room, lease, NOON + 120)


def test_a_seat_is_never_over_under_a_live_lease() -> None:
    room, lease = a_met_room(grace=30), Lease(NOON, NOON + 60)
    assert not is_over(room, lease, NOON + 59.999)
    assert is_over(room, lease, NOON + 60)


def test_a_room_is_due_when_its_first_lease_ends() -> None:
    room = a_room("Ben")
    leases = {"p1": Lease.renewed(NOON + 5), "p2": Lease.lingering(NOON + 5)}
    assert due_at(room, leases) == NOON + 5 + LINGER_SECONDS


def test_an_away_seat_is_due_at_its_grace() -> None:
    room = a_met_room(grace=120)
    away = replace(room, members=(replace(room.members[0], away_since=NOON),))
    assert due_at(away, {"p1": Lease.renewed(NOON)}) == NOON + 120
    assert due_at(away, {"p1": Lease(NOON, NOON + 300)}) == NOON + 300


def test_a_room_is_due_at_its_end_at_the_latest() -> None:
    assert due_at(a_room(), {"p1": Lease.renewed(NOON + DAY)}) == NOON + DAY


@pytest.mark.parametrize("grace", GRACES)
def test_a_room_that_nobody_came_to_is_kept_for_an_hour_whatever_its_grace(grace: int) -> None:
    room, lease = a_room(grace=grace), Lease.renewed(NOON)
    assert not is_over(room, lease, NOON + GUEST_SECONDS - 0.001)
    assert is_over(room, lease, NOON + GUEST_SECONDS)
    away = replace(room, members=(replace(room.members[0], away_since=NOON),))
    assert due_at(away, {"p1": lease}) == NOON + GUEST_SECONDS


def test_who_was_away_when_the_guest_came_has_the_grace_from_then_on() -> None:
    room, _ = decide(a_room(grace=120), joining("Ben"), NOON + 3000)
    lease = Lease.renewed(NOON)
    assert not is_over(room, lease, NOON + 3000 + 119.999)
    assert is_over(room, lease, NOON + 3000 + 120)


def test_a_room_waits_for_its_guest_but_not_beyond_its_end() -> None:
    room = a_room(grace=120)
    assert waits_until(room, NOON + 60) == NOON + 60 + GUEST_SECONDS
    assert waits_until(room, NOON + DAY - 60) == NOON + DAY
    assert waits_until(a_met_room(grace=120), NOON + 60) is None
