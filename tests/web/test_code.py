"""POST /rooms/{id}/code: a new code; the old one, and every invitation, open nothing any more."""

import asyncio
import re

import segno

from ephemera.domain.codes import show_code
from tests.support.asking import BROWSER, CURL, PROGRAM, Kind, by_kind
from tests.support.cast import Answer, House, Person
from tests.support.page import Page
from tests.support.powers import ONLY_HOSTS, Stage, set_stage


async def code_of(stage: Stage) -> str:
    return show_code((await stage.now()).code)


async def joining(stage: Stage, code: str, nickname: str = "Nora", kind: Kind = PROGRAM) -> Answer:
    return await Person(stage.house).post("/join", kind, {"nickname": nickname, "code": code})


# The cast


async def test_only_hosts_may(house: House) -> None:
    await (await set_stage(house, ask=True)).assert_only_hosts_may("/code", {})


async def test_a_former_host_may_no_more(stage: Stage) -> None:
    await stage.act(stage.cleo, "/code", {})
    await stage.act(stage.cleo, "/resignations", {})
    await stage.assert_refused(stage.cleo, "/code", {}, ONLY_HOSTS)


# What it does


@by_kind
async def test_the_new_code_admits_and_the_old_one_is_as_good_as_any_wrong_one(
    stage: Stage, kind: Kind
) -> None:
    assert (await joining(stage, stage.code, "Olga")).status == 201, "the premise"
    stage.assert_done(kind, await stage.ada.post(f"{stage.path}/code", kind))
    for asked in (PROGRAM, CURL):
        wrong = await joining(stage, "ZZZZZ-ZZZZZ", kind=asked)
        assert wrong.status == 404
        assert await joining(stage, stage.code, kind=asked) == wrong
    assert (await joining(stage, await code_of(stage))).status == 201


async def test_a_code_cannot_be_chosen(stage: Stage) -> None:
    await stage.act(stage.ada, "/code", {"code": "AAAAA-AAAAA"})
    assert await code_of(stage) not in (stage.code, "AAAAA-AAAAA")


async def test_every_invitation_ends(stage: Stage) -> None:
    words = []
    for uses in ("1", "7"):
        issued = await stage.ada.post(f"{stage.path}/invitations", PROGRAM, {"uses": uses})
        words.append(issued.json["invitation"]["url"].rpartition("#")[2])
    assert (await joining(stage, words[1], "Olga")).status == 201, "the premise"
    await stage.act(stage.ada, "/code", {})
    wrong = await joining(stage, "ZZZZZ-ZZZZZ")
    assert [await joining(stage, word) for word in words] == [wrong, wrong]
    sheet = await stage.ada.get(f"{stage.path}/options", BROWSER)
    assert "Take back" not in sheet.text


async def test_whoever_sits_or_waits_stays(house: House) -> None:
    stage = await set_stage(house, ask=True)
    await stage.act(stage.ada, "/code", {})
    assert (await stage.ben.get(stage.path)).status == 200
    (zoe,) = (await stage.now()).knocks
    await stage.act(stage.ada, "/admissions", {"knock": zoe.id})
    assert (await stage.zoe.get(stage.path)).status == 200


async def test_two_hosts_at_once_leave_one_code_that_everybody_sees(stage: Stage) -> None:
    answers = await asyncio.gather(
        *(host.post(f"{stage.path}/code", PROGRAM) for host in stage.hosts)
    )
    assert [answer.status for answer in answers] == [204, 204]
    page = await stage.ben.get(stage.path, BROWSER)
    assert f'<code id="code" translate="no">{await code_of(stage)}</code>' in page.text
    assert (await joining(stage, await code_of(stage))).status == 201


# How it shows


async def test_the_new_code_reaches_open_pages_by_the_stream(stage: Stage) -> None:
    start = (await stage.now()).cursor
    stale = Page((await stage.ben.get(stage.path, BROWSER)).text)
    await stage.act(stage.cleo, "/code", {})
    page = await stage.ben.get(stage.path, BROWSER)
    assert '<bdi translate="no">Cleo</bdi> changed the code.' in page.text
    code = await code_of(stage)
    stale.hear((await stage.ben.get(f"{stale.stream}&once=1")).text)
    fresh = Page(page.text)
    for place in ("messages", "code", "link"):
        assert stale.shape(place) == fresh.shape(place)
    shown, link = stale.document.find("code"), stale.document.find("link")
    assert shown
    assert link
    assert shown.text == code
    assert link.attributes["href"] == f"/join#{code}"
    assert stage.code not in page.text
    raw = await stage.ben.get(f"{stage.path}/raw?once=1&after={start}")
    assert raw.text == (
        "* Cleo changed the code. The old one, and every invitation, opens nothing any more.\n"
    )
    told = await stage.ben.get(f"{stage.path}/json?once=1&after={start}")
    assert (told.json["event"], told.json["nickname"]) == ("code-rotated", "Cleo")
    assert told.json["code"] == code


async def test_a_page_that_is_brought_up_by_a_resync_has_the_new_code_too(stage: Stage) -> None:
    stale = Page((await stage.ben.get(stage.path, BROWSER)).text)
    await stage.act(stage.ada, "/code", {})
    stale.hear((await stage.ben.get(f"{stage.path}/events?once=1&after=0-0")).text)
    fresh = Page((await stage.ben.get(stage.path, BROWSER)).text)
    for place in ("code", "link", "lock-state", "rules"):
        assert stale.shape(place) == fresh.shape(place)


async def test_the_sheet_says_what_ends_with_the_old_code(stage: Stage) -> None:
    sheet = await stage.ada.get(f"{stage.path}/options", BROWSER)
    assert f'action="{stage.path}/code" method="post"' in sheet.text
    assert "The old code, its link and every open invitation end at once." in sheet.text


# The picture


@by_kind
async def test_the_picture_is_that_of_the_link_of_now(stage: Stage, kind: Kind) -> None:
    first = await stage.ben.get(f"{stage.path}/qr.svg", kind)
    assert (first.status, first.type) == (200, "image/svg+xml; charset=utf-8")
    assert first.text.startswith('<svg xmlns="http://www.w3.org/2000/svg"'), "or no <img> shows it"
    assert modules(first.text) == modules_of(f"http://ephemera.test/join#{stage.code}")
    await stage.act(stage.ada, "/code", {})
    second = await stage.ben.get(f"{stage.path}/qr.svg", kind)
    link = f"http://ephemera.test/join#{await code_of(stage)}"
    assert modules(second.text) == modules_of(link)
    assert modules(first.text) != modules(second.text)


async def test_the_picture_has_no_style_that_the_policy_would_refuse(stage: Stage) -> None:
    svg = (await stage.ben.get(f"{stage.path}/qr.svg")).text
    assert "<path" in svg
    assert not re.search(r"style|<script|href", svg)


async def test_nobody_else_gets_the_picture(house: House) -> None:
    stage = await set_stage(house, ask=True)
    assert (await stage.mona.get(f"{stage.path}/qr.svg")).status == 200
    await stage.assert_closed_to_outsiders("GET", "/qr.svg")
    await stage.assert_closed_to_outsiders("HEAD", "/qr.svg")


def modules(svg: str) -> set[tuple[int, int]]:
    """Return the dark modules that an SVG paints: column and line, without the border."""
    path = re.search(r'class="qrline"[^>]* d="([^"]*)"', svg)
    assert path
    dark: set[tuple[int, int]] = set()
    x = y = 0.0
    for command, numbers in re.findall(r"([MmhH])([-\d. ]*)", path[1]):
        values = [float(number) for number in re.findall(r"-?\d*\.?\d+", numbers)]
        match command:
            case "M":
                x, y = values
            case "m":
                x, y = x + values[0], y + values[1]
            case "h":
                dark |= {(int(x) + step - 2, int(y) - 2) for step in range(int(values[0]))}
                x += values[0]
            case other:
                raise AssertionError(other)
    return dark


def modules_of(link: str) -> set[tuple[int, int]]:
    """Return the dark modules of the QR code that holds the link."""
    rows = segno.make(link, error="m", micro=False).matrix
    return {(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module}
