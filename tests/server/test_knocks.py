"""Those who wait at the door of a running server: the answer, the crowd, and the stop."""

import asyncio
from asyncio import StreamReader
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx
import pytest

from tests.support.patience import PATIENCE
from tests.support.server import RunningServer, running_server
from tests.support.sockets import calling
from tests.support.stopwatch import seconds_of
from tests.support.visitors import AS_PROGRAM, Seat, open_room, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANSWERED_WITHIN = PATIENCE
FORM = "application/x-www-form-urlencoded"
ENDS_WITHIN = 5.0
MOST_KNOCKS = 16
KNOCKS = 200
HEARTBEAT = b"1\r\n\n\r\n"
PAGES_OF_A_KNOCK = 3


@dataclass(frozen=True)
class Knocker:
    """Who waits, as a program was told."""

    seat: Seat
    knock: str

    async def state(self, client: httpx.AsyncClient) -> str:
        answer = await client.get(f"{self.seat.path}/knock", headers=self.seat.headers)
        assert answer.status_code == httpx.codes.OK, answer.text
        return str(answer.json()["state"])


async def an_asking_room(client: httpx.AsyncClient) -> Seat:
    ada = await open_room(client)
    await do(client, ada, "options", ask="yes")
    return ada


async def do(client: httpx.AsyncClient, seat: Seat, what: str, **form: str) -> None:
    answer = await client.post(f"{seat.path}/{what}", data=form, headers=seat.headers)
    assert answer.status_code == httpx.codes.NO_CONTENT, answer.text


async def ask_to_join(client: httpx.AsyncClient, ada: Seat, nickname: str) -> httpx.Response:
    form = {"nickname": nickname, "code": ada.code}
    return await client.post("/join", data=form, headers=AS_PROGRAM)


async def knock(client: httpx.AsyncClient, ada: Seat, nickname: str) -> Knocker:
    answer = await ask_to_join(client, ada, nickname)
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    told = answer.json()
    seat = Seat(ada.room, "", "", nickname, told["token"])
    return Knocker(seat, told["knock"]["id"])


@asynccontextmanager
async def waiting(port: int, knocker: Knocker) -> AsyncIterator[StreamReader]:
    """Open the page of who waits, until its last word is there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(knocker.seat.request("waiting"))
        async with asyncio.timeout(ANSWERED_WITHIN):
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
            await reader.readuntil(b"</html>")
        yield reader
    finally:
        writer.close()


async def ended(page: StreamReader) -> None:
    """Wait until the page is over in good order, and is over with nothing more but heartbeats."""
    rest = await asyncio.wait_for(page.readuntil(b"0\r\n\r\n"), ANSWERED_WITHIN)
    assert not rest.removesuffix(b"0\r\n\r\n").replace(HEARTBEAT, b"").strip(), rest


async def test_the_pages_of_all_who_wait_end_with_their_answer_and_no_other(
    server: RunningServer,
) -> None:
    async with (
        visitor(server.url) as client,
        AsyncExitStack() as stack,
    ):
        ada = await an_asking_room(client)
        zoe, yan = [await knock(client, ada, name) for name in ("Zoe", "Yan")]
        page = await stack.enter_async_context(waiting(server.port, zoe))
        other = await stack.enter_async_context(waiting(server.port, yan))
        await do(client, ada, "admissions", knock=zoe.knock)
        await ended(page)
        assert await zoe.state(client) == "admitted"
        assert await yan.state(client) == "waiting"
        await do(client, ada, "admissions", knock=yan.knock, answer="decline")
        await ended(other)
        assert await yan.state(client) == "declined"
        for secret in ("Zoe", "Yan", ada.room, ada.code, zoe.seat.token):
            assert secret not in server.stdout + server.stderr


async def test_200_who_knock_at_once_give_sixteen_who_wait(server: RunningServer) -> None:
    asyncio.get_running_loop().set_debug(False)  # who connects must ask within five seconds
    async with visitor(server.url) as client:
        ada = await an_asking_room(client)
        came = (come(server.port, ada, f"Guest {number}") for number in range(KNOCKS))
        answers = Counter(await asyncio.gather(*came))
        assert answers == {
            httpx.codes.ACCEPTED: MOST_KNOCKS,
            httpx.codes.CONFLICT: KNOCKS - MOST_KNOCKS,
        }


async def come(port: int, ada: Seat, nickname: str) -> int:
    """Ask to join on a connection of its own; return the status."""
    async with calling(port) as caller:
        form = urlencode({"nickname": nickname, "code": ada.code})
        status, _ = await caller.post("/join", form, FORM, AS_PROGRAM)
        return status


async def test_a_stop_ends_every_page_of_a_crowded_door_in_good_order() -> None:
    async with (
        running_server(EPHEMERA_RATE_LIMITS="off") as server,
        visitor(server.url) as client,
        AsyncExitStack() as stack,
    ):
        ada = await an_asking_room(client)
        crowd = [await knock(client, ada, f"Guest {number}") for number in range(MOST_KNOCKS)]
        pages = [
            await stack.enter_async_context(waiting(server.port, knocker))
            for knocker in crowd
            for _ in range(PAGES_OF_A_KNOCK)
        ]
        assert await seconds_of(server.terminate(), server.pid) < ENDS_WITHIN
        assert server.process.returncode == 0
        for page in pages:
            await ended(page)
        assert "ERROR" not in server.stderr


async def test_a_full_process_still_shows_the_page_and_asks_for_patience() -> None:
    async with full_server() as (server, client, zoe):
        answer = await client.get(f"{zoe.seat.path}/waiting", headers=zoe.seat.headers)
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert answer.headers["Refresh"] == answer.headers["Retry-After"] == "10"
        assert "You have knocked" in answer.text
        assert await zoe.state(client) == "waiting"
        assert "ERROR" not in server.stderr


@asynccontextmanager
async def full_server() -> AsyncIterator[tuple[RunningServer, httpx.AsyncClient, Knocker]]:
    """Serve one stream at most, which somebody else has; give Zoe, who waits."""
    async with (
        running_server(EPHEMERA_RATE_LIMITS="off", EPHEMERA_MAX_STREAMS="1") as server,
        visitor(server.url) as client,
    ):
        ada = await an_asking_room(client)
        zoe, yan = [await knock(client, ada, name) for name in ("Zoe", "Yan")]
        async with waiting(server.port, yan):
            yield server, client, zoe
