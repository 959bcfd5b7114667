"""What only the memory engine can show: that what is forgotten is in no table any more."""

from hypothesis import given
from hypothesis.strategies import integers, lists, sampled_from, tuples

from ephemera.domain.presence import LEASE_SECONDS
from ephemera.engine.budgets import Budgets
from ephemera.engine.deadlines import Deadlines
from ephemera.engine.memory import MemoryEngine
from tests.contracts.test_engine import ROOM, opening
from tests.support.machine import Machine
from tests.support.rooms import NOON


def test_a_deadline_only_moves_earlier_until_it_is_taken() -> None:
    deadlines = Deadlines()
    for due in (5.0, 3.0, 9.0):
        deadlines.advance("room", due)
    assert deadlines.take(2.9, 10) == []
    assert deadlines.take(10, 10) == ["room"]
    assert deadlines.take(10, 10) == []


def test_the_same_deadline_twice_is_taken_once() -> None:
    deadlines = Deadlines()
    deadlines.advance("room", 9.0)
    deadlines.advance("room", 5.0)
    assert deadlines.take(5.0, 10) == ["room"]
    deadlines.advance("room", 9.0)
    assert deadlines.take(9.0, 10) == ["room"]


def test_dropped_rooms_leave_nothing_behind() -> None:
    deadlines = Deadlines()
    for number in range(1000):
        deadlines.advance(f"room {number}", float(number))
    for number in range(1000):
        deadlines.drop(f"room {number}")
    assert (deadlines._index, deadlines._order) == ({}, [])
    assert deadlines.take(10_000.0, 2000) == []


def test_a_room_whose_deadline_moves_stands_in_the_order_once() -> None:
    deadlines = Deadlines()
    for number in range(1000):
        deadlines.advance("room", 3600.0 + number)
        deadlines.advance("room", float(number))
        assert len(deadlines._order) == 1
        assert deadlines.take(float(number), 10) == ["room"]
    assert (deadlines._index, deadlines._order) == ({}, [])


@given(lists(tuples(sampled_from(("advance", "drop", "take")), integers(0, 20), integers(0, 99))))
def test_whatever_is_done_with_deadlines_the_longest_due_are_taken_first(
    deeds: list[tuple[str, int, int]],
) -> None:
    deadlines, model = Deadlines(), dict[str, float]()
    for deed, number, due in deeds:
        room = f"room {number:02}"
        if deed == "advance":
            deadlines.advance(room, float(due))
            model[room] = min(model.get(room, 99.0), float(due))
        elif deed == "drop":
            deadlines.drop(room)
            model.pop(room, None)
        else:
            over = sorted((when, one) for one, when in model.items() if when <= due)[:number]
            assert deadlines.take(due, number) == [one for _, one in over]
            for _, one in over:
                del model[one]
    left = [room for _, room in sorted((due, room) for room, due in model.items())]
    assert deadlines.take(99.0, 21) == left


def test_full_budgets_are_forgotten() -> None:
    budgets = Budgets()
    for number in range(1000):
        assert budgets.spend(f"budget {number}", 1.0, 1, NOON + number) == 0
    budgets.forget_full(NOON + 500)
    assert len(budgets) == 500
    budgets.forget_full(NOON + 1000)
    assert len(budgets) == 0


def test_budgets_in_use_are_kept_however_many() -> None:
    budgets = Budgets()
    for number in range(5000):
        assert budgets.spend(f"budget {number}", 0.001, 1, NOON) == 0
    assert all(budgets.spend(f"budget {number}", 0.001, 1, NOON) for number in range(5000))


async def test_nothing_is_due_for_one_lease_after_the_machine_was_suspended() -> None:
    machine = Machine(NOON)
    engine = MemoryEngine(machine.clock)
    await engine.commit(opening(due=NOON))
    machine.sleeps(60)
    assert await engine.take_due(machine.clock(), 10) == ()
    machine.passes(LEASE_SECONDS - 1)
    assert await engine.take_due(machine.clock(), 10) == ()
    machine.passes(1)
    assert await engine.take_due(machine.clock(), 10) == [ROOM.id]
