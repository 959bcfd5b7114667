"""What is counted, in the Prometheus text format: numbers, and no name of a room or a person.

Whoever counts calls a number of `Metrics`. prometheus-client only writes them: its own counters
take six calls each, and go to disk where PROMETHEUS_MULTIPROC_DIR is set.
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: from an engine on the same machine to what readers take for an interruption."""


class Level(Collector):
    """A number that is as it was set last."""

    def __init__(self, registry: CollectorRegistry, name: str, says: str) -> None:
        self.value = 0
        self._name, self._says = name, says
        registry.register(self)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See `Collector`."""
        yield GaugeMetricFamily(self._name, self._says, self.value)


class Count(Collector):
    """A number that only grows."""

    def __init__(self, registry: CollectorRegistry, name: str, says: str) -> None:
        self.value = 0
        self._name, self._says = name, says
        registry.register(self)

    def __call__(self, more: int = 1) -> None:
        """Count so many more."""
        self.value += more

    def collect(self) -> Iterator[CounterMetricFamily]:
        """See `Collector`."""
        yield CounterMetricFamily(self._name, self._says, self.value)


class Spread(Collector):
    """How often something took about how long."""

    def __init__(self, registry: CollectorRegistry, name: str, says: str) -> None:
        self.seconds = 0.0
        self._counts = [0] * (len(BUCKETS) + 1)
        self._name, self._says = name, says
        registry.register(self)

    def __call__(self, seconds: float) -> None:
        """Count one that took so long."""
        self.seconds += seconds
        self._counts[bisect_left(BUCKETS, seconds)] += 1

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """See `Collector`."""
        bounds = (*map(str, BUCKETS), "+Inf")
        buckets = zip(bounds, map(float, accumulate(self._counts)), strict=True)
        yield HistogramMetricFamily(self._name, self._says, tuple(buckets), self.seconds)


class Metrics:
    """All that is counted in a process."""

    def __init__(self) -> None:
        self._registry = told = CollectorRegistry()  # not the default one, which names the process
        self.rooms = Level(told, "ephemera_rooms", "Rooms that exist.")
        self.streams = Level(told, "ephemera_streams", "Streams that are open in this process.")
        self.events = Count(told, "ephemera_events", "Events that this process heard of.")
        self.commits = Count(told, "ephemera_commits", "Changes of rooms that this process made.")
        self.conflicts = Count(
            told, "ephemera_conflicts", "Changes that were decided again: somebody was faster."
        )
        self.reaped = Count(told, "ephemera_reaped", "Rooms that this process's reaper wiped.")
        self.dropped_streams = Count(
            told, "ephemera_dropped_streams", "Streams cut because their reader was too slow."
        )
        self.engine_unavailable = Count(
            told, "ephemera_engine_unavailable", "Questions that the engine did not answer."
        )
        self.lag = Spread(
            told, "ephemera_lag_seconds", "Until events that came by way of the engine were heard."
        )

    def tell(self, rooms: int, streams: int) -> bytes:
        """Return all of it as text, with what is not counted but looked up."""
        self.rooms.value, self.streams.value = rooms, streams
        return generate_latest(self._registry)
