"""Several processes on one Redis, and a Redis that goes away, with the real program."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.redis import RunningRedis, free_port, running_redis
from tests.support.server import RunningServer, outcome, running_server
from tests.support.sockets import Reader
from tests.support.visitors import Seat, join, kinds, leave, open_room, say, texts, visitor

SECRET = "the same for each of the processes"
SAYS_NO = {httpx.codes.SERVICE_UNAVAILABLE}


@pytest.fixture
def redis() -> Iterator[RunningRedis]:
    with running_redis() as running:
        yield running


@dataclass
class Place:
    """A process of several, and who comes to it."""

    server: RunningServer
    client: httpx.AsyncClient

    def reader(self, seat: Seat) -> Reader:
        return Reader(self.server.port, seat)


@asynccontextmanager
async def places(redis: RunningRedis, count: int = 3, **environ: str) -> AsyncIterator[list[Place]]:
    settings: dict[str, Any] = {
        "EPHEMERA_ENGINE": redis.url,
        "EPHEMERA_SECRET": SECRET,
        "EPHEMERA_STRICT": "1",
        "EPHEMERA_RATE_LIMITS": "off",
        **environ,
    }
    async with AsyncExitStack() as stack:
        servers = await asyncio.gather(
            *(stack.enter_async_context(running_server(**settings)) for _ in range(count))
        )
        clients = [
            await stack.enter_async_context(visitor(server.url, trust_env=False))
            for server in servers
        ]
        yield [Place(*each) for each in zip(servers, clients, strict=True)]


async def is_answered(place: Place, seat: Seat, text: str, key: str) -> httpx.Response:
    """Post until the engine can be reached again, as a page that tries again does."""
    answer: list[httpx.Response] = []

    async def taken() -> bool:
        path, fields = f"{seat.path}/messages", {"text": text, "key": key}
        answer[:] = [await place.client.post(path, data=fields, headers=seat.headers)]
        assert answer[0].status_code in {httpx.codes.CREATED, *SAYS_NO}, answer[0].text
        return answer[0].status_code == httpx.codes.CREATED

    await until(taken, within=PATIENCE)
    return answer[0]


# The start


async def test_an_engine_that_is_absent_stops_the_start_with_one_sentence() -> None:
    code, written = await outcome(
        "serve", "--bind", "127.0.0.1:0",
        EPHEMERA_ENGINE=f"redis://127.0.0.1:{free_port()}", EPHEMERA_SECRET=SECRET,
    )  # fmt: skip
    assert code == 1
    assert written == "ephemera: The engine does not answer at EPHEMERA_ENGINE.\n"


async def test_an_engine_needs_a_secret_that_is_the_same_everywhere(redis: RunningRedis) -> None:
    code, written = await outcome("serve", EPHEMERA_ENGINE=redis.url)
    assert code == 1
    assert written.startswith("ephemera: EPHEMERA_SECRET must be set")


async def test_rooms_of_another_layout_are_not_touched(redis: RunningRedis) -> None:
    redis.client().set("ephemera:layout", "0")
    code, written = await outcome("serve", EPHEMERA_ENGINE=redis.url, EPHEMERA_SECRET=SECRET)
    assert (code, written.count("\n")) == (1, 1)
    assert redis.client().get("ephemera:layout") == "0"


async def test_a_strict_start_refuses_an_engine_that_remembers(redis: RunningRedis) -> None:
    redis.client().config_set("slowlog-log-slower-than", "1000")
    environ: dict[str, Any] = {"EPHEMERA_ENGINE": redis.url, "EPHEMERA_SECRET": SECRET}
    code, written = await outcome("serve", EPHEMERA_STRICT="1", **environ)
    assert code == 1
    assert "slowlog-log-slower-than -1" in written
    async with running_server(**environ) as server:
        assert "slowlog-log-slower-than -1" in server.stderr


# Several processes


async def test_a_room_is_the_same_from_every_process(redis: RunningRedis) -> None:
    async with places(redis) as (first, second, third):
        ada = await open_room(first.client)
        ben = await join(second.client, ada.code, "Ben")
        async with first.reader(ada) as one, second.reader(ben) as two, third.reader(ben) as three:
            for number in range(10):
                await say(first.client, ada, f"ada {number}")
                await say(third.client, ben, f"ben {number}")
            for reader in (one, two, three):
                await reader.until_texts(20)
            assert one.texts == two.texts == three.texts
            assert sorted(one.texts) == sorted(
                f"{name} {number}" for name in ("ada", "ben") for number in range(10)
            )
            await leave(second.client, ben)
            await one.until(lambda events: events[-1]["event"] == "member-left")
        await leave(third.client, ada)
        for place in (first, second, third):
            answer = await place.client.get(f"{ada.path}/json", headers=ada.headers)
            assert answer.status_code == httpx.codes.NOT_FOUND
        await until(lambda: all_is_gone(redis), within=PATIENCE)


async def all_is_gone(redis: RunningRedis) -> bool:
    kinds = {key.split(":")[2] for key in redis.client().scan_iter("ephemera:{*")}
    return kinds <= {"gone"}


async def test_capacity_and_budgets_hold_across_processes(redis: RunningRedis) -> None:
    async with places(redis, EPHEMERA_RATE_LIMITS="on") as all_places:
        ada = await open_room(all_places[0].client)
        fields = {"code": ada.code}
        answers = await asyncio.gather(
            *(
                place.client.post(
                    "/join", data={**fields, "nickname": f"Ben {number} of {where}"},
                    headers={"Accept": "application/json"},
                )
                for number in range(7)
                for where, place in enumerate(all_places)
            )
        )  # fmt: skip
        taken = [answer.status_code for answer in answers]
        assert taken.count(httpx.codes.CREATED) == 7
        spoken = [
            (await place.client.post(
                f"{ada.path}/messages", data={"text": "hello"}, headers=ada.headers
            )).status_code
            for _ in range(4) for place in all_places
        ]  # fmt: skip
        assert httpx.codes.TOO_MANY_REQUESTS in spoken
        assert spoken.count(httpx.codes.CREATED) <= 7, "five at once, then one a second"


async def test_whoever_is_sent_away_by_a_stop_goes_on_elsewhere(redis: RunningRedis) -> None:
    async with places(redis) as (first, second, _):
        ada = await open_room(first.client)
        ben = await join(first.client, ada.code, "Ben")
        async with first.reader(ada) as one, second.reader(ben) as two:
            await say(second.client, ben, "before")
            await one.until_texts(1)
            first.server.send(signal.SIGTERM)
            while await one.read():
                pass
            await say(second.client, ben, "in between")
            moved = second.reader(ada)
            moved.cursor = one.cursor
            async with moved:
                await say(second.client, ben, "after")
                await moved.until_texts(2)
                await two.until_texts(3)
            assert one.texts + moved.texts == two.texts == ["before", "in between", "after"]
            assert "member-left" not in {event["event"] for event in two.events}
        assert await first.server.ended() == 0


async def test_the_rooms_of_a_process_that_was_killed_are_reaped_by_another(
    redis: RunningRedis,
) -> None:
    async with places(redis) as (first, second, _):
        ada = await open_room(first.client, grace=30)
        await leave(first.client, await join(first.client, ada.code))
        async with first.reader(ada) as reader:
            await reader.until_live()
            os.kill(first.server.pid, signal.SIGKILL)
            # As when half a minute has passed: a lease and a grace that nobody renewed.
            await until(lambda: is_gone(second, ada), within=PATIENCE)


async def is_gone(place: Place, seat: Seat) -> bool:
    answer = await place.client.head(f"{seat.path}/json", headers=seat.headers)
    return answer.status_code == httpx.codes.NOT_FOUND


# An engine that goes away


async def test_what_is_sent_while_the_engine_is_away_is_refused_and_never_doubled(
    redis: RunningRedis,
) -> None:
    async with places(redis, count=2) as (first, second):
        ada = await open_room(first.client)
        async with first.reader(ada) as reader:
            await say(first.client, ada, "before")
            await reader.until_texts(1)
            redis.process.send_signal(signal.SIGSTOP)
            path, key = f"{ada.path}/messages", "a key of sixteen"
            form = {"text": "kept in its field", "key": key}
            answer = await first.client.post(path, data=form, headers=ada.headers)
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert int(answer.headers["Retry-After"]) >= 1
            page = await first.client.post(
                path, data=form, headers={"Cookie": f"seat={ada.token}", "HX-Request": "true"}
            )
            assert page.status_code == httpx.codes.SERVICE_UNAVAILABLE
            redis.process.send_signal(signal.SIGCONT)
            told = await is_answered(second, ada, "kept in its field", key)
            again = await is_answered(first, ada, "kept in its field", key)
            assert told.json() == again.json()
            await say(second.client, ada, "after")
            await reader.until_texts(3)
            assert reader.texts == ["before", "kept in its field", "after"]


async def test_a_room_with_open_streams_outlives_a_restart_of_the_engine(
    redis: RunningRedis,
) -> None:
    async with places(redis) as (first, second, third):
        ada = await open_room(first.client)
        ben = await join(second.client, ada.code, "Ben")
        alone = await open_room(third.client)
        async with first.reader(ada) as one, second.reader(ben) as two:
            await say(first.client, ada, "lost")
            for reader in (one, two):
                await reader.until_texts(1)
            redis.stop()
            while {"event": "reach", "reached": False} not in one.signals:
                assert await one.read()
            redis.start_again()
            for reader, place in ((one, first), (two, second)):
                text = f"by {place.server.port}"
                await is_answered(place, ada, text, text.zfill(16))
                await comes_back(reader, lambda told: "room-restored" in kinds(told))
            said = {f"by {place.server.port}" for place in (first, second)}
            for reader in (one, two):
                await comes_back(reader, lambda told: said <= set(texts(told)))
            assert texts(unfolded(one)).count("lost") == 1
        cleo = await join(third.client, ada.code, "Cleo")
        assert cleo.room == ada.room
        answer = await third.client.get(f"{alone.path}/json", headers=alone.headers)
        gone = {httpx.codes.NOT_FOUND, *SAYS_NO}  # for half a minute somebody might bring it back
        assert answer.status_code in gone
        for place in (first, second, third):
            assert "Traceback" not in place.server.stderr


async def comes_back(reader: Reader, done: Callable[[list[dict[str, Any]]], bool]) -> None:
    """Read on as a client does, that connects again whenever its stream has ended."""
    async with asyncio.timeout(PATIENCE):
        while not done(unfolded(reader)):
            if not await reader.read():
                reader.vanish()
                await asyncio.sleep(0.1)
                await reader.connect()


def unfolded(reader: Reader) -> list[dict[str, Any]]:
    """Return what the reader was told, with what a resync told all at once."""
    return [told for event in reader.events for told in (event, *event.get("events", ()))]
