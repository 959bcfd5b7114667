"""Streams over real connections: every event once and in order, whatever happens to the wire."""

import asyncio
import random
import time

import httpx
import pytest

from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.server import RunningServer, running_server
from tests.support.sockets import Reader, calling, connection, exchange, read_all
from tests.support.visitors import (
    Seat,
    gauges,
    join,
    kinds,
    open_room,
    say_plainly,
    visitor,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

MESSAGES = 500
BEHIND = 20  # far less than the log holds: nobody needs a resync


async def test_8_readers_killed_at_random_get_500_messages_once_and_in_order(
    server: RunningServer,
) -> None:
    async with (
        visitor(server.url) as client,
        calling(server.port) as caller,
    ):
        ada = await open_room(client, capacity=8)
        seats = [ada, *[await join(client, ada.code, f"Ben{number}") for number in range(7)]]
        readers = [Reader(server.port, seat) for seat in seats]
        for reader in readers:
            await reader.connect()
            await reader.until_live()
        reading = asyncio.gather(
            *(read_with_accidents(reader, seed) for seed, reader in enumerate(readers))
        )
        said = [f"{number} of {MESSAGES}" for number in range(MESSAGES)]
        for number, text in enumerate(said):
            await caller.say(ada, text)
            await until(lambda: nobody_is_far_behind(readers, number), within=PATIENCE)  # noqa: B023 - it is awaited at once
        accidents = await asyncio.wait_for(reading, PATIENCE)
        assert min(accidents) > 10, "the premise: everybody was cut often"
        for reader in readers:
            assert_complete(reader, said)
        assert "ERROR" not in server.stderr


async def read_with_accidents(reader: Reader, seed: int) -> int:
    """Read to the last message; reset the connection now and then. Return how often."""
    chance, accidents = random.Random(seed), 0  # noqa: S311 # the same accidents every time
    while len(reader.texts) < MESSAGES:
        if chance.random() < 0.1:
            reader.vanish()
            accidents += 1
            await reader.connect()
        assert await reader.read()
    reader.vanish()
    return accidents


async def nobody_is_far_behind(readers: list[Reader], number: int) -> bool:
    return all(len(reader.texts) > number - BEHIND for reader in readers)


def assert_complete(reader: Reader, said: list[str]) -> None:
    assert reader.texts == said
    sequences = [int(event["cursor"].partition("-")[2]) for event in reader.events]
    assert sequences == list(range(1, len(sequences) + 1)), "every event once, and in order"
    counted = kinds(reader.events)
    assert counted["member-left"] == counted["resync"] == 0
    assert counted["member-joined"] == 8


async def test_a_killed_connection_that_comes_back_makes_no_noise(server: RunningServer) -> None:
    async with visitor(server.url) as client:
        ada = await open_room(client)
        ben = await join(client, ada.code)
        async with Reader(server.port, ada) as reader:
            mine = Reader(server.port, ben)
            await mine.connect()
            await mine.until_live()
            mine.vanish()
            await until(lambda: has_streams(client, 1), within=PATIENCE)
            await say_plainly(client, ada, "while Ben was in a tunnel")
            await mine.connect()
            await mine.until_texts(1)
            await say_plainly(client, ada, "and out of it")
            for each in (mine, reader):
                await each.until_texts(2)
                counted = kinds(each.events)
                assert counted == {"room-opened": 1, "member-joined": 2, "message-posted": 2}
            mine.vanish()


async def has_streams(client: httpx.AsyncClient, count: int) -> bool:
    return (await gauges(client))["streams"] == count


async def test_heartbeats_come_on_a_silent_stream() -> None:
    async with (
        running_server(EPHEMERA_HEARTBEAT="0.4") as server,
        visitor(server.url) as client,
    ):
        ada = await open_room(client)
        started = time.monotonic()
        async with Reader(server.port, ada) as reader, asyncio.timeout(PATIENCE):
            while reader.pings < 6:
                assert await reader.read()
            # The first is the greeting; the others come at least so much apart.
            assert time.monotonic() - started > 4 * 0.4
            assert kinds(reader.events) == {"room-opened": 1, "member-joined": 1}


async def test_heartbeats_of_events_are_named_and_have_an_id(server: RunningServer) -> None:
    async with visitor(server.url) as client:
        ada = await open_room(client)
        async with connection(server.port) as (reader, writer):
            writer.write(ada.request("events"))
            async with asyncio.timeout(PATIENCE):
                block = await reader.readuntil(b"event: ping\n")
                assert b"\nid: " in block.rpartition(b"\n\n")[0] or b"id: " in block
                assert await reader.readline() == b"data: \n"


async def test_a_stream_at_the_end_of_its_life_asks_to_come_back_in_1_to_5_seconds() -> None:
    async with (
        running_server(EPHEMERA_STREAM_LIFETIME="1", EPHEMERA_RATE_LIMITS="off") as server,
        visitor(server.url) as client,
    ):
        ada = await open_room(client)
        answers = await asyncio.gather(
            *(exchange(server.port, closing(seat)) for seat in [ada, await join(client, ada.code)])
        )
        for answer in answers:
            last = answer.partition(b"event: reconnect\n")[2]
            retry, _, rest = last.partition(b"\n")
            assert retry.startswith(b"retry: ")
            assert 1_000 <= int(retry.removeprefix(b"retry: ")) <= 5_000
            assert rest.endswith(b"0\r\n\r\n"), "it ended, and was not cut"


def closing(seat: Seat) -> bytes:
    return seat.request("events", headers={"Connection": "close"})


async def test_nothing_is_missed_when_a_stream_reaches_the_end_of_its_life() -> None:
    async with (
        running_server(EPHEMERA_STREAM_LIFETIME="1", EPHEMERA_RATE_LIMITS="off") as server,
        visitor(server.url) as client,
    ):
        ada = await open_room(client)
        reader = Reader(server.port, ada)
        for number in range(3):
            await reader.connect()
            await say_plainly(client, ada, str(number))
            while await reader.read():
                pass
            assert reader.events[-1]["event"] == "reconnect"
            reader.vanish()
        assert reader.texts == ["0", "1", "2"]


@pytest.mark.parametrize("way", ["events", "json", "raw"])
async def test_head_answers_as_get_would_and_subscribes_nobody(
    server: RunningServer, way: str
) -> None:
    async with visitor(server.url) as client:
        ada = await open_room(client)
        async with client.stream("GET", f"{ada.path}/{way}", headers=ada.headers) as got:
            await until(lambda: has_streams(client, 1), within=PATIENCE)
            head = await client.head(f"{ada.path}/{way}", headers=ada.headers)
            assert await has_streams(client, 1)
        assert head.status_code == got.status_code == httpx.codes.OK
        assert head.headers["content-type"] == got.headers["content-type"]
        assert not head.content


async def test_a_stream_too_many_is_refused_and_the_process_says_that_it_is_not_ready() -> None:
    async with (
        running_server(EPHEMERA_MAX_STREAMS="5", EPHEMERA_RATE_LIMITS="off") as server,
        visitor(server.url) as client,
    ):
        seats = [await open_room(client, f"Ada{number}") for number in range(6)]
        readers = [Reader(server.port, seat) for seat in seats[:5]]
        for reader in readers:
            await reader.connect()
        await until(lambda: has_streams(client, 5), within=PATIENCE)
        await assert_refused(client, f"{seats[5].path}/json", seats[5].headers)
        await assert_refused(client, "/health/ready", {})
        assert (await client.get("/health/live")).status_code == httpx.codes.OK
        readers[0].vanish()
        await until(lambda: has_streams(client, 4), within=PATIENCE)
        assert (await client.get("/health/ready")).status_code == httpx.codes.OK
        for reader in readers[1:]:
            reader.vanish()


async def assert_refused(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> None:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert int(answer.headers["retry-after"]) > 0


async def test_a_second_request_on_the_connection_of_a_stream_leaves_no_ghost() -> None:
    """Hypercorn stops reading then: only the heartbeat finds out that the client has gone."""
    async with (
        running_server(EPHEMERA_HEARTBEAT="0.5") as server,
        visitor(server.url) as client,
    ):
        ada = await open_room(client)
        async with connection(server.port) as (reader, writer):
            writer.write(ada.request("json") + ada.request("json"))
            async with asyncio.timeout(PATIENCE):
                await reader.readuntil(b'{"event":"ping"}\n')
                await say_plainly(client, ada, "heard once")
                heard = await reader.readuntil(b"heard once")
            assert heard.count(b"HTTP/1.1") == 0
            assert await has_streams(client, 1)
        await until(lambda: has_streams(client, 0), within=PATIENCE)
        assert "ERROR" not in server.stderr


async def test_a_client_of_http_1_0_gets_the_stream_until_the_connection_ends(
    server: RunningServer,
) -> None:
    async with visitor(server.url) as client:
        ada = await open_room(client)
        async with connection(server.port) as (reader, writer):
            writer.write(ada.request("json", version="1.0"))
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 ")
                assert b"chunked" not in head
                await reader.readuntil(b'{"event":"ping"}\n')
                await client.post(f"{ada.path}/close", headers=ada.headers)
                assert b'"room-wiped"' in await read_all(reader)


async def test_a_stream_over_http_2_without_tls_works_too_where_it_is_asked_for() -> None:
    async with (
        running_server(EPHEMERA_HTTP2_ON_PLAIN_PORTS="on") as server,
        visitor(server.url) as client,
    ):
        ada = await open_room(client)
        async with visitor(server.url, http1=False, http2=True) as other:
            streaming = other.stream("GET", f"{ada.path}/json", headers=ada.headers)
            async with streaming as stream, asyncio.timeout(PATIENCE):
                assert stream.http_version == "HTTP/2"
                await say_plainly(client, ada, "by another road")
                async for line in stream.aiter_lines():
                    if "by another road" in line:
                        break
        await until(lambda: has_streams(client, 0), within=PATIENCE)
        assert "ERROR" not in server.stderr
