"""What is measured, one module each.

A measure yields its figures by the names in bench/figures.py, each as soon as it is known: should
the server give up half-way, what it did until then is kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.entrants import Entrant
from bench.load.site import Site
from bench.plan import Plan
from bench.server import Server


@dataclass(frozen=True, slots=True)
class Target:
    """A server that runs, and the load on it."""

    entrant: Entrant
    server: Server
    site: Site


Figures = Iterator[tuple[str, float]]
Measure = Callable[[Target, Plan], Figures]
