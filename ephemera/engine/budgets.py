"""Rates: how often something may happen, as the generic cell rate algorithm (ITU-T I.371)."""

from itertools import islice, takewhile
from typing import Final

FORGOTTEN_AT_ONCE: Final = 1000


class Budgets:
    """For each budget in use the time at which it will be full again.

    A full budget is like one that was never used, so it is forgotten: the name
    of a budget may hold a room id, which must not outlive the room for long.
    """

    def __init__(self) -> None:
        self._by_rate: dict[float, dict[str, float]] = {}

    def __len__(self) -> int:
        return sum(len(budgets) for budgets in self._by_rate.values())

    def spend(self, budget: str, rate: float, burst: int, now: float) -> float:
        """Take one and return 0, or return the seconds until there is one."""
        budgets = self._by_rate.setdefault(rate, {})
        full_at = max(budgets.get(budget, now), now) + 1 / rate
        wait = full_at - now - burst / rate
        if wait > 1e-3:  # noqa: PLR2004 - less is rounding: times are large, and it adds up
            return wait
        budgets.pop(budget, None)
        budgets[budget] = full_at
        return 0.0

    def refund(self, budget: str, rate: float) -> None:
        """Give one back."""
        budgets = self._by_rate.get(rate, {})
        if budget in budgets:
            budgets[budget] -= 1 / rate

    def forget_full(self, now: float) -> None:
        """Forget budgets that are full, of each rate the oldest `FORGOTTEN_AT_ONCE`.

        Those of one rate stand in the order of their last spending, which is
        nearly that of becoming full: only what is forgotten is looked at.
        """
        for budgets in self._by_rate.values():
            oldest = islice(budgets.items(), FORGOTTEN_AT_ONCE)
            full = [budget for budget, _ in takewhile(lambda one: one[1] <= now, oldest)]
            for budget in full:
                del budgets[budget]
