"""Chromium and Firefox, with scripts and without: open, join, hear, idle, and see the end.

All behind nginx as shipped, its time-outs, like the heartbeat, a thirtieth of what is usual.
"""

import asyncio
import re
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, expect

from tests.support.browser import Person, person, running_browser
from tests.support.edge import Edge
from tests.support.firefox import Firefox, Tab, running_firefox
from tests.support.hostile import cutting_at_random, cutting_idle, holding
from tests.support.patience import PATIENCE, PATIENCE_MS
from tests.support.plain import REFRESH_MS, plain
from tests.support.processes import until
from tests.support.proxies import running_nginx
from tests.support.server import RunningServer
from tests.support.stopwatch import slowness
from tests.support.visitors import Seat, join, open_room, say, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOON = 1.0
TEN_MINUTES = 600 / 30
IDLE = 1.0
"""More than the heartbeat of one server, and far less than that of the other."""
SHORTER = {"proxy_read_timeout 60s": "proxy_read_timeout 2s"}
CLOSED = "The host ended this room. It is gone."
ROWS = ("chromium", "chromium-plain", "firefox", "firefox-plain")
OUTAGES = ("net::ERR_", "Failed to fetch", "network error", "htmx:sse:error", "status of 404")


class Reader(Protocol):
    """Somebody at a browser."""

    async def open(self) -> str:
        """Open a room as Ada; return its code."""

    async def join(self, code: str) -> None:
        """Take a seat as Ben."""

    async def say(self, text: str) -> None:
        """Say it."""

    async def sees(self, *texts: str) -> None:
        """Wait until exactly these messages are there."""

    async def sees_notice(self, text: str) -> None:
        """Wait until the last line of the log is this notice."""

    async def sees_end(self, sentence: str) -> None:
        """Wait until the room is seen to be gone, and why."""


@dataclass
class InChromium:
    """With scripts or without, as the person has it."""

    person: Person

    async def open(self) -> str:
        return await self.person.open_room_by_hand("Ada")

    async def join(self, code: str) -> None:
        await self.person.join_by_hand(code, "Ben")

    async def say(self, text: str) -> None:
        await self.person.say(text)

    async def sees(self, *texts: str) -> None:
        await self.person.sees(*texts)

    async def sees_notice(self, text: str) -> None:
        await expect(self.person.notices.last).to_have_text(text)

    async def sees_end(self, sentence: str) -> None:
        self.person.watch.forgive("status of 404")
        frames = self.person.page.frame_locator(".frame-live")
        place = frames.locator("h1") if self.is_plain else self.person.page.locator("h1")
        await expect(place).to_have_text(sentence)

    @property
    def is_plain(self) -> bool:
        return type(self.person) is not Person


@dataclass
class InFirefox:
    """With scripts or without, as this Firefox has them."""

    tab: Tab
    url: str
    is_plain: bool

    async def open(self) -> str:
        await self.tab.goto(f"{self.url}/")
        await self.tab.fill("#open-nickname", "Ada")
        await self.tab.click("form[action='/rooms'] button")
        await self.tab.until_url(f"{re.escape(self.url)}/rooms/.+")
        await self.tab.wait_for("#code")
        return (await self.tab.texts("#code"))[0]

    async def join(self, code: str) -> None:
        await self.tab.goto(f"{self.url}/join/{code}")
        await self.tab.fill("#join-nickname", "Ben")
        await self.tab.click("form[action='/join'] button")
        await self.tab.until_url(f"{re.escape(self.url)}/rooms/.+")

    async def say(self, text: str) -> None:
        desk = await self.tab.frame("/composer") if self.is_plain else self.tab
        await desk.fill("#text", text)
        await desk.click(".send")

    async def sees(self, *texts: str) -> None:
        await (await self._log()).sees("[role=log] > article > [dir=auto]", texts)

    async def sees_notice(self, text: str) -> None:
        log = await self._log()
        await log.sees("[role=log] > p:last-child", [text])

    async def sees_end(self, sentence: str) -> None:
        place = await self.tab.frame("/ended") if self.is_plain else self.tab
        await place.sees("h1", [sentence])

    async def _log(self) -> Tab:
        return await self.tab.frame("/live") if self.is_plain else self.tab


Comer = Callable[[str], Awaitable[Reader]]


@dataclass(frozen=True)
class Street:
    """What the module shares: browsers, the way in, and somebody in each row who idles."""

    chromium: Browser
    firefoxes: Mapping[str, Firefox]
    edge: Edge
    server: RunningServer

    async def reader(self, stack: AsyncExitStack, row: str) -> Reader:
        """Give the row's browser, with cookies of its own."""
        if row in self.firefoxes:
            tab = await self.firefoxes[row].tab()
            return InFirefox(tab, self.edge.url, row.endswith("plain"))
        scripts = row == "chromium"
        who = person(self.chromium, self.edge.url, java_script_enabled=scripts)
        ada = await stack.enter_async_context(who)
        return InChromium(ada if scripts else plain(ada))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def street(server: RunningServer) -> AsyncIterator[Street]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        edge, chromium, firefox, still = await asyncio.gather(
            enter(running_nginx(server.port, SHORTER)),
            enter(running_browser()),
            enter(running_firefox(scripts=True)),
            enter(running_firefox(scripts=False)),
        )
        yield Street(chromium, {"firefox": firefox, "firefox-plain": still}, edge, server)


@pytest_asyncio.fixture(loop_scope="module")
async def come(street: Street) -> AsyncIterator[Comer]:
    async with AsyncExitStack() as stack:

        async def comer(row: str) -> Reader:
            return await street.reader(stack, row)

        yield comer


async def seated(street: Street, reader: Reader) -> Seat:
    """Let a program open a room, and the reader join it."""
    async with visitor(street.server.url) as client:
        ada = await open_room(client)
    await reader.join(ada.code)
    await reader.sees_notice("Ben joined.")
    return ada


@dataclass(frozen=True)
class Idler:
    """Somebody who has heard nothing since."""

    reader: Reader
    ada: Seat
    since: float


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def idlers(street: Street) -> AsyncIterator[Mapping[str, Idler]]:
    """Seat somebody in each row, to whom nothing is said until it is their turn."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        found = {}
        for row in ROWS:
            reader = await street.reader(stack, row)
            found[row] = Idler(reader, await seated(street, reader), loop.time())
        yield found


@pytest.mark.parametrize("row", ROWS)
async def test_a_browser_opens_a_room(
    street: Street,
    come: Comer,
    idlers: Mapping[str, Idler],  # noqa: ARG001 - they begin now
    row: str,
) -> None:
    reader = await come(row)
    code = await reader.open()
    async with visitor(street.server.url) as client:
        ben = await join(client, code)
        await reader.sees_notice("Ben joined.")
        await say(client, ben, "hello")
    await reader.sees("hello")


@pytest.mark.parametrize("row", ROWS)
async def test_a_browser_joins_a_room_and_talks(street: Street, come: Comer, row: str) -> None:
    reader = await come(row)
    ada = await seated(street, reader)
    await reader.say("from the browser")
    async with visitor(street.server.url) as client:
        await say(client, ada, "from elsewhere")
        await reader.sees("from the browser", "from elsewhere")
        raw = await client.get(f"{ada.path}/raw?once=1", headers=ada.headers)
    assert raw.text.count("Ben: from the browser\n") == 1


@pytest.mark.parametrize("row", ROWS)
async def test_a_browser_sees_a_message_within_a_second(
    street: Street, come: Comer, row: str
) -> None:
    """The median of three: the machine may be busy, but a page that waits for something is not."""
    reader = await come(row)
    ada = await seated(street, reader)
    loop = asyncio.get_running_loop()
    took: list[float] = []
    async with visitor(street.server.url) as client:
        for count in range(3):
            await say(client, ada, f"message {count}")
            start = loop.time()
            await reader.sees(*(f"message {n}" for n in range(count + 1)))
            took.append(loop.time() - start)
    assert statistics.median(took) < SOON * slowness()


@pytest.mark.parametrize("row", ROWS)
async def test_a_browser_sees_that_a_room_was_wiped(street: Street, come: Comer, row: str) -> None:
    reader = await come(row)
    ada = await seated(street, reader)
    async with visitor(street.server.url) as client:
        await say(client, ada, "the last word")
        await reader.sees("the last word")  # so its stream is open by now
        answer = await client.post(f"{ada.path}/close", headers=ada.headers)
    assert answer.status_code == 204
    await reader.sees_end(CLOSED)


@pytest.mark.parametrize("row", ROWS)
async def test_an_idle_browser_is_still_live_after_ten_minutes(
    street: Street, idlers: Mapping[str, Idler], row: str
) -> None:
    """Ten minutes are 20 s here: ten times what nginx waits in silence."""
    idler = idlers[row]
    loop = asyncio.get_running_loop()
    await asyncio.sleep(max(0.0, idler.since + TEN_MINUTES - loop.time()))
    async with visitor(street.server.url) as client:
        lines = await client.get(f"{idler.ada.path}/json?once=1", headers=idler.ada.headers)
        assert "member-away" not in lines.text
        await say(client, idler.ada, "still there?")
        start = loop.time()
        await idler.reader.sees("still there?")
        assert loop.time() - start < 2 * SOON * slowness()


def starts_of(page: Page, part: str) -> list[float]:
    """Return a list that grows with the time of each request that holds the part, in ms."""
    times: list[float] = []

    def note(request: Request) -> None:
        if part in request.url:
            times.append(request.timing["startTime"])

    page.on("requestfinished", note)
    page.on("requestfailed", note)  # an answer that was read to its end and then let go
    return times


async def test_chromium_turns_to_finite_streams_by_itself_behind_a_proxy_that_holds_bodies(
    street: Street,
) -> None:
    async with (
        holding(street.server.port) as network,
        person(street.chromium, network.url) as ben,
        visitor(street.server.url) as client,
    ):
        ben.watch.forgive(*OUTAGES)
        ada = await open_room(client)
        endless = starts_of(ben.page, "/events?after=")
        finite = starts_of(ben.page, "/events?once=1")
        await ben.join_by_hand(ada.code, "Ben")
        await expect(ben.status).to_contain_text("Slow network", timeout=9_000 * slowness())
        said = [f"message {n}" for n in range(4)]
        for count, text in enumerate(said):
            await say(client, ada, text)
            await expect(ben.messages).to_have_count(
                count + 1, timeout=(REFRESH_MS + 2_000) * slowness()
            )
        await ben.sees(*said)
        await ben.hears_once()

        async def told() -> bool:  # Chromium reports the end of a request some time after it
            return bool(endless) and len(finite) >= len(said)

        await until(told, PATIENCE)
        assert finite[0] - endless[0] > 5_000, "by the browser's clock: this process may be late"
        gaps = [later - earlier for earlier, later in pairwise(finite)]
        assert min(gaps) >= REFRESH_MS, gaps


async def test_chromium_keeps_its_stream_where_idle_connections_are_cut(street: Street) -> None:
    silence = 4 * IDLE  # on a busy machine a heartbeat may come late
    async with (
        cutting_idle(street.server.port, silence) as network,
        person(street.chromium, network.url) as ben,
        visitor(street.server.url) as client,
    ):
        ada = await open_room(client)
        opened: list[str] = []
        ben.page.on("request", lambda one: opened.append(one.url.partition("?")[0]))
        await ben.join_by_hand(ada.code, "Ben")
        end = asyncio.get_running_loop().time() + 2.5 * silence
        await until(lambda: _is(asyncio.get_running_loop().time() > end), PATIENCE)
        await say(client, ada, "still there?")
        await expect(ben.messages).to_have_count(1, timeout=2_000 * slowness())
        assert times_opened(opened) == 1
        await expect(ben.status).to_be_empty()


async def test_chromium_comes_back_when_its_idle_stream_is_cut(
    street: Street, strict_server: RunningServer
) -> None:
    async with (
        cutting_idle(strict_server.port, IDLE) as network,
        person(street.chromium, network.url) as ben,
        visitor(strict_server.url) as client,
    ):
        ben.watch.forgive(*OUTAGES)
        ada = await open_room(client)
        opened: list[str] = []
        ben.page.on("request", lambda one: opened.append(one.url.partition("?")[0]))
        await ben.join_by_hand(ada.code, "Ben")
        said: list[str] = []
        for count in range(1, 4):
            await until(lambda: _is(times_opened(opened) > count), PATIENCE)  # noqa: B023 - awaited here
            said.append(f"message {count}")
            await say(client, ada, said[-1])
            await ben.sees(*said)
        await ben.hears_once()


def times_opened(opened: list[str]) -> int:
    return len([url for url in opened if url.endswith("/events")])


async def test_chromium_hears_everything_once_where_connections_are_cut_at_random(
    street: Street,
) -> None:
    async with (
        cutting_at_random(street.server.port, seed=0) as network,
        person(street.chromium, network.url) as ben,
        visitor(street.server.url) as client,
    ):
        ben.watch.forgive(*OUTAGES)
        ada = await open_room(client)
        seat = Person(street.server.url, ben.context, ben.page, ben.watch)
        await seat.join_by_hand(ada.code, "Ben")  # a seat is the host's, whatever the port
        await arrive(ben.page, ben.page.url.replace(seat.url, network.url))
        ben.watch.hosts.discard(urlsplit(seat.url).netloc)
        before = network.harm
        said = [f"message {n} {'x' * 600}" for n in range(150)]
        for text in said:
            await say(client, ada, text)
        await expect(ben.messages).to_have_count(len(said), timeout=2 * PATIENCE_MS)
        await ben.sees(*said)
        await ben.hears_once()
        assert network.harm > before


async def arrive(page: Page, url: str) -> None:
    """Ask for the page until nothing of it was cut, as a person does."""
    for _ in range(30):
        await page.goto("about:blank")
        try:
            await page.goto(url, wait_until="load")
        except Exception:  # noqa: BLE001, S112 - whatever was cut
            continue
        if await page.evaluate("Boolean(window.htmx && document.querySelector('#composer'))"):
            return
    raise AssertionError("The page never came whole")


async def _is(value: object) -> bool:
    return bool(value)
