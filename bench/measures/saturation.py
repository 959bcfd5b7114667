"""As much as the server can carry: the next message follows the one that everybody has.

How many are under way at once matters: too few, and the server waits for us; too many, and one
with a thread for everybody chokes. So there are several steps, and each server's best one counts.
"""

import time
from typing import Final

from bench.errors import BenchError
from bench.load.site import READERS, Site
from bench.measures import Figures, Target
from bench.plan import ROOMS, Plan
from bench.server import Server

AT_ONCE: Final = (8, 32, 200)
"""Messages under way at each step, spread over the rooms."""
SILENCE: Final = 0.05
"""Seconds without a byte after which nothing more is expected."""


def measure(target: Target, plan: Plan) -> Figures:
    """Keep the server busy at each step; yield the figures of the best one."""
    target.site.grow(ROOMS * READERS)
    steps = [_step(target.site, target.server, plan, at_once) for at_once in AT_ONCE]
    yield from max(steps, key=lambda figures: figures["full.wall"]).items()


def _step(site: Site, server: Server, plan: Plan, at_once: int) -> dict[str, float]:
    site.ledger.on_settled = site.post
    for number in range(at_once):
        site.post(number % ROOMS)
    site.loop.run(plan.saturating)
    figures = _window(site, server, plan.saturated)
    site.ledger.on_settled = _no_more
    site.wait_until_quiet()
    site.loop.settle(SILENCE, 1)  # a message that comes twice may come late
    return figures | {"full.at_once": at_once}


def _window(site: Site, server: Server, seconds: float) -> dict[str, float]:
    site.ledger.begin()
    before, began, own = server.cpu_seconds(), time.perf_counter(), time.process_time()
    site.loop.run(seconds)
    used, took = server.cpu_seconds() - before, time.perf_counter() - began
    if not used or not site.ledger.deliveries:
        raise BenchError(f"the server had no processor time within {seconds:g} s")
    return {
        "full.cpu": used / site.ledger.deliveries * 1e6,
        "full.rate": site.ledger.deliveries / used,
        "full.wall": site.ledger.deliveries / took,
        "full.busy": used / took * 100,
        "full.load": (time.process_time() - own) / took * 100,
    }


def _no_more(_: int) -> None:
    """Let the rooms fall silent."""
