"""Several processes as docs/deploy/cluster.md has them: its very files, and nothing kept."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.deployment import (
    Deployment,
    deployed,
    streams_of,
)
from tests.support.edge import Edge
from tests.support.patience import PATIENCE
from tests.support.processes import comes, until
from tests.support.tracing import tracing
from tests.support.visitors import Seat, join, kinds, open_room, texts

pytestmark = pytest.mark.asyncio(loop_scope="module")

BALANCING = {"by-room": True, "at-random": False}
SETTLES_WITHIN = PATIENCE
SOON = 0.05
NAMES = ("Ben", "Cleo")
ON_THE_MOVE = {502, 503}
"""What a POST is told that meets the end of a process."""


@dataclass
class Reader:
    """Reads /json through the proxy, and comes back with its cursor whenever that ends.

    At once, though it is asked to wait a little: while the process that sent it away still goes.
    """

    client: httpx.AsyncClient
    seat: Seat
    events: list[dict[str, Any]] = field(default_factory=list)
    greetings: int = 0
    told_to_come_back: list[float] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return texts(self.events)

    async def run(self) -> None:
        while True:
            with suppress(httpx.TransportError):
                await self._read()
            await asyncio.sleep(SOON)

    async def _read(self) -> None:
        cursor = self.events[-1]["cursor"] if self.events else ""
        headers = {**self.seat.headers, **({"Last-Event-ID": cursor} if cursor else {})}
        way = f"{self.seat.path}/json"
        async with self.client.stream("GET", way, headers=headers) as stream:
            if stream.status_code != httpx.codes.OK:
                return
            self.greetings += 1
            async for line in stream.aiter_lines():
                event = json.loads(line)
                if event["event"] == "reconnect":
                    self.told_to_come_back.append(event["retry"])
                elif "cursor" in event:
                    self.events.append(event)


@asynccontextmanager
async def talking(edge: Edge, address: str) -> AsyncIterator[list[Reader]]:
    """Open a room with three members; each reads until the block ends."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(edge.visitor(address))
        ada = await open_room(client)
        seats = [ada, *[await join(client, ada.code, name) for name in NAMES]]
        readers = [Reader(client, seat) for seat in seats]
        tasks = [asyncio.create_task(reader.run()) for reader in readers]
        try:
            await comes(lambda: all(reader.events for reader in readers), SETTLES_WITHIN)
            yield readers
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def have_heard(readers: list[Reader], said: list[str]) -> None:
    """Wait until everybody has heard it all; nobody may hear anything twice."""
    await comes(lambda: all(len(one.texts) >= len(said) for one in readers), SETTLES_WITHIN)
    for reader in readers:
        assert sorted(reader.texts) == sorted(said)
        places = [int(event["cursor"].partition("-")[2]) for event in reader.events]
        assert places == list(range(1, len(places) + 1))
    assert all(one.texts == readers[0].texts for one in readers)


async def talk(readers: list[Reader], *about: str) -> list[str]:
    """Let everybody say something about each of these, at once."""
    said: list[str] = []
    for one in about:
        lines = [f"{reader.seat.nickname} of {one}" for reader in readers]
        await asyncio.gather(*map(say_for_sure, readers, lines))
        said += lines
    return said


async def say_for_sure(reader: Reader, text: str) -> None:
    """Post until it is accepted, as the page does for whoever presses Send again."""
    fields = {"text": text, "key": f"the key of {text}"}

    async def is_accepted() -> bool:
        path = f"{reader.seat.path}/messages"
        answer = await reader.client.post(path, data=fields, headers=reader.seat.headers)
        assert answer.status_code in {201, *ON_THE_MOVE}, answer.text
        return answer.status_code == httpx.codes.CREATED

    await until(is_accepted, SETTLES_WITHIN)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=BALANCING)
async def deployment(request: pytest.FixtureRequest) -> AsyncIterator[Deployment]:
    async with deployed(by_room=BALANCING[request.param]) as running:
        yield running


async def test_a_strict_start_on_the_shipped_engine_says_no_warning(
    deployment: Deployment,
) -> None:
    for server in deployment.servers:
        assert server.stdout.startswith("Ephemera is open at ")
        assert not server.stderr


async def test_what_is_said_through_the_proxy_arrives_once_and_in_order(
    deployment: Deployment,
) -> None:
    async with talking(deployment.edge, "127.77.4.1") as readers:
        said = await talk(readers, "dusk", "paper", "mayflies")
        await have_heard(readers, said)
        assert kinds(readers[0].events)["member-joined"] == len(readers)


async def test_the_streams_of_a_room_are_in_one_process_unless_drawn_at_random(
    deployment: Deployment, request: pytest.FixtureRequest
) -> None:
    await until(lambda: is_quiet(deployment), SETTLES_WITHIN)
    async with AsyncExitStack() as stack:
        before, together = [0, 0, 0], []
        for number in range(5):
            address = f"127.77.5.{number + 1}"
            readers = await stack.enter_async_context(talking(deployment.edge, address))
            now = await deployment.streams()
            more = [count - earlier for count, earlier in zip(now, before, strict=True)]
            assert sum(more) == len(readers)
            together.append(len(readers) in more)
            before = now
        is_by_room = BALANCING[request.node.callspec.params["deployment"]]
        assert all(together) == is_by_room


async def is_quiet(deployment: Deployment) -> bool:
    return not any(await deployment.streams())


@pytest.mark.parametrize("balancing", BALANCING)
async def test_a_deploy_sends_readers_to_another_process_and_they_miss_nothing(
    balancing: str,
) -> None:
    async with (
        deployed(by_room=BALANCING[balancing]) as deployment,
        talking(deployment.edge, "127.77.6.1") as readers,
    ):
        said = await talk(readers, "before")
        streams = await deployment.streams()
        leaving = deployment.servers[streams.index(max(streams))]
        moved = max(streams)
        leaving.send(signal.SIGTERM)
        said += await talk(readers, "meanwhile")
        assert await leaving.ended() == 0
        staying = [server for server in deployment.servers if server is not leaving]
        await until(lambda: hold(staying, len(readers)), SETTLES_WITHIN)
        said += await talk(readers, "after")
        await have_heard(readers, said)
        waits = [reader.told_to_come_back for reader in readers if reader.greetings > 1]
        assert len(waits) == moved
        assert all(len(wait) == 1 and 1 <= wait[0] <= 5 for wait in waits)
        heard = kinds(readers[0].events)
        assert not heard.keys() & {"member-left", "member-went-away", "room-restored"}
        for server in deployment.servers:
            assert not server.stderr


async def hold(servers: list[Any], count: int) -> bool:
    return sum([await streams_of(server) for server in servers]) == count


# What the engine keeps


@pytest.mark.parametrize("name", ["SLOWLOG LEN", "ACL LOG"])
async def test_the_engine_keeps_no_command_and_refuses_none_of_ours(
    deployment: Deployment, name: str
) -> None:
    async with talking(deployment.edge, "127.77.7.1") as readers:
        await have_heard(readers, await talk(readers, "canaries"))
    async with deployment.engine.client("watcher") as watcher:
        assert not await watcher.execute_command(name)


async def test_the_engine_writes_no_file_and_says_nothing_of_a_room(
    deployment: Deployment,
) -> None:
    engine = deployment.engine
    async with (
        tracing(*engine.shop.pids()) as changed,
        talking(deployment.edge, "127.77.8.1") as readers,
    ):
        await have_heard(readers, await talk(readers, "canaries"))
        canaries = (readers[0].seat.room, readers[0].seat.code, "canaries")
    assert not changed
    assert not list(engine.folder.rglob("*"))
    assert b"Ready to accept connections" in engine.shop.printed()
    for canary in canaries:
        assert canary.encode() not in engine.shop.printed()
