"""Five networks that get in the way: every reader gets each message exactly once, and in order.

Time-outs are shortened like the heartbeat, to a thirtieth.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress

import httpx
import pytest

from tests.networks.conftest import HEARTBEAT
from tests.support.faithful import Faithful, Poster, reading, say_for_sure
from tests.support.hostile import (
    Network,
    cutting_at_random,
    cutting_idle,
    holding,
    slow_and_lossy,
    speaking_http_1_0,
)
from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.server import RunningServer, running_server
from tests.support.visitors import Seat, join, open_room, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

WITHIN = PATIENCE
FIRST_WORD = 6 * HEARTBEAT / 15
IDLE = 20 * HEARTBEAT / 15
# With this one the slow network loses its 2nd, its 17th and its 19th connection.
SEED = 2335

NETWORKS: Mapping[str, Callable[[int], AbstractAsyncContextManager[Network]]] = {
    "holding": holding,
    "cutting-idle": lambda port: cutting_idle(port, IDLE),
    "http-1.0": speaking_http_1_0,
    "cutting-at-random": lambda port: cutting_at_random(port, SEED),
    "slow-and-lossy": lambda port: slow_and_lossy(port, SEED),
}
# Nothing is idle for long here; this network has two tests of its own.
MAY_BE_HARMLESS = {"cutting-idle"}


async def three_seats(client: httpx.AsyncClient) -> tuple[Seat, Seat, Seat]:
    ada = await open_room(client)
    return ada, await join(client, ada.code, "Ben"), await join(client, ada.code, "Cleo")


def assert_faithful(*readers: Faithful, numbers: list[int]) -> None:
    """Each has every message once, in the order of the log, and never lost its place."""
    for reader in readers:
        assert reader.numbers == numbers
        assert reader.sequences == sorted(set(reader.sequences))
        assert not reader.resyncs


@pytest.mark.parametrize("name", NETWORKS)
async def test_every_reader_gets_each_message_exactly_once_and_in_order(
    name: str, server: RunningServer
) -> None:
    async with visitor(server.url) as client, NETWORKS[name](server.port) as network:
        ada, ben, cleo = await three_seats(client)
        html = Faithful(network.url, ben, "events", FIRST_WORD * 3)
        lines = Faithful(network.url, cleo, "json", FIRST_WORD * 3)
        async with reading(html, lines):
            for number in range(20):
                await say_for_sure(network.url, ada, number)
            await asyncio.gather(html.until(20, WITHIN), lines.until(20, WITHIN))
        assert_faithful(html, lines, numbers=list(range(20)))
        assert network.harm or name in MAY_BE_HARMLESS


@pytest.mark.parametrize("name", NETWORKS)
async def test_open_and_join_work_and_a_wiped_room_is_seen(
    name: str, server: RunningServer
) -> None:
    async with NETWORKS[name](server.port) as network:
        ada = await persistently(network, lambda client, _: open_room(client))
        ben = await persistently(network, lambda client, name: join(client, ada.code, name))
        reader = Faithful(network.url, ben, "json", FIRST_WORD * 3)
        async with visitor(server.url) as client, reading(reader):
            await client.post(f"{ada.path}/close", headers=ada.headers)
            await until(lambda: _is(reader.ended), WITHIN)


async def persistently(
    network: Network, act: Callable[[httpx.AsyncClient, str], Awaitable[Seat]]
) -> Seat:
    """Do it again until the answer comes; when one is lost the seat is taken, and the name too."""
    for nickname in ("Ben", "Cleo", "Dan", "Fay", "Gus", "Hal"):
        async with visitor(network.url) as client:
            with suppress(httpx.HTTPError):
                return await act(client, nickname)
    raise AssertionError("No answer comes through")


async def _is(value: object) -> bool:
    return bool(value)


async def test_a_proxy_that_holds_bodies_makes_the_reader_turn_to_finite_streams(
    server: RunningServer,
) -> None:
    async with visitor(server.url) as client, holding(server.port) as network:
        ada, ben, _ = await three_seats(client)
        reader = Faithful(network.url, ben, "events", FIRST_WORD * 3)
        async with reading(reader):
            await until(lambda: _is(reader.is_finite), WITHIN)
            assert reader.tries == 1
            await say_for_sure(server.url, ada, 7)
            await reader.until(1, WITHIN)


async def test_an_idle_stream_is_kept_by_its_heartbeat() -> None:
    """A fifth of the time here: a busy machine may be a second late."""
    async with (
        running_server(EPHEMERA_RATE_LIMITS="off", EPHEMERA_HEARTBEAT="3") as server,
        visitor(server.url) as client,
        cutting_idle(server.port, 4.0) as network,
    ):
        ada, ben, _ = await three_seats(client)
        reader = Faithful(network.url, ben, "json", FIRST_WORD * 3)
        loop = asyncio.get_running_loop()
        async with reading(reader):
            start = loop.time()
            await until(lambda: _is(loop.time() > start + 9), WITHIN)
            await say_for_sure(server.url, ada, 1)
            await reader.until(1, WITHIN)
        assert (reader.tries, network.harm) == (1, 0)


async def test_a_stream_that_is_cut_while_idle_comes_back_and_misses_nothing() -> None:
    async with (
        running_server(EPHEMERA_RATE_LIMITS="off", EPHEMERA_HEARTBEAT="60") as silent,
        visitor(silent.url) as client,
        cutting_idle(silent.port, IDLE / 2) as network,
    ):
        ada, ben, _ = await three_seats(client)
        reader = Faithful(network.url, ben, "json", FIRST_WORD * 3)
        async with reading(reader):
            for number in range(5):
                await until(lambda: _is(network.harm > number), WITHIN)  # noqa: B023 # awaited here
                await say_for_sure(silent.url, ada, number)
            await reader.until(5, WITHIN)
        assert_faithful(reader, numbers=list(range(5)))


async def test_a_message_whose_answer_was_lost_is_posted_once(server: RunningServer) -> None:
    async with visitor(server.url) as client:
        ada, ben, _ = await three_seats(client)
        reader = Faithful(server.url, ben)
        async with cutting_at_random(server.port, SEED, 4_000) as network, reading(reader):
            tries = [await say_for_sure(network.url, ada, number) for number in range(10)]
            await reader.until(10, WITHIN)
        assert sum(tries) > 10
        assert_faithful(reader, numbers=list(range(10)))


MANY = 10_000
BURST = 125
"""Fewer than the log holds: who is cut while a burst comes finds all of it there."""


async def test_ten_thousand_messages_through_random_cuts_reach_each_reader_once_in_order(
    server: RunningServer,
) -> None:
    asyncio.get_running_loop().set_debug(False)  # twice as fast, and nothing of ours runs in it
    async with visitor(server.url) as client, cutting_at_random(server.port, SEED) as network:
        ada, ben, cleo = await three_seats(client)
        html, lines = Faithful(network.url, ben, "events"), Faithful(network.url, cleo)
        poster = Poster(server.url, ada)
        async with reading(html, lines):
            for first in range(0, MANY, BURST):
                await say_for_sure(network.url, ada, first)
                await poster.say(*range(first + 1, first + BURST))
                count = first + BURST
                await asyncio.gather(html.until(count, WITHIN), lines.until(count, WITHIN))
        assert_faithful(html, lines, numbers=list(range(MANY)))
        assert network.harm > MANY / 100
