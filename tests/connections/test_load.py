"""The gauge of the event loop, on a real loop whose turns take as long as the test says."""

import asyncio
import random
from dataclasses import dataclass, field

import pytest

from ephemera.server.load import (
    CALM_SECONDS,
    LONG_SECONDS,
    LONG_TURNS,
    RECOVERED_AFTER,
    SHARE_SECONDS,
    Load,
)
from tests.support.clock import FakeClock

LONG = 1.5 * LONG_SECONDS
CALM = CALM_SECONDS / 2
SHARE_IS_OVER = 1.1 * SHARE_SECONDS


class Turning:
    """A loop of which the test knows how long each turn takes."""

    def __init__(self) -> None:
        self.looks = 0
        self.refused = 0
        self.clock = FakeClock(0.0)
        self.load = Load(self._look, self.clock)

    async def turn(self, *seconds: float, asked: bool = True) -> None:
        """Let turns go by that take so long; somebody asks at the beginning and the end of each."""
        for each in seconds:
            if asked:
                self.load.is_too_much()
            self.clock.turn(each)
            if asked:
                self.refused += self.load.is_too_much()
            await asyncio.sleep(0)

    def is_too_much_late(self) -> bool:
        """Tell whether it is too much when the share of the present turn is used up."""
        self.clock.turn(SHARE_IS_OVER)
        return self.load.is_too_much()

    def _look(self) -> float:
        self.looks += 1
        return self.clock()


async def test_short_turns_are_never_too_much() -> None:
    loop = Turning()
    await loop.turn(*[CALM] * 20)
    assert loop.refused == 0


async def test_turns_that_get_longer_are_too_much_when_their_share_is_used_up() -> None:
    loop = Turning()
    await loop.turn(*[LONG * 2**number for number in range(LONG_TURNS)])
    assert not loop.load.is_too_much()
    assert loop.is_too_much_late()


async def test_the_next_turn_has_a_share_of_its_own() -> None:
    loop = Turning()
    await loop.turn(*[LONG] * LONG_TURNS)
    assert loop.is_too_much_late()
    await loop.turn(CALM_SECONDS)
    assert not loop.load.is_too_much()


async def test_stages_of_work_that_take_turns_do_not_hide_that_it_is_too_much() -> None:
    loop = Turning()
    await loop.turn(*[4 * LONG, CALM_SECONDS, LONG] * 2 * LONG_TURNS)
    assert loop.refused > 0


async def test_one_turn_fewer_is_not_too_much() -> None:
    loop = Turning()
    await loop.turn(*[LONG] * (LONG_TURNS - 1))
    assert not loop.is_too_much_late()


@pytest.mark.parametrize("pause", [0.02, 0.1, 1.0])
@pytest.mark.parametrize("between", [[], [CALM], [CALM_SECONDS * 1.5]])
async def test_what_piles_up_in_one_pause_is_done_and_not_refused(
    pause: float, between: list[float]
) -> None:
    """Half of what the server can carry: each turn has half as much to do as the one before."""
    loop = Turning()
    for half in range(20):
        await loop.turn(pause / 2**half, *between)
    assert loop.refused == 0


@pytest.mark.parametrize("pause", [0.02, 0.1, 1.0])
async def test_after_a_pause_nothing_is_refused_at_four_fifths_of_what_can_be_carried(
    pause: float,
) -> None:
    loop = Turning()
    await loop.turn(*[pause * 0.8**number for number in range(30)])
    assert loop.refused == 0


async def test_one_very_long_turn_does_not_hide_that_all_that_follow_are_long() -> None:
    loop = Turning()
    await loop.turn(1.0, *[0.1] * 30)
    assert loop.refused > 0


async def test_a_pause_now_and_then_is_not_too_much() -> None:
    loop = Turning()
    await loop.turn(*[LONG, CALM] * 10)
    assert loop.refused == 0


async def test_it_is_too_much_until_nobody_was_refused_for_a_while() -> None:
    loop = Turning()
    await loop.turn(*[LONG] * LONG_TURNS)
    await loop.turn(*[CALM] * 10)
    assert loop.is_too_much_late(), "they are calm because some are refused"
    await loop.turn(0.0)
    loop.clock.turn(RECOVERED_AFTER)
    assert not loop.is_too_much_late()
    assert not loop.is_too_much_late(), "nor a moment later"


async def test_nothing_is_done_while_nobody_asks() -> None:
    loop = Turning()
    await loop.turn(*[LONG] * LONG_TURNS)
    await loop.turn(*[0.0] * 5, asked=False)
    before = loop.looks
    await loop.turn(*[LONG] * 5, asked=False)
    assert loop.looks == before


async def test_the_time_without_anybody_is_no_turn() -> None:
    loop = Turning()
    for _ in range(2 * LONG_TURNS):
        await loop.turn(CALM, CALM)
        await loop.turn(0.0, 0.0, LONG, asked=False)
    assert not loop.is_too_much_late()


async def test_the_log_says_once_that_more_comes_in_than_can_be_carried(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = Turning()
    for _ in range(5):
        await loop.turn(*[LONG] * LONG_TURNS)
        await loop.turn(CALM, CALM)
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert "More comes in than can be carried" in record.getMessage()


# What it leads to: a server of which we know what everything costs

READ, CARRY_OUT, ANSWER, REFUSED = 0.04e-3, 0.24e-3, 0.02e-3, 0.07e-3
"""Seconds of the processor; about what messages to rooms of eight have cost (issue 5)."""
WHOLE = READ + CARRY_OUT + ANSWER


@dataclass
class Server:
    """Does what arrives in stages, as ours does; time passes only by that, or while it rests."""

    working: FakeClock = field(default_factory=lambda: FakeClock(0.0))
    rested: float = 0.0
    refused: int = 0
    waits: list[float] = field(default_factory=list)
    _load: Load = field(init=False)
    _chance: random.Random = field(default_factory=lambda: random.Random(5))  # noqa: S311 - the same in every run

    def __post_init__(self) -> None:
        self._load = Load(self.working, lambda: self.now)

    @property
    def now(self) -> float:
        return self.working.now + self.rested

    async def run(self, times: float, seconds: float) -> None:
        """Let requests come at random, so many times what could be carried."""
        asyncio.get_running_loop().set_debug(False)  # ten times as fast
        arrival, end, tasks = self.now, self.now + seconds, set[asyncio.Task[None]]()
        while True:
            while arrival <= self.now and arrival < end:
                task = asyncio.create_task(self._serve(arrival))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                arrival += self._chance.expovariate(times / WHOLE)
            if not tasks and arrival >= end:
                return
            if not tasks:
                self.rested += arrival - self.now
            await asyncio.sleep(0)

    async def _serve(self, arrival: float) -> None:
        if self._load.is_too_much():
            self.working.turn(REFUSED)
            self.refused += 1
            return
        for _ in range(2):
            self.working.turn(READ / 2)
            await asyncio.sleep(0)
        self.working.turn(CARRY_OUT)
        await asyncio.sleep(0)
        self.working.turn(ANSWER)
        self.waits.append(self.now - arrival)


async def test_up_to_four_fifths_of_what_can_be_carried_nothing_is_refused() -> None:
    server = Server()
    await server.run(0.8, seconds=2)
    assert server.refused == 0
    assert len(server.waits) > 1_000


@pytest.mark.parametrize("times", [1.2, 2.0])
async def test_of_too_much_as_much_is_done_as_refusing_the_rest_allows_and_nobody_waits_for_long(
    times: float,
) -> None:
    server = Server()
    await server.run(times, seconds=2)
    came = server.refused + len(server.waits)
    possible = (came * WHOLE / times - came * REFUSED) / (WHOLE - REFUSED)
    assert 0.9 * possible < len(server.waits) < 1.1 * possible
    assert max(server.waits) < 0.1


async def test_without_the_gauge_they_would_wait_for_longer_and_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server()
    monkeypatch.setattr(server, "_load", Load(FakeClock()))  # its turns take no time
    await server.run(2.0, seconds=1)
    assert server.refused == 0
    assert max(server.waits) > 0.9


async def test_when_it_is_over_nobody_is_refused_any_more() -> None:
    server = Server()
    await server.run(2.0, seconds=0.5)
    await server.run(0.5, seconds=2 * RECOVERED_AFTER)
    refused = server.refused
    await server.run(0.5, seconds=1)
    assert 0 < server.refused == refused
