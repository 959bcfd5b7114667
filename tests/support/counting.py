"""An engine whose use is counted, and what was counted."""

from collections import Counter
from functools import partial

from ephemera.engine.base import Engine
from ephemera.engine.counted import CountedEngine, Counts


class Counting:
    """An engine as one of several processes has it, and what that process counts."""

    def __init__(self, engine: Engine) -> None:
        self.counted: Counter[str] = Counter()
        self.lags: list[float] = []
        counts = Counts(
            events=partial(self._count, "events"),
            commits=partial(self._count, "commits"),
            conflicts=partial(self._count, "conflicts"),
            unavailable=partial(self._count, "unavailable"),
            lag=self.lags.append,
        )
        self.engine = CountedEngine(engine, counts)
        self.engine.listen(lambda *_: None)

    def _count(self, name: str, more: int) -> None:
        self.counted[name] += more
