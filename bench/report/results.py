"""Medians and quartiles, and ratios that compare within one round."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median, quantiles

from bench.entrants import REFERENCE
from bench.figures import Figure, Table, tables
from bench.run import Run


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of some values, and the quartiles around it."""

    low: float
    middle: float
    high: float


class Results:
    """What a run says about each server."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._values: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
        for sample in run.samples:
            self._values[sample.entrant, sample.key][sample.round] = sample.value

    def tables(self) -> list[Table]:
        """Return the tables of which there is something to show."""
        return [table for table in tables(self.run.plan) if self.names(table)]

    def names(self, table: Table) -> list[str]:
        """Return the servers that have something to show in a table."""
        return [
            entrant.name
            for entrant in self.run.entrants
            if any((entrant.name, figure.key) in self._values for figure in table.figures)
        ]

    def spread(self, name: str, figure: Figure) -> Spread | None:
        """Return a server's figure over all rounds."""
        return spread(self._values.get((name, figure.key), {}).values())

    def ratio(self, name: str, figure: Figure) -> Spread | None:
        """Return how it compares with the reference, round by round."""
        ours = self._values.get((name, figure.key), {})
        theirs = self._values.get((REFERENCE, figure.key), {})
        both = [ours[number] / theirs[number] for number in ours if theirs.get(number)]
        return spread(both) if figure.ratio else None


def spread(values: Iterable[float]) -> Spread | None:
    """Return median and quartiles; of nothing there is none."""
    sorted_values = sorted(values)
    if not sorted_values:
        return None
    middle = median(sorted_values)
    if len(sorted_values) == 1:
        return Spread(middle, middle, middle)
    low, _, high = quantiles(sorted_values, n=4, method="inclusive")
    return Spread(low, middle, high)


def number(value: float) -> str:
    """Return a value with as many digits as mean something: three."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
