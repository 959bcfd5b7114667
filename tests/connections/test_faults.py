"""What goes wrong on and on is told once in a while."""

from ephemera.server.faults import SELDOM_SECONDS, Seldom
from tests.support.clock import FakeClock


def test_what_is_told_seldom_is_told_at_once_and_then_after_a_minute() -> None:
    clock = FakeClock()
    seldom = Seldom(clock)
    assert [seldom.is_due() for _ in range(3)] == [True, False, False]
    clock.turn(SELDOM_SECONDS - 1)
    assert not seldom.is_due()
    clock.turn(1)
    assert [seldom.is_due() for _ in range(3)] == [True, False, False]
