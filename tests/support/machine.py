"""A machine whose clocks a test turns: what is on the wall, and what really passes."""

from ephemera.clock import SteadyClock
from tests.support.clock import FakeClock


class Machine:
    """Has a clock on the wall that anybody may set, and two that count by themselves."""

    def __init__(self, wall: float) -> None:
        self.wall = FakeClock(wall)
        self._since_boot = FakeClock(0.0)
        self._awake = FakeClock(0.0)
        self.clock = SteadyClock(self.wall, self._since_boot, self._awake)

    def passes(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._awake.turn(seconds)
        self.sleeps(seconds)

    def sleeps(self, seconds: float) -> None:
        """Be suspended for so long."""
        self.wall.turn(seconds)
        self._since_boot.turn(seconds)
