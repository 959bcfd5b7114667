"""`python -m bench.scaling`: what the engine costs, and what a second process brings.

Three houses take turns, round after round: one process that keeps its rooms itself, one with its
rooms on Redis, and two that share one Redis, with as many rooms and messages *each*. All guards are
on, the rates too. Judged is the processor time of the processes per delivery, which does not depend
on how many cores there are: with ideal scaling it is the same for two as for one.
"""

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.__main__ import say, stand_aside
from bench.entrants import HERE, Entrant, ephemera
from bench.errors import BenchError
from bench.faults.engine import Engine
from bench.load.loop import Loop
from bench.load.site import READERS, Site
from bench.measures.overload import guarded
from bench.proc import cpu_seconds
from bench.report.results import Spread, spread
from bench.server import Server, running

ROOMS: Final = 50
"""Of each process."""
WARM_UP: Final = 1.0
STARTS_WITHIN: Final = 20.0
LATEST: Final = 1.25
FULL_ROUNDS: Final = 7
HEARTBEAT: Final = 15.0
ALONE: Final = "one process, rooms in its memory"
HOUSES: Final[Mapping[str, int]] = {
    ALONE: 0,
    "one process, rooms on Redis": 1,
    "two processes, rooms on Redis": 2,
}
"""How many processes share an engine; without one there is one process."""
ENGINE_ADDS: Final = 1.30
"""At most so many times the processor time."""
TWO_CARRY: Final = 1.7
"""At least so many times the deliveries."""
WRITTEN: Final = HERE / "SCALING.md"

Figures = dict[str, list[float]]
"""By house, one for each round: microseconds."""


def main() -> int:
    """Run; return 1 when a figure is not what it should be."""
    chosen = arguments().parse_args()
    stand_aside()
    processes: Figures = {house: [] for house in HOUSES}
    engine: Figures = {house: [] for house in HOUSES}
    for number in range(chosen.rounds):
        for house, count in HOUSES.items():
            used, engines = _round(count, chosen.rate, chosen.seconds)
            say(f"round {number + 1}, {house}: {used:.1f} µs a delivery")
            processes[house].append(used)
            engine[house].append(engines)
    text = "\n".join(_report(chosen, processes, engine)) + "\n"
    print(text, end="")
    if chosen.rounds >= FULL_ROUNDS:
        WRITTEN.write_text(text, "utf-8")
        say(f"written to {WRITTEN}")
    adds, carry = _ratios(processes)
    return int(adds.middle > ENGINE_ADDS or carry.middle < TWO_CARRY)


def arguments() -> argparse.ArgumentParser:
    """Return what can be said on the command line."""
    parser = argparse.ArgumentParser("python -m bench.scaling", description="Several processes.")
    parser.add_argument("--rounds", type=int, default=FULL_ROUNDS)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each window")
    parser.add_argument("--rate", type=float, default=200.0, help="messages a second and process")
    return parser


def _round(count: int, rate: float, seconds: float) -> tuple[float, float]:
    """Return the processor time of the processes, and of the engine, per delivery in µs."""
    with _opened(count) as (servers, sites, engine):
        _post_evenly(sites, rate, WARM_UP)
        for site in sites:
            site.ledger.begin()
        before = [server.cpu_seconds() for server in servers]
        engine_before = cpu_seconds(engine)
        _post_evenly(sites, rate, seconds)
        used = sum(server.cpu_seconds() for server in servers) - sum(before)
        deliveries = sum(site.ledger.deliveries for site in sites)
        return used / deliveries * 1e6, (cpu_seconds(engine) - engine_before) / deliveries * 1e6


@contextmanager
def _opened(count: int) -> Iterator[tuple[list[Server], list[Site], list[int]]]:
    """Open the processes, their rooms, and an engine if there is one to be; close them all."""
    with ExitStack() as stack:
        loop, pids = Loop(), list[int]()
        entrant = guarded(ephemera())
        if count:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scaling-")))
            engine = Engine(folder, sentinel=False)
            stack.callback(engine.stop)
            loop.until(lambda: engine.is_ready, STARTS_WITHIN, "starting the engine")
            entrant, pids = _sharing(entrant, engine.url), engine.pids
        servers = [stack.enter_context(running(entrant, HEARTBEAT)) for _ in range(max(1, count))]
        sites = [Site(server.port, entrant.dialect, entrant.heartbeat) for server in servers]
        for site in sites:
            site.loop.close()
            site.loop = loop
            site.grow(ROOMS * READERS)
        stack.enter_context(closing(loop))
        yield servers, sites, pids


def _sharing(entrant: Entrant, url: str) -> Entrant:
    environ = {"EPHEMERA_ENGINE": url, "EPHEMERA_SECRET": "the same for all of them"}
    return replace(entrant, environ={**entrant.environ, **environ})


def _post_evenly(sites: Sequence[Site], rate: float, seconds: float) -> None:
    """Post at the rate to each site, room after room, and wait for the last reader."""
    loop, began = sites[0].loop, time.perf_counter()
    for number in range(round(rate * seconds)):
        while (left := began + number / rate - time.perf_counter()) > 0:
            loop.turn(left)
        for site in sites:
            site.post(number % ROOMS)
        loop.turn()
    for site in sites:
        site.wait_until_quiet()
    if time.perf_counter() - began > seconds * LATEST:
        raise BenchError("the messages took too long: not the fixed rate")


def _ratios(processes: Figures) -> tuple[Spread, Spread]:
    """Return what the engine adds, and how much more two processes carry than one, by rounds."""
    alone, one, two = (processes[house] for house in HOUSES)
    adds = spread(shared / own for own, shared in zip(alone, one, strict=True))
    carry = spread(2 * single / double for single, double in zip(one, two, strict=True))
    assert adds  # noqa: S101 # there is a round at least
    assert carry  # noqa: S101 # the same
    return adds, carry


def _report(chosen: argparse.Namespace, processes: Figures, engine: Figures) -> Iterator[str]:
    yield "# Several processes"
    yield ""
    yield (
        f"{ROOMS} rooms of {READERS} and {chosen.rate:g} messages a second for each process, "
        f"{chosen.rounds} rounds of {chosen.seconds:g} s, in turn; all guards on. "
        f"Python {platform.python_version()}; the processes share one core, Redis and the load "
        "another. Made by `make scaling`. Median, and quartiles."
    )
    yield ""
    yield "| | µs of the processes per delivery | µs of Redis per delivery |"
    yield "|---|---:|---:|"
    for house in HOUSES:
        redis = _shown(spread(engine[house])) if HOUSES[house] else "none"
        yield f"| {house} | {_shown(spread(processes[house]))} | {redis} |"
    adds, carry = _ratios(processes)
    yield ""
    yield f"- The engine makes it {_shown(adds, 2)} times as much (at most {ENGINE_ADDS:g})."
    yield f"- Two processes carry {_shown(carry, 2)} times as much as one (at least {TWO_CARRY:g})."


def _shown(values: Spread | None, digits: int = 0) -> str:
    if values is None:
        return "none"
    low, middle, high = (
        f"{value:.{digits}f}" for value in (values.low, values.middle, values.high)
    )
    return f"{middle} ({low} to {high})"


if __name__ == "__main__":
    sys.exit(main())
