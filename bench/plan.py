"""How much is measured: the full run, and the quick one that only shows that everything works."""

from dataclasses import dataclass
from typing import Final

RATE: Final = 200
"""Messages a second at the fixed rate."""
ROOMS: Final = 50
"""Rooms that talk, of eight readers each."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run does. Times are in seconds.

    rounds: how often each server is measured with messages, one after the other.
    warm_up, steady: messages at the fixed rate, before they count and while they do.
    saturating, saturated: as much as the server can carry, before and while it counts, per step.
    idle_rounds: how often each server is measured with idle streams.
    idle_streams: how many streams are open when memory is read.
    heartbeat: the interval of every server's heartbeats while streams are idle.
    cost_rounds, cost_requests: for what only Ephemera has.
    overload_rounds: how often more is sent than can be carried, to Ephemera only.
    limit: after so long the run stops, and reports what there is.
    """

    name: str
    rounds: int
    warm_up: float
    steady: float
    saturating: float
    saturated: float
    idle_rounds: int
    idle_streams: tuple[int, ...]
    heartbeat: float
    cost_rounds: int
    cost_requests: int
    overload_rounds: int
    limit: int

    @property
    def messages(self) -> int:
        """Return how many messages one window at the fixed rate has."""
        return round(self.steady * RATE)


FULL: Final = Plan(
    name="full",
    rounds=5,
    warm_up=1.0,
    steady=3.0,
    saturating=0.3,
    saturated=1.0,
    idle_rounds=3,
    idle_streams=(500, 2_000, 8_000),
    heartbeat=15.0,
    cost_rounds=5,
    cost_requests=280,
    overload_rounds=3,
    limit=40 * 60,
)
QUICK: Final = Plan(
    name="quick",
    rounds=3,
    warm_up=0.2,
    steady=1.0,
    saturating=0.1,
    saturated=0.3,
    idle_rounds=1,
    idle_streams=(200, 500),
    heartbeat=2.0,
    cost_rounds=2,
    cost_requests=56,
    overload_rounds=1,
    limit=10 * 60,
)
