"""GET /rooms/{id}: the page of a room, for its members only."""

import re

import pytest

from tests.support.asking import BROWSER, PROGRAM, Kind, by_kind
from tests.support.cast import NEVER, House, Person, Scene, set_scene, without_key


@by_kind
async def test_a_member_sees_the_room(scene: Scene, kind: Kind) -> None:
    page = await scene.ben.get(scene.path, kind)
    assert page.status == 200
    assert page.type == "text/html; charset=utf-8"
    assert 'role="log"' in page.text


async def test_the_page_has_the_code_the_link_and_the_qr_code(scene: Scene) -> None:
    page = await scene.ben.get(scene.path, BROWSER)
    assert f'<code id="code" translate="no">{scene.code}</code>' in page.text
    assert re.search(rf'<a id="link" [^>]*href="/join#{scene.code}"', page.text)
    assert re.search(rf'<img class="qr-code" src="{scene.path}/qr.svg" alt="[^"]+"', page.text)


@by_kind
async def test_the_link_of_a_room_may_have_a_slash_behind_or_a_query(
    scene: Scene, kind: Kind
) -> None:
    page = await scene.ben.get(scene.path, kind)
    for tail in ("/", "?fbclid=x", "/?fbclid=x"):
        answer = await scene.ben.get(f"{scene.path}{tail}", kind)
        assert answer.status == 200
        assert without_key(answer.text) == without_key(page.text)
        never = await scene.mallory.get(f"/rooms/{NEVER}", kind)
        assert await scene.mallory.get(f"{scene.path}{tail}", kind) == never


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host", ["ephemera.test", "127.0.0.1:8000", "[::1]:8443", "xn--mnchen-3ya.example", "a.onion"]
)
async def test_the_link_is_whole_without_any_script(scene: Scene, host: str, scheme: str) -> None:
    link = f">{scheme}://{host}/join#{scene.code}</a>"
    ben = Person(scene.house, scene.ben.token, scheme=scheme)
    page = await ben.get(scene.path, BROWSER, headers={"Host": host})
    assert link in page.text
    refused = await ben.post(
        f"{scene.path}/messages", BROWSER, {"text": ""}, headers={"Host": host}
    )
    assert refused.status == 422
    assert link in refused.text, "whatever shows the page"


@pytest.mark.parametrize(
    "host", ["", "<b>", "a b", "a/b", "x" * 64, "a..b", "b." * 200, "user@elsewhere.example", "a:0"]
)
async def test_a_host_that_can_be_none_is_in_no_link(scene: Scene, host: str) -> None:
    for answer in (
        await scene.ben.get(scene.path, BROWSER, headers={"Host": host}),
        await scene.ben.post(
            f"{scene.path}/messages", BROWSER, {"text": ""}, headers={"Host": host}
        ),
    ):
        assert f">/join#{scene.code}</a>" in answer.text
    issued = await scene.ada.post(f"{scene.path}/invitations", PROGRAM, {}, headers={"Host": host})
    assert issued.json["invitation"]["url"].startswith("/join#")


async def test_the_page_lists_who_has_a_seat_and_nobody_who_has_left(scene: Scene) -> None:
    page = await scene.ben.get(scene.path, BROWSER)
    members = page.text.partition('<ul id="members"')[2].partition("</ul>")[0]
    assert re.findall(r'<bdi translate="no" class="name">(\w+)</bdi>', members) == ["Ada", "Ben"]
    assert re.findall(r'data-role="(\w+)"', members) == ["host", "member"]


async def test_the_page_shows_what_was_said_and_where_the_stream_goes_on(scene: Scene) -> None:
    said = await scene.ada.say(scene.room, "Hello, Ben")
    page = await scene.ben.get(scene.path, BROWSER)
    assert f'<article id="{said.json["id"]}"' in page.text
    assert re.search(r'class="text" dir="auto">Hello, Ben</div>', page.text)
    assert f'hx-sse:connect="{scene.path}/events?after={said.json["cursor"]}"' in page.text


async def test_the_page_says_which_member_is_looking(scene: Scene) -> None:
    assert '<body class="in-room" data-member="p1">' in (await scene.ada.get(scene.path)).text
    assert '<body class="in-room" data-member="p2">' in (await scene.ben.get(scene.path)).text


async def test_the_page_says_how_long_the_room_lives(scene: Scene) -> None:
    scene.house.clock.turn(3600)
    page = await scene.ben.get(scene.path, BROWSER)
    assert 'value="82800.0"' in page.text
    assert ">23 hours</time>" in page.text


async def test_looking_is_a_sign_of_life(scene: Scene) -> None:
    await scene.house.pass_time(100)
    assert (await scene.ben.get(scene.path)).status == 200
    await scene.house.pass_time(100)
    assert (await scene.ben.get(scene.path)).status == 200
    assert (await scene.ada.get(scene.path)).status == 404


async def test_whoever_looks_sees_themselves_as_here(scene: Scene) -> None:
    await scene.house.pass_time(60)
    page = await scene.ben.get(scene.path, BROWSER)
    away = re.findall(r'<li id="member-(p\d)"[^>]*data-away=', page.text)
    assert away == ["p1"]


async def test_a_look_at_the_head_says_what_the_page_would(scene: Scene) -> None:
    head = await scene.ben.ask("HEAD", scene.path, BROWSER)
    page = await scene.ben.get(scene.path, BROWSER)
    assert (head.status, head.lines) == (200, page.lines)


async def test_outsiders_learn_nothing(scene: Scene) -> None:
    assert (await scene.ben.get(scene.path)).status == 200
    await scene.assert_closed_to_outsiders("GET", "")
    await scene.assert_closed_to_outsiders("HEAD", "")


async def test_a_room_whose_time_is_up_is_gone_although_people_are_in_it() -> None:
    scene = await set_scene(House(lifetime=300))
    for _ in range(5):
        await scene.house.pass_time(59.9)
        assert (await scene.ben.get(scene.path)).status == 200
    await scene.house.pass_time(1)
    never = await scene.ben.get(f"/rooms/{NEVER}", BROWSER)
    assert await scene.ben.get(scene.path, BROWSER) == never


@pytest.mark.parametrize(
    "room", ["%00", "%FF", "..", "%2e%2e%2f", "0" * 5000, "%22%3E%3Cb%3E", "data:%0A%0Ax"]
)
async def test_an_id_that_can_be_none_is_unknown(scene: Scene, room: str) -> None:
    for path in (f"/rooms/{room}", f"/rooms/{room}/mine.css", f"/rooms/{room}/json"):
        answer = await scene.ben.get(path, BROWSER)
        assert answer.status == 404
        assert "There is nothing here." in answer.text
