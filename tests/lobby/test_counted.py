"""What of an engine's use is counted, in one process and in several on the same engine."""

from collections import Counter
from functools import partial

import pytest

from ephemera.domain.errors import Unavailable
from ephemera.domain.log import Snapshot
from ephemera.engine.base import Engine
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.reaper import Reaper
from tests.support.counting import Counting
from tests.support.rooms import NOON, BusyEngine, Storey, a_storey


class AwayEngine(MemoryEngine):
    """An engine that does not answer."""

    async def load(self, room_id: str) -> Snapshot | None:  # noqa: ARG002 - as an engine has it
        raise Unavailable(1.0)


class Process(Counting):
    """A lobby of one of several processes."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.storey: Storey = a_storey(self.engine)
        self.engine.clock = self.storey.clock


async def test_commits_are_counted_and_the_events_that_come_of_them() -> None:
    process = Process(MemoryEngine())
    ada = await process.storey.open()
    await process.storey.join(ada, "Ben")
    await process.storey.post(ada, "hello")
    assert process.counted == {"commits": 3, "events": ada.room.sequence + 2}


async def test_what_was_decided_again_is_a_conflict_and_then_a_commit() -> None:
    engine = BusyEngine()
    process = Process(engine)
    ada = await process.storey.open()
    before = process.counted["commits"]
    engine.faster = lambda: a_storey(engine).post(ada, "faster")
    await process.storey.post(ada, "slower")
    assert process.counted["commits"] == before + 1
    assert process.counted["conflicts"] == 1


async def test_only_what_comes_from_another_process_has_a_lag() -> None:
    engine = MemoryEngine()
    ours, theirs = Process(engine), Process(engine)
    ours.storey.clock.turn(0.25)
    ada = await theirs.storey.open()
    assert (theirs.lags, ours.lags) == ([], [0.25] * ada.room.sequence)
    assert ours.counted == {"events": ada.room.sequence}


async def test_clocks_that_differ_a_little_make_no_lag_below_nothing() -> None:
    engine = MemoryEngine()
    ours, theirs = Process(engine), Process(engine)
    ours.storey.clock.now = NOON - 0.01
    ada = await theirs.storey.open()
    assert ours.lags == [0.0] * ada.room.sequence


async def test_an_engine_that_does_not_answer_is_counted_and_told() -> None:
    process = Process(AwayEngine())
    ada = await process.storey.open()
    for _ in range(2):
        with pytest.raises(Unavailable):
            await process.storey.seated(ada)
    assert process.counted["unavailable"] == 2


async def test_the_reaper_counts_the_rooms_that_it_wiped_itself() -> None:
    storey, reaped = a_storey(), Counter[str]()
    ada, gone = await storey.open_met(grace=30), await storey.open_met(grace=30)
    await storey.leave(gone)
    ours, theirs = (
        Reaper(storey.engine, storey.clock, partial(reaped.update, [name]))
        for name in ("ours", "theirs")
    )
    storey.clock.turn(32)
    for reaper in (ours, theirs):
        await reaper.reap_due()
    assert await storey.load(ada) is None
    assert reaped == {"ours": 1}
