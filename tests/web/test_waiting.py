"""GET /rooms/{id}/waiting: a page that says nothing of the room and ends when somebody answers."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from ephemera.domain.rooms import KNOCK_SECONDS
from ephemera.hub.heartbeat import Heartbeat
from ephemera.hub.hub import MOST_STREAMS_OF_A_SEAT, SLICES
from ephemera.lobby.presence import Presence
from tests.support.asking import BROWSER, CURL, HTMX, KINDS, PROGRAM
from tests.support.cast import NEVER, Browser, House, Listening
from tests.support.page import Page
from tests.support.powers import Stage, set_stage

LET_IN = {"knock": "k1"}
TURNED_AWAY = {"knock": "k1", "answer": "decline"}
OWN = {"/rooms/<room_id>", "/rooms/<room_id>/waiting", "/rooms/<room_id>/knock"}
"""What answers who waits by GET; beside it they may only leave."""


@pytest.fixture
async def stage(house: House) -> Stage:
    """Zoe waits as k1 in a room with everybody in it."""
    return await set_stage(house, ask=True)


@asynccontextmanager
async def waiting(stage: Stage, query: str = "") -> AsyncIterator[Listening]:
    """Open the page at which Zoe waits, until all of it is there."""
    async with stage.zoe.listening(f"{stage.path}/waiting{query}", BROWSER) as page:
        await page.until("</html>")
        yield page


async def open_page(stage: Stage) -> str:
    async with waiting(stage) as page:
        return page.heard.decode()


def heading(html: str) -> str:
    return Page(html).document.all("h1")[0].text


async def test_the_page_is_an_open_document_that_a_browser_renews(stage: Stage) -> None:
    async with waiting(stage) as page:
        headers = page.headers
        assert headers is not None
        assert page.status_code == 200
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["Refresh"] == "1"
        assert headers["Cache-Control"] == "no-store, no-transform"
        assert headers["X-Accel-Buffering"] == "no"
        assert heading(page.heard.decode()) == "You have knocked"
        assert not page.has_ended


async def test_the_page_runs_no_script_and_leads_out(stage: Stage) -> None:
    page = Page(await open_page(stage))
    assert not page.document.all("script")
    (form,) = page.document.all("form")
    assert (form.attributes["action"], form.attributes["method"]) == ("leave", "post")
    assert "waiting" in [link.attributes["href"] for link in page.document.all("a")]


async def test_the_page_is_the_same_whatever_the_room_is(stage: Stage) -> None:
    first = await open_page(stage)
    await stage.ada.say(stage.room, "A secret")
    await stage.act(stage.ada, "/lock", {})
    await stage.ben.post(f"{stage.path}/leave")
    await stage.act(stage.ada, "/options", {"capacity": "7"})
    assert await open_page(stage) == first
    for secret in (stage.room, stage.code, "Ada", "Ben", "Cleo", "Zoe", "k1", "A secret"):
        assert secret not in first


async def test_whatever_happens_in_the_room_brings_no_byte_to_who_waits(stage: Stage) -> None:
    async with (
        waiting(stage) as page,
        stage.ada.listening(f"{stage.path}/json") as room,
    ):
        before = bytes(page.heard)
        await stage.ben.say(stage.room, "A secret")
        await stage.ben.post(f"{stage.path}/writing")
        await stage.act(stage.ada, "/mutes", {"member": await stage.id_of("Ben")})
        await stage.act(stage.ada, "/code", {})
        await stage.mona.post(f"{stage.path}/leave")
        await room.until('"member-left"')
        await room.until("A secret")
        assert bytes(page.heard) == before
        assert not page.has_ended


@pytest.mark.parametrize("query", ["?after=0-0", "?after=nonsense", "?after="])
async def test_who_waits_catches_up_with_nothing(stage: Stage, query: str) -> None:
    await stage.ada.say(stage.room, "A secret")
    first = await open_page(stage)
    async with waiting(stage, query) as page:
        await stage.act(stage.ada, "/admissions", TURNED_AWAY)
        assert await page.ended() == first
    headers = {"Last-Event-ID": "0-0"}
    await stage.zoe.post("/join", PROGRAM, {"nickname": "Zoe", "code": stage.code})
    zoe = await stage.knock("Zoe again")
    async with zoe.listening(f"{stage.path}/waiting", CURL, headers=headers) as page:
        assert await page.until("</html>") == first


async def test_a_heartbeat_is_a_blank_line_and_keeps_no_seat(stage: Stage) -> None:
    house = stage.house
    presence = Presence(house.engine, house.clock)
    heart = Heartbeat(
        house.app.hub, presence.renew, presence.linger, house.app.engine.signal, period=0
    )
    async with waiting(stage) as page:
        before = await stage.known()
        html = page.heard.decode()
        for number in range(SLICES):
            await heart.turn(number)
        assert await page.until("</html>\n") == html + "\n"
        assert await stage.known() == before
    for number in range(SLICES):  # the page is closed: nobody departs
        await heart.turn(number)
    assert await stage.known() == before


# How it ends


async def test_who_is_let_in_is_sent_into_the_room(stage: Stage) -> None:
    async with waiting(stage) as page:
        html = page.heard.decode()
        await stage.act(stage.ada, "/admissions", LET_IN)
        assert await page.ended() == html
    answer = await stage.zoe.get(f"{stage.path}/waiting", BROWSER)
    assert (answer.status, answer.leads_to) == (303, stage.path)
    room = await stage.zoe.get(stage.path, BROWSER)
    assert room.status == 200
    assert 'id="composer"' in room.text


async def end_by(what: str, stage: Stage) -> None:
    match what:
        case "declined":
            await stage.act(stage.cleo, "/admissions", TURNED_AWAY)
        case "expired":
            for _ in range(10):
                for host in stage.hosts:
                    await host.get(stage.path, BROWSER)
                await stage.house.pass_time(KNOCK_SECONDS / 10)
        case "withdrawn":
            assert (await stage.zoe.post(f"{stage.path}/leave")).status == 204
        case "wiped":
            await stage.end_room()


@pytest.mark.parametrize(
    ("what", "sentence"),
    [("declined", "You were not let in"), ("expired", "Nobody answered")],
)
async def test_who_is_not_let_in_reads_why_and_can_knock_again(
    stage: Stage, what: str, sentence: str
) -> None:
    async with waiting(stage) as page:
        html = page.heard.decode()
        await end_by(what, stage)
        assert await page.ended() == html
    for path in ("/waiting", "/waiting"):
        answer = await stage.zoe.get(stage.path + path, BROWSER)
        assert answer.status == 200
        assert heading(answer.text) == sentence
        assert "Refresh" not in answer.headers
        assert "/join" in [link.attributes["href"] for link in Page(answer.text).document.all("a")]
    answer = await stage.zoe.get(stage.path, BROWSER)
    assert answer.leads_to == f"{stage.path}/waiting"


@pytest.mark.parametrize("what", ["withdrawn", "wiped"])
async def test_who_has_nothing_to_wait_for_finds_nothing(stage: Stage, what: str) -> None:
    never = await stage.zoe.get(f"/rooms/{NEVER}/waiting", BROWSER)
    assert never.status == 404
    async with waiting(stage) as page:
        html = page.heard.decode()
        await end_by(what, stage)
        assert await page.ended() == html
    assert await stage.zoe.get(f"{stage.path}/waiting", BROWSER) == never


async def test_an_answer_that_came_before_the_page_is_not_missed(stage: Stage) -> None:
    await stage.act(stage.ada, "/admissions", LET_IN)
    answer = await stage.zoe.get(f"{stage.path}/waiting", BROWSER)
    assert answer.status == 303


async def test_a_whole_life_at_the_door_in_a_browser(stage: Stage) -> None:
    browser = Browser(stage.house, scheme="https")
    knocked = await browser.post("/join", {"nickname": "Yan", "code": stage.code})
    assert knocked.leads_to == stage.path
    assert (await browser.get(stage.path)).leads_to == f"{stage.path}/waiting"
    await stage.act(stage.ada, "/admissions", {"knock": "k2", "answer": "decline"})
    assert heading((await browser.get(f"{stage.path}/waiting")).text) == "You were not let in"
    await browser.post("/join", {"nickname": "Yan", "code": stage.code})
    await stage.act(stage.ada, "/admissions", {"knock": "k3"})
    assert (await browser.get(f"{stage.path}/waiting")).leads_to == stage.path
    assert (await browser.get(stage.path)).status == 200


async def test_who_waits_is_let_in_though_the_room_asks_no_more(stage: Stage) -> None:
    async with waiting(stage) as page:
        await stage.act(stage.ada, "/options", {"ask": "no"})
        assert not page.has_ended
        await stage.act(stage.ada, "/admissions", LET_IN)
        await page.ended()
    assert (await stage.zoe.get(stage.path, BROWSER)).status == 200


async def test_a_browser_that_waits_can_join_when_the_room_asks_no_more(stage: Stage) -> None:
    browser = Browser(stage.house)
    form = {"nickname": "Yan", "code": stage.code}
    for _ in range(2):
        await browser.post("/join", form)
        assert (await browser.get(stage.path)).leads_to == f"{stage.path}/waiting"
    await stage.act(stage.ada, "/options", {"ask": "no"})
    assert (await browser.post("/join", form)).leads_to == stage.path
    assert (await browser.get(stage.path)).status == 200
    assert [one.nickname for one in (await stage.now()).knocks] == ["Zoe"]
    async with waiting(stage) as page:
        again = {"nickname": "Zoe", "code": stage.code}
        assert (await stage.zoe.post("/join", PROGRAM, again)).status == 201
        await page.ended()


async def test_an_invitation_takes_who_waits_past_the_door(stage: Stage) -> None:
    browser = Browser(stage.house)
    await browser.post("/join", {"nickname": "Yan", "code": stage.code})
    issued = await stage.ada.post(f"{stage.path}/invitations", PROGRAM, {})
    assert issued.status == 201, issued
    word = issued.json["invitation"]["url"].rpartition("#")[2]
    answer = await browser.post("/join", {"nickname": "Yan", "code": word})
    assert answer.leads_to == stage.path
    assert (await browser.get(stage.path)).status == 200
    room = await stage.now()
    assert [one.nickname for one in room.knocks] == ["Zoe"]
    assert room.invitations == ()


async def test_who_left_and_knocked_in_vain_may_come_back_by_their_name(stage: Stage) -> None:
    browser = Browser(stage.house)
    form = {"nickname": "Yan", "code": stage.code}
    await browser.post("/join", form)
    await stage.act(stage.ada, "/admissions", {"knock": "k2"})
    await browser.post(f"{stage.path}/leave")
    for knocked in ("k3", "k4"):
        await browser.post("/join", form)
        assert (await browser.get(stage.path)).leads_to == f"{stage.path}/waiting"
        await stage.act(stage.ada, "/admissions", {"knock": knocked, "answer": "decline"})
    assert (await Browser(stage.house).post("/join", form)).status == 422


# What else answers who waits


def room_addresses(house: House) -> list[tuple[str, str]]:
    """Return every address below a room, with the methods that it takes."""
    return sorted(
        (rule.rule.replace("<any(events, json, raw, live):representation>", kind), method)
        for rule in house.app.url_map.iter_rules()
        if rule.rule.startswith("/rooms/<room_id>")
        for method in (rule.methods or set()) - {"OPTIONS"}
        for kind in (("events", "json", "raw", "live") if "<any(" in rule.rule else ("",))
    )


async def test_every_other_address_of_the_room_answers_as_if_there_were_none(stage: Stage) -> None:
    addresses = room_addresses(stage.house)
    assert len(addresses) > 30
    form = {"text": "x", "knock": "k1", "member": "p1", "message": "m-1", "sign": "yes"}
    before = await stage.known()
    for rule, method in addresses:
        if (rule in OWN and method != "POST") or rule == "/rooms/<room_id>/leave":
            continue
        for kind in KINDS:
            paths = [rule.replace("<room_id>", id_) for id_ in (stage.room, NEVER)]
            sent = form if method == "POST" else None
            mine, never = [await stage.zoe.ask(method, path, kind, sent) for path in paths]
            assert mine == never, (rule, method, kind)
            assert never.status == 404, (rule, method, never)
    assert await stage.known() == before


@pytest.mark.parametrize("kind", KINDS)
async def test_the_room_itself_sends_who_waits_to_where_one_waits(
    stage: Stage, kind: dict[str, str]
) -> None:
    answer = await stage.zoe.get(stage.path, kind)
    assert (answer.status, answer.leads_to) == (303, f"{stage.path}/waiting")
    assert stage.code not in answer.text


async def test_nobody_else_finds_the_page(stage: Stage) -> None:
    strangers = (stage.mallory, stage.mallory_next_door, stage.eve, stage.eve_removed)
    for kind in KINDS:
        never = await stage.mallory.get(f"/rooms/{NEVER}/waiting", kind)
        assert never.status == 404
        for stranger in strangers:
            assert await stranger.get(f"{stage.path}/waiting", kind) == never
    answer = await stage.ben.get(f"{stage.path}/waiting", BROWSER)
    assert (answer.status, answer.leads_to) == (303, stage.path)


async def test_the_head_of_the_page_has_no_body(stage: Stage) -> None:
    head = await stage.zoe.ask("HEAD", f"{stage.path}/waiting", BROWSER)
    assert (head.status, head.body) == (200, b"")


# Limits


async def test_the_oldest_of_too_many_pages_goes_on_with_short_ones(stage: Stage) -> None:
    async with AsyncExitStack() as stack:
        pages = [
            await stack.enter_async_context(waiting(stage))
            for _ in range(MOST_STREAMS_OF_A_SEAT + 1)
        ]
        last = (await pages[0].ended()).rpartition("</html>")[2]
        (refresh,) = re.findall(r'<meta http-equiv="refresh" content="0; url=(\S+)">', last)
        assert refresh == "waiting?once=1"
        short = await stack.enter_async_context(waiting(stage, "?once=1"))
        assert heading(await short.ended()) == "You have knocked"
        assert [page.has_ended for page in pages[1:]] == [False] * MOST_STREAMS_OF_A_SEAT
        await stage.act(stage.ada, "/admissions", LET_IN)
        await asyncio.gather(*(page.ended() for page in pages[1:]))


async def test_a_short_page_ends_with_the_answer(stage: Stage) -> None:
    async with waiting(stage, "?once=1") as page:
        await stage.ada.say(stage.room, "A secret")
        assert not page.has_ended
        await stage.act(stage.ada, "/admissions", LET_IN)
        assert "A secret" not in await page.ended()


@pytest.mark.parametrize("kind", [BROWSER, HTMX, PROGRAM, CURL])
async def test_a_full_process_lets_who_waits_wait_on(kind: dict[str, str]) -> None:
    stage = await set_stage(House(max_streams=1), ask=True)
    async with stage.ada.listening(f"{stage.path}/json"):
        answer = await stage.zoe.get(f"{stage.path}/waiting", kind)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
        assert answer.headers["Refresh"] == "10"
        assert heading(answer.text) == "You have knocked"
        never = await stage.zoe.get(f"/rooms/{NEVER}/waiting", kind)
        assert await stage.mallory.get(f"{stage.path}/waiting", kind) == never
    async with waiting(stage) as page:
        assert not page.has_ended


async def test_a_drain_ends_the_page_in_good_order_and_its_browser_is_asked_to_wait(
    stage: Stage,
) -> None:
    async with waiting(stage) as page:
        html = page.heard.decode()
        await stage.house.app.drain()
        assert await page.ended() == html
    answer = await stage.zoe.get(f"{stage.path}/waiting", BROWSER)
    assert (answer.status, answer.headers["Refresh"]) == (503, "10")
    await stage.act(stage.ada, "/admissions", LET_IN)
    assert (await stage.zoe.get(f"{stage.path}/waiting", BROWSER)).status == 303
