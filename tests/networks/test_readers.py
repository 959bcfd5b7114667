"""On each network that gets in the way: soon heard, and still live after a long silence."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.networks.conftest import HEARTBEAT
from tests.networks.test_hostile import FIRST_WORD, NETWORKS, WITHIN
from tests.support.faithful import Faithful, reading, say_for_sure
from tests.support.hostile import Network
from tests.support.server import RunningServer
from tests.support.stopwatch import slowness
from tests.support.visitors import Seat, join, open_room, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOON = 1.0
SOON_IN_SLOW_MODE = 2.0
TEN_MINUTES = 600 * HEARTBEAT / 15


@dataclass(frozen=True)
class Idler:
    """Somebody on such a network who has heard the opening, and nothing since."""

    ada: Seat
    reader: Faithful
    network: Network
    since: float


@asynccontextmanager
async def idling(name: str, server: RunningServer) -> AsyncIterator[Idler]:
    async with visitor(server.url) as client:
        ada = await open_room(client)
        ben = await join(client, ada.code)
    async with NETWORKS[name](server.port) as network:
        reader = Faithful(network.url, ben, "events", FIRST_WORD * 3)
        async with reading(reader):
            await say_for_sure(server.url, ada, 0)
            await reader.until(1, WITHIN)
            yield Idler(ada, reader, network, asyncio.get_running_loop().time())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def idlers(server: RunningServer) -> AsyncIterator[Mapping[str, Idler]]:
    """Let somebody idle on each network at once."""
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(idling(name, server)) for name in NETWORKS}


@pytest.mark.parametrize("name", NETWORKS)
async def test_a_message_is_heard_within_a_second_or_two_in_slow_mode(
    server: RunningServer,
    idlers: Mapping[str, Idler],  # noqa: ARG001 - they begin now
    name: str,
) -> None:
    """The median of five: the machine may be busy."""
    loop = asyncio.get_running_loop()
    took: list[float] = []
    async with idling(name, server) as idler:
        for number in range(1, 6):
            start = loop.time()
            await say_for_sure(server.url, idler.ada, number)
            await idler.reader.until(number + 1, WITHIN)
            took.append(loop.time() - start)
        assert idler.reader.is_finite == (name == "holding")
        soon = SOON_IN_SLOW_MODE if idler.reader.is_finite else SOON
        assert statistics.median(took) < soon * slowness()


@pytest.mark.parametrize("name", NETWORKS)
async def test_an_idle_reader_is_still_live_after_ten_minutes(
    server: RunningServer, idlers: Mapping[str, Idler], name: str
) -> None:
    """Ten minutes are 20 s here, as the heartbeat and the network's time-out are a thirtieth."""
    idler = idlers[name]
    loop = asyncio.get_running_loop()
    await asyncio.sleep(max(0.0, idler.since + TEN_MINUTES - loop.time()))
    start = loop.time()
    await say_for_sure(server.url, idler.ada, 1)
    await idler.reader.until(2, WITHIN)
    assert loop.time() - start < 2 * SOON_IN_SLOW_MODE * slowness()
    assert idler.reader.numbers == [0, 1]
    assert not idler.reader.resyncs
