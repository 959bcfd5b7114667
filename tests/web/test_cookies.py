"""The seat in a browser: one cookie for the room, one by which /join knows a returning member."""

from http.cookies import Morsel, SimpleCookie

import pytest

from tests.support.asking import BROWSER, CURL, PROGRAM
from tests.support.cast import Answer, Browser, House, Person, Scene

ADA = {"nickname": "Ada", "capacity": "8"}

SURE = {"sure": "erases"}


def cookies_of(answer: Answer) -> dict[str, Morsel[str]]:
    jar: SimpleCookie = SimpleCookie()
    for line in answer.headers.getlist("Set-Cookie"):
        jar.load(line)
    return dict(jar)


async def code_in(browser: Browser, path: str) -> str:
    page = (await browser.get(path)).text
    return page.split('<code id="code" translate="no">')[1].split("<")[0]


@pytest.mark.parametrize(("scheme", "prefix"), [("http", ""), ("https", "__Secure-")])
async def test_a_seat_is_two_cookies_that_go_to_two_places(
    house: House, scheme: str, prefix: str
) -> None:
    answer = await Person(house, scheme=scheme).post("/rooms", BROWSER, ADA)
    room = answer.leads_to.removeprefix("/rooms/")
    cookies = cookies_of(answer)
    assert {name: cookie["path"] for name, cookie in cookies.items()} == {
        f"{prefix}seat": f"/rooms/{room}",
        f"{prefix}seat-{room}": "/join",
    }
    for cookie in cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert bool(cookie["secure"]) == (scheme == "https")
        assert not cookie["domain"]
        assert 0 < int(cookie["max-age"]) <= 86_400
    assert len({cookie.value for cookie in cookies.values()}) == 1
    assert all(len(cookie.value) >= 43 for cookie in cookies.values())


async def test_a_cookie_of_http_opens_nothing_on_https(house: House) -> None:
    answer = await Person(house).post("/rooms", BROWSER, ADA)
    path = answer.leads_to
    token = cookies_of(answer)["seat"].value
    plain = {"Cookie": f"seat={token}"}
    prefixed = {"Cookie": f"__Secure-seat={token}"}
    over_http, over_https = Person(house), Person(house, scheme="https")
    assert (await over_http.get(path, BROWSER, headers=plain)).status == 200
    assert (await over_http.get(path, BROWSER, headers=prefixed)).status == 404
    assert (await over_https.get(path, BROWSER, headers=plain)).status == 404
    assert (await over_https.get(path, BROWSER, headers=prefixed)).status == 200


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_browser_opens_talks_and_leaves(house: House, scheme: str) -> None:
    ada = Browser(house, scheme)
    path = (await ada.post("/rooms", ADA)).leads_to
    assert (await ada.get(path)).status == 200
    assert (await ada.post(f"{path}/messages", {"text": "Hello"})).status == 303
    assert "Hello" in (await ada.get(path)).text
    assert (await ada.post(f"{path}/leave", SURE)).leads_to == "/"
    assert (await ada.get(path)).status == 404


async def test_one_browser_sits_in_several_rooms(house: House) -> None:
    browser = Browser(house)
    paths = [
        (await browser.post("/rooms", {"nickname": name})).leads_to
        for name in ("Ada", "Bea", "Cleo")
    ]
    assert len(set(paths)) == 3
    for path, name in zip(paths, ("Ada", "Bea", "Cleo"), strict=True):
        page = await browser.get(path)
        assert page.status == 200
        assert f'<bdi translate="no" class="name">{name}</bdi>' in page.text
    await browser.post(f"{paths[1]}/leave", SURE)
    assert [(await browser.get(path)).status for path in paths] == [200, 404, 200]


async def test_nobody_gets_a_cookie_before_a_seat_is_taken(scene: Scene) -> None:
    stranger = Browser(scene.house)
    for path in ("/", "/about", "/join", f"/join/{scene.code}", scene.path, "/nonsense"):
        await stranger.get(path)
    await stranger.post("/rooms", {"nickname": ""})
    await stranger.post("/join", {"nickname": "Cleo", "code": "ZZZZZ-ZZZZZ"})
    await stranger.post("/join", {"nickname": "Ben", "code": scene.code})
    await stranger.post(f"{scene.path}/leave")
    assert stranger.cookies == []
    await stranger.post("/join", {"nickname": "Cleo", "code": scene.code})
    assert len(stranger.cookies) == 2


async def test_programs_get_no_cookie(house: House) -> None:
    for kind in (PROGRAM, CURL):
        assert "Set-Cookie" not in (await Person(house).post("/rooms", kind, ADA)).headers


async def test_leaving_forgets_the_cookie_of_the_room_but_not_the_way_back(house: House) -> None:
    ada = Browser(house)
    path = (await ada.post("/rooms", ADA)).leads_to
    await ada.post(f"{path}/leave", SURE)
    assert [cookie.path for cookie in ada.cookies] == ["/join"]


async def test_a_browser_that_follows_its_invitation_again_comes_back_to_its_seat(
    house: House,
) -> None:
    ada = Browser(house)
    path = (await ada.post("/rooms", ADA)).leads_to
    code = await code_in(ada, path)
    answer = await ada.post("/join", {"nickname": "Somebody", "code": code})
    assert answer.leads_to == path
    page = (await ada.get(path)).text
    assert page.count('class="member"') == 1
    assert '<body class="in-room" data-member="p1">' in page


async def test_a_browser_that_has_left_may_take_its_nickname_again_and_nobody_else_may(
    house: House,
) -> None:
    ada, ben, mallory = Browser(house), Browser(house), Browser(house)
    path = (await ada.post("/rooms", ADA)).leads_to
    code = await code_in(ada, path)
    await ben.post("/join", {"nickname": "Ben", "code": code})
    await ben.post(f"{path}/leave")
    form = {"nickname": "Ben", "code": code}
    assert (await mallory.post("/join", form)).status == 422
    assert (await ben.post("/join", form)).status == 303
    page = await ben.get(path)
    assert page.status == 200
    assert '<bdi translate="no" class="name">Ben</bdi>' in page.text


async def test_a_browser_whose_seat_was_released_may_take_its_nickname_again(
    house: House,
) -> None:
    ada, ben = Browser(house), Browser(house)
    path = (await ada.post("/rooms", ADA)).leads_to
    form = {"nickname": "Ben", "code": await code_in(ada, path)}
    await ben.post("/join", form)
    await house.pass_time(800)
    await ada.get(path)
    await house.pass_time(800)
    assert "lost your place" in (await ben.get(path)).text
    assert (await ben.post("/join", form)).status == 303
    assert "lost your place" not in (await ben.get(path)).text


@pytest.mark.parametrize(
    "cookie", ["seat=", "seat=x", "seat", ";;;", "seat=\xff", "seat=x; seat=y", "=", "a" * 4_000]
)
async def test_a_cookie_that_is_none_opens_nothing(scene: Scene, cookie: str) -> None:
    never = await scene.mallory.get(scene.path, BROWSER)
    assert never.status == 404
    assert await scene.mallory.get(scene.path, BROWSER, headers={"Cookie": cookie}) == never


async def test_the_cookie_for_coming_back_opens_no_room(scene: Scene) -> None:
    cookie = {"Cookie": f"seat-{scene.room}={scene.ben.token}"}
    assert (await scene.mallory.get(scene.path, BROWSER, headers=cookie)).status == 404


async def test_a_password_for_the_proxy_does_not_hide_the_cookie(house: House) -> None:
    answer = await Person(house).post("/rooms", BROWSER, ADA)
    cookie = {"Cookie": f"seat={cookies_of(answer)['seat'].value}"}
    path = answer.leads_to
    bearer = cookie | {"Authorization": "Bearer wrong"}
    assert (await Person(house).get(path, BROWSER, headers=bearer)).status == 404
    basic = cookie | {"Authorization": "Basic YTpi"}
    assert (await Person(house).get(path, BROWSER, headers=basic)).status == 200


# Cookies of neighbours, and of nobody


@pytest.mark.parametrize(
    "cookies",
    [
        "seat={}",
        " seat = {} ",
        'seat="{}"',
        "other=1; seat={}; seat=later",
        ";;=; é; a=b=c; seat={}",
        "SEAT=no; seat={}",
    ],
)
async def test_a_seat_is_found_among_other_cookies(scene: Scene, cookies: str) -> None:
    headers = {"Cookie": cookies.format(scene.ada.token)}
    assert (await Person(scene.house).get(scene.path, BROWSER, headers=headers)).status == 200


@pytest.mark.parametrize("cookies", ["seat", "seat=", "seats={}", "seat=a{}", "x seat={}", "={}"])
async def test_no_other_cookie_is_taken_for_a_seat(scene: Scene, cookies: str) -> None:
    headers = {"Cookie": cookies.format(scene.ada.token)}
    assert (await Person(scene.house).get(scene.path, BROWSER, headers=headers)).status == 404
