"""What only the memory engine can show: that what is forgotten is in no table any more."""

import pytest

from ephemera.domain.rooms import Room
from ephemera.engine.budgets import Budgets
from ephemera.engine.deadlines import Deadlines
from ephemera.engine.memory import MemoryEngine
from tests.support.rooms import NOON, a_house, at_once


def rooms_opened(engine: MemoryEngine, count: int) -> list[Room]:
    house = a_house(engine)
    return [at_once(house.open("Ada")).room for _ in range(count)]


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
    assert not deadlines._index
    assert len(deadlines._heap) <= 64
    assert deadlines.take(10_000.0, 2000) == []


def test_rooms_that_come_and_go_leave_a_bounded_trace() -> None:
    deadlines = Deadlines()
    for number in range(1000):
        deadlines.advance("room", 3600.0 + number)
        deadlines.advance("room", float(number))
        assert deadlines.take(float(number), 10) == ["room"]
    assert len(deadlines._heap) <= 64 + 4


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


def test_nothing_is_touched_when_none_of_ten_thousand_rooms_is_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = MemoryEngine()
    rooms_opened(engine, 10_000)
    touched: list[str] = []
    monkeypatch.setattr("heapq.heappop", touched.append)
    monkeypatch.setattr("heapq.heapify", touched.append)
    assert at_once(engine.take_due(NOON + 1, 100)) == []
    assert touched == []
