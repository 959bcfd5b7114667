"""Everybody at once: whoever is faster, nothing forbidden happens, and who was removed is out.

A race (`tests/support/racing.py`) is drawn from a seed: who takes part, and who goes on before
and after every call of the engine. A race that is lost names its seed: `run(race(seed))` is it.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from ephemera.domain.log import Entry
from ephemera.engine.base import Change
from ephemera.engine.memory import MemoryEngine, _Kept
from ephemera.hub.feed import Feed
from ephemera.hub.hub import Hub
from ephemera.hub.stream import Stream
from tests.support.racing import Race
from tests.support.schedule import RacingEngine

SCHEDULES: Final = 10_000
PARTS: Final = 4
"""So that several workers can share them."""


async def race(
    seed: int,
    engine: type[RacingEngine] = RacingEngine,
    hub: type[Hub] = Hub,
    feed: type[Feed] = Feed,
) -> int:
    """Run the race of that seed; return how many turns it took."""
    one = Race(seed, engine(), hub, feed)
    await one.run()
    return one.schedule.turns


def run(coroutine: Coroutine[Any, Any, int]) -> int:
    # Without asyncio's debugging, which keeps a stack for each of a million futures.
    with asyncio.Runner(debug=False) as runner:
        return runner.run(coroutine)


@pytest.mark.parametrize("part", range(PARTS))
def test_in_ten_thousand_races_nothing_forbidden_happens(part: int) -> None:
    seeds, turns, seed = range(part, SCHEDULES, PARTS), 0, 0

    async def races() -> int:
        nonlocal turns, seed
        for seed in seeds:
            turns += await race(seed)
        return turns

    try:
        run(races())
    except BaseException as failure:
        failure.add_note(f"the race of seed {seed} was lost")
        raise
    print(f"{len(seeds)} of {SCHEDULES} races, {turns} turns")  # noqa: T201 - shown by pytest -s
    assert turns > 10 * len(seeds)


def test_the_same_seed_is_the_same_race() -> None:
    def turns() -> list[int]:
        return [run(race(seed)) for seed in range(20)]

    first = turns()
    assert len(set(first)) > 5
    assert turns() == first


class LastOneWins(RacingEngine):
    """An engine that does not look whether somebody was faster."""

    def _check(self, change: Change, kept: _Kept | None) -> None:
        MemoryEngine._check(self, replace(change, before=kept.room if kept else None), kept)


class EndsNobody(Hub):
    """A hub that delivers to whoever is subscribed, wherever their seat is."""

    def hear(self, room_id: str, entries: Sequence[Entry]) -> None:
        for entry in entries:
            for stream in tuple(self._rooms.get(room_id, ())):
                stream.deliver(entry.cursor, stream.representation.entry(entry, stream.locale))


class ReadsOn(Feed):
    """A feed that reads the log to its end, whoever's seat has ended in it."""

    def _render(self, stream: Stream, entries: Sequence[Entry]) -> bytes:
        return b"".join(stream.representation.entry(entry, stream.locale) for entry in entries)


@pytest.mark.parametrize(
    "broken",
    [{"engine": LastOneWins}, {"hub": EndsNobody}, {"feed": ReadsOn}],
    ids=["the last one wins", "streams outlive seats", "the log is read to its end"],
)
def test_these_races_are_lost_by_whoever_skips_a_step(broken: dict[str, Any]) -> None:
    """The same seeds, with one step left out: if nobody noticed, the races would prove nothing."""

    async def lost() -> int:
        for seed in range(SCHEDULES):
            try:
                await race(seed, **broken)
            except Exception:  # noqa: BLE001 - whatever comes of it
                return seed
        return SCHEDULES

    assert run(lost()) < SCHEDULES / 10
