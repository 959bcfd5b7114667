"""Answers that take long end when their room has."""

import asyncio

from ephemera.engine.memory import MemoryEngine
from ephemera.hub.in_flight import InFlight
from tests.support.patience import PATIENCE
from tests.support.rooms import Storey, a_storey

WITHIN = PATIENCE


class Watched:
    """A storey with slow answers about its rooms."""

    def __init__(self) -> None:
        self.storey: Storey = a_storey(MemoryEngine())
        self.let = asyncio.Event()
        self.in_flight = InFlight(self.storey.engine)

    def ask(self, room_id: str) -> asyncio.Task[None]:
        """Begin an answer that nobody takes until it is let."""

        async def answer() -> None:
            await self.let.wait()

        guarded = self.in_flight.guard(room_id, asyncio.ensure_future(answer()))
        return asyncio.ensure_future(guarded)

    async def watches(self, count: int) -> None:
        async with asyncio.timeout(WITHIN):
            while sum(map(len, self.in_flight._answers.values())) != count:  # noqa: ASYNC110 - it sets no event
                await asyncio.sleep(0.01)


async def test_an_answer_that_takes_long_ends_soon_after_its_room() -> None:
    there = Watched()
    ada, eve = await there.storey.open("Ada"), await there.storey.open("Eve")
    mine, others = there.ask(ada.room.id), there.ask(eve.room.id)
    await there.watches(2)
    await there.storey.lobby.close(await there.storey.seated(ada))
    async with asyncio.timeout(WITHIN):
        await asyncio.wait([mine])
    assert mine.cancelled()
    assert not others.done()
    there.let.set()
    await others
    await there.watches(0)
    assert there.in_flight._answers == {}


async def test_an_answer_about_a_room_that_is_gone_already_ends_too() -> None:
    """Whoever began it may have known the room."""
    there = Watched()
    answer = there.ask("none")
    async with asyncio.timeout(WITHIN):
        await asyncio.wait([answer])
    assert answer.cancelled()


async def test_who_goes_takes_the_answer_along() -> None:
    there = Watched()
    ada = await there.storey.open("Ada")
    for slowly in (False, True):
        answer = there.ask(ada.room.id)
        await (there.watches(1) if slowly else asyncio.sleep(0))
        answer.cancel()
        await asyncio.wait([answer])
        await there.watches(0)
        assert answer.cancelled()


async def test_of_two_answers_about_a_room_one_may_go() -> None:
    there = Watched()
    ada = await there.storey.open("Ada")
    one, other = there.ask(ada.room.id), there.ask(ada.room.id)
    await there.watches(2)
    one.cancel()
    await there.watches(1)
    await there.storey.lobby.close(await there.storey.seated(ada))
    async with asyncio.timeout(WITHIN):
        await asyncio.wait([other])
    assert other.cancelled()


async def test_who_takes_an_answer_in_time_gets_all_of_it() -> None:
    there = Watched()
    ada = await there.storey.open("Ada")
    slowly = [there.ask(ada.room.id) for _ in range(2)]
    await there.watches(2)
    there.let.set()
    await asyncio.gather(*slowly, there.ask(ada.room.id))
    assert there.in_flight._answers == {}
