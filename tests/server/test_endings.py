"""The end of rooms in real time: not before the grace is over, and soon after."""

import asyncio

import httpx

from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.server import RunningServer, running_server
from tests.support.sockets import Reader
from tests.support.stopwatch import Stopwatch
from tests.support.visitors import (
    AS_PROGRAM,
    Seat,
    gauges,
    is_seated,
    join,
    kinds,
    leave,
    open_room,
    say,
    visitor,
)

GRACE = 30
LATER = 2.0
GONE_WITHIN = 1.0
EMPTY_WITHIN = PATIENCE


async def test_rooms_are_wiped_when_their_grace_is_over_and_not_before() -> None:
    """All the waits at once, for the grace is real."""
    async with (
        running_server(EPHEMERA_RATE_LIMITS="off") as server,
        visitor(server.url) as client,
    ):
        async with asyncio.TaskGroup() as waits:
            for wait in (
                never_streamed(server, client),
                all_tabs_closed(server, client),
                joined_and_never_streamed(server, client),
                posted_and_never_streamed(server, client),
            ):
                waits.create_task(wait)
            waits.create_task(one_stays(server, client))
        assert await gauges(client) == {"rooms": 0, "streams": 0}
        assert "ERROR" not in server.stderr


async def open_met_room(client: httpx.AsyncClient) -> Seat:
    """Open a room in which a guest has been: without one, it would wait for an hour."""
    ada = await open_room(client, grace=GRACE)
    await leave(client, await join(client, ada.code))
    return ada


async def never_streamed(server: RunningServer, client: httpx.AsyncClient) -> None:
    opened = Stopwatch(server.pid)
    ada = await open_met_room(client)
    await assert_wiped_in_time(client, ada, opened)


async def joined_and_never_streamed(server: RunningServer, client: httpx.AsyncClient) -> None:
    ada = await open_room(client, grace=GRACE)
    joined = Stopwatch(server.pid)
    ben = await join(client, ada.code)
    await assert_wiped_in_time(client, ben, joined)


async def posted_and_never_streamed(server: RunningServer, client: httpx.AsyncClient) -> None:
    ada = await open_met_room(client)
    posted = Stopwatch(server.pid)
    await say(client, ada, "a sign of life")
    await assert_wiped_in_time(client, ada, posted)


async def all_tabs_closed(server: RunningServer, client: httpx.AsyncClient) -> None:
    ada = await open_met_room(client)
    tabs = [Reader(server.port, ada) for _ in range(3)]
    for tab in tabs:
        await tab.connect()
        await tab.until_live()
    closed = Stopwatch(server.pid)
    for tab in tabs:
        tab.vanish()
    await assert_wiped_in_time(client, ada, closed)


async def one_stays(server: RunningServer, client: httpx.AsyncClient) -> None:
    """The premise of the others: an open stream keeps seat and room; the away seat is released."""
    ada = await open_room(client, grace=GRACE)
    async with Reader(server.port, ada) as reader:
        joined = Stopwatch(server.pid)
        ben = await join(client, ada.code)
        await reader.until(lambda events: kinds(events)["member-left"] == 1, GRACE + PATIENCE)
        assert_in_time(joined)
        assert not await is_seated(client, ben)
        assert await is_seated(client, ada)
    await leave(client, ada)
    await assert_gone(client, ada)


async def assert_wiped_in_time(client: httpx.AsyncClient, seat: Seat, last_sign: Stopwatch) -> None:
    async def is_gone() -> bool:
        return not await is_seated(client, seat)

    await until(is_gone, GRACE + PATIENCE)
    assert_in_time(last_sign)
    await assert_gone(client, seat)


def assert_in_time(last_sign: Stopwatch) -> None:
    assert last_sign.seconds_by_the_wall >= GRACE
    assert last_sign.seconds < GRACE + LATER


async def assert_gone(client: httpx.AsyncClient, seat: Seat) -> None:
    """The room answers as one that never was, and its code as one that never was."""
    never = seat.path[:-4] + "0000"
    for way in ("", "/events", "/json", "/raw", "/mine.css"):
        answer = await client.get(seat.path + way, headers=seat.headers)
        strange = await client.get(never + way, headers=seat.headers)
        assert answer.status_code == httpx.codes.NOT_FOUND
        assert answer.content == strange.content
    for code in (seat.code, "00000-00000"):
        fields = {"nickname": "Mallory", "code": code}
        answer = await client.post("/join", data=fields, headers=AS_PROGRAM)
        assert answer.status_code == httpx.codes.NOT_FOUND
        assert answer.json()["error"]["reason"] == "wrong-code"


async def test_after_the_last_leave_the_room_is_unreachable_within_a_second() -> None:
    async with running_server() as server, visitor(server.url) as client:
        ada = await open_room(client)
        ben = await join(client, ada.code)
        async with Reader(server.port, ben) as reader:
            await leave(client, ada)
            await reader.until(lambda events: kinds(events)["member-left"] == 1)
            assert await is_seated(client, ben), "the premise: the other one keeps the room"
            left = Stopwatch(server.pid)
            await leave(client, ben)
            assert not await is_seated(client, ben)
            assert left.seconds < GONE_WITHIN
            await assert_gone(client, ben)
            while await reader.read():
                pass
            assert reader.events[-1]["event"] in {"member-left", "room-wiped"}
        await until(lambda: is_empty(client), EMPTY_WITHIN)


async def is_empty(client: httpx.AsyncClient) -> bool:
    return await gauges(client) == {"rooms": 0, "streams": 0}
