"""A message every 5 ms, whatever becomes of the earlier ones: what it costs, how long it takes."""

import time
from statistics import quantiles
from typing import Final

from bench.errors import BenchError
from bench.load.site import READERS, Site
from bench.measures import Figures, Target
from bench.plan import RATE, ROOMS, Plan

LATEST: Final = 1.25
"""A window that takes so many times as long as it should was not at the fixed rate."""


def measure(target: Target, plan: Plan) -> Figures:
    """Post at the fixed rate to rooms of eight; see that everything arrives."""
    site, server = target.site, target.server
    site.grow(ROOMS * READERS)
    post_evenly(site, round(plan.warm_up * RATE))
    site.ledger.begin()
    before, began = server.cpu_seconds(), time.perf_counter()
    post_evenly(site, plan.messages)
    used, took = server.cpu_seconds() - before, time.perf_counter() - began
    if took > plan.steady * LATEST:
        raise BenchError(f"{plan.messages} messages took {took:.1f} s: not the fixed rate")
    cuts = quantiles(site.ledger.latencies, n=100, method="inclusive")
    yield "fixed.cpu", used / site.ledger.deliveries * 1e6
    yield "fixed.p50", cuts[49] * 1e3
    yield "fixed.p99", cuts[98] * 1e3


def post_evenly(site: Site, messages: int) -> None:
    """Post so many messages at the fixed rate, room after room, and wait for the last reader."""
    began = time.perf_counter()
    for number in range(messages):
        while (left := began + number / RATE - time.perf_counter()) > 0:
            site.loop.turn(left)
        site.post(number % ROOMS)
        site.loop.turn()
    site.wait_until_quiet()
