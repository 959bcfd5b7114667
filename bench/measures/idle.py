"""Streams on which nothing happens but heartbeats: their memory and their processor time."""

import resource
import time
from typing import Final

from bench.errors import BenchError
from bench.load.site import READERS, Site
from bench.measures import Figures, Target
from bench.plan import Plan
from bench.server import Server

USUAL_HEARTBEAT: Final = 15.0
"""Seconds; what a shorter one costs is brought to this one."""
SPARE_DESCRIPTORS: Final = 500
SILENCE: Final = 0.3
"""Seconds without a byte after which a room is taken to have told everybody who is there."""
FEWEST_BEATS: Final = 0.9
"""Heartbeats that must have come, of those that should."""


def measure(target: Target, plan: Plan) -> Figures:
    """Open more and more streams; read the memory at each step, then sit still for a heartbeat."""
    site, server = target.site, target.server
    site.grow(READERS)  # what the first room loads is not the price of the next one
    site.loop.settle(SILENCE, 1)
    start, first = server.memory_kib(), site.streams
    for streams in plan.idle_streams:
        if streams <= target.entrant.most_streams:
            check_descriptors(streams)
            site.grow(streams)
            site.loop.settle(SILENCE, 1)
            yield f"idle.kib.{streams}", (server.memory_kib() - start) / (site.streams - first)
    yield from _heartbeats(site, server, plan.heartbeat)


def check_descriptors(streams: int) -> None:
    """Fail with a sentence before the server runs into a wall that is not its own."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if limit < streams + SPARE_DESCRIPTORS:
        raise BenchError(f"{streams} streams need more descriptors than the limit of {limit}")


def _heartbeats(site: Site, server: Server, interval: float) -> Figures:
    """Sit still for one interval: in it every stream gets one heartbeat, whenever it was opened."""
    site.ledger.begin()
    before, began = server.cpu_seconds(), time.perf_counter()
    site.loop.run(interval)
    used, took = server.cpu_seconds() - before, time.perf_counter() - began
    beats = site.ledger.heartbeats / site.streams
    if beats < FEWEST_BEATS:
        raise BenchError(f"only {beats:.2f} heartbeats a stream came in {took:.0f} s")
    per_minute = used / took * 60 / site.streams * 1_000
    yield "idle.cpu", per_minute * interval / USUAL_HEARTBEAT * 1e3
    yield "idle.beats", beats
