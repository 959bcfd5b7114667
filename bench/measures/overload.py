"""Twice as much as the server can carry: what is refused, and how those fare who are not.

The posts are sent at their rate whatever becomes of the earlier ones. Rates are limited here, for
without limits Ephemera refuses nothing; so there are as many seats as the limits need.
"""

import time
from dataclasses import replace
from http.client import HTTPConnection
from itertools import count
from statistics import quantiles
from typing import Final

from bench.entrants import Entrant
from bench.errors import BenchError
from bench.load.dialect import Line
from bench.load.ledger import Ledger
from bench.load.poster import SUCCESS, HttpPoster
from bench.load.site import READERS, Site
from bench.load.sockets import PATIENCE, status_of
from bench.load.sse import Seat, Sse, post_head
from bench.measures import Figures, Target
from bench.plan import Plan

ROOMS: Final = 400
"""So many that the limits of seats and rooms allow four seconds of 5,000 messages a second."""
ROOMS_OF_AN_ADDRESS: Final = 1
"""As many as one address may fill: of good joins it has sixty a minute."""
AT_ONCE: Final = 8
"""Messages under way while we look how much the server can carry."""
QUIET: Final = 1 / 8
"""The part of that which leaves the server unloaded."""
TOO_MUCH: Final = 2
UNAVAILABLE: Final = 503
PROBE_SECONDS: Final = 0.05
PROBES: Final = 10
"""So many messages taken one after the other show that the server has recovered."""
RECOVERS_WITHIN: Final = 30.0


def guarded(entrant: Entrant) -> Entrant:
    """Return the entrant as it is for people: with its rates limited."""
    environ = {k: v for k, v in entrant.environ.items() if k != "EPHEMERA_RATE_LIMITS"}
    environ["EPHEMERA_CONNECTIONS_PER_ADDRESS"] = "0"  # all streams are of this machine
    return replace(entrant, environ=environ, dialect=Everywhere())


def measure(target: Target, plan: Plan) -> Figures:
    """Load the server a little, then twice too much, then see when it is itself again."""
    site, ledger = target.site, Refusals()
    site.ledger = ledger
    site.grow(ROOMS * READERS)
    carried = _carried(site, plan.saturated)
    unloaded, _ = _latency(site, carried * QUIET, plan.steady)
    p99, unsent = _latency(site, carried * TOO_MUCH, plan.steady)
    accepted, refused = len(ledger.latencies), ledger.refused
    yield "over.carried", carried
    yield "over.quiet", unloaded * 1e3
    yield "over.p99", p99 * 1e3
    yield "over.times", p99 / unloaded
    yield "over.refused", refused / (accepted + refused) * 100
    yield "over.unsent", unsent * 100
    yield "over.recovery", _recovery(site, ledger)
    site.wait_until_quiet()


class Refusals(Ledger):
    """Also knows the messages that the server would not take: nobody may get one of those."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0

    def begin(self) -> None:
        """Count and time from now on."""
        super().begin()
        self.refused = 0

    def refuse(self, number: int) -> None:
        """Note that the message was refused; a reader who got it, or gets it, is a failure."""
        message = self._under_way.pop(number)
        self.refused += 1
        if message.missing != (1 << READERS) - 1:
            raise BenchError("a message was refused and delivered all the same")


class PatientPoster(HttpPoster):
    """A poster that may be told to come later."""

    _was_cut = False

    def post(self, number: int) -> None:
        """Send the message of this number."""
        self._was_cut = False
        super().post(number)

    def _closed(self) -> None:
        self._was_cut = self.busy
        super()._closed()

    def _done(self) -> None:
        status = status_of(self._answer)
        if status in SUCCESS or not isinstance(self._ledger, Refusals):
            super()._done()
            return
        if status != UNAVAILABLE or b"\r\nretry-after:" not in self._answer.lower():
            raise BenchError(f"a message was answered with {status}")
        self._is_used, self._answer = True, b""
        if self._was_cut and self._sock:
            # The server may have taken it before it closed the connection: only a retry can tell.
            self._send(self._sock)
            return
        number, self._number = self._number, 0
        self._ledger.refuse(number)


class Everywhere(Sse):
    """Opens rooms from many addresses of this machine, for each may open only a few."""

    def __init__(self) -> None:
        self._rooms = count()

    def call(self, port: int) -> HTTPConnection:
        """Return the connection of those who open a room and join it."""
        low, high = divmod(next(self._rooms) // ROOMS_OF_AN_ADDRESS, 250)
        source = (f"127.0.{high + 1}.{low + 1}", 0)  # a /24 may open no more than a few, either
        return HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=source)

    def poster(self, line: Line, seat: Seat) -> HttpPoster:
        """Return who posts from this seat."""
        return PatientPoster(line.loop, line.ledger, line.port, post_head(line.port, seat))


def _carried(site: Site, seconds: float) -> float:
    """Return how many messages a second the server can carry, a few at a time."""
    turn = count()
    site.ledger.begin()
    site.ledger.on_settled = lambda _: site.post(next(turn) % ROOMS)
    began = time.perf_counter()
    for _ in range(AT_ONCE):
        site.post(next(turn) % ROOMS)
    site.loop.run(seconds)
    rate = len(site.ledger.latencies) / (time.perf_counter() - began)
    site.ledger.on_settled = lambda _: None
    site.wait_until_quiet()
    return rate


def _latency(site: Site, rate: float, seconds: float) -> tuple[float, float]:
    """Post at the rate; return the seconds within which 99 of 100 of the messages were delivered.

    And the share that could not even be sent: all of a room were waiting for their answers.
    """
    site.ledger.begin()
    unsent, total, began = 0, round(rate * seconds), time.perf_counter()
    for number in range(total):
        while (left := began + number / rate - time.perf_counter()) > 0:
            site.loop.turn(left)
        if any(not poster.busy for poster in site.rooms[number % ROOMS].posters):
            site.post(number % ROOMS)
        else:
            unsent += 1
        site.loop.turn()
    site.wait_until_quiet()
    return quantiles(site.ledger.latencies, n=100, method="inclusive")[98], unsent / total


def _recovery(site: Site, ledger: Refusals) -> float:
    """Return the seconds after which the server takes one message after the other again."""
    began = recovered = time.perf_counter()
    taken, number = 0, 0
    while taken < PROBES:
        if time.perf_counter() - began > RECOVERS_WITHIN:
            raise BenchError("the server did not recover")
        before, number = ledger.refused, number + 1
        site.post(number % ROOMS)
        site.wait_until_quiet()
        taken = taken + 1 if ledger.refused == before else 0
        recovered = time.perf_counter() if not taken else recovered
        site.loop.run(PROBE_SECONDS)
    return recovered - began
