"""State changes only by POST from the same site (DESIGN.md, section 8)."""

import asyncio
from typing import Any

import pytest

from ephemera.hub import in_flight
from tests.support.asking import BROWSER, PROGRAM, Kind, by_kind
from tests.support.cast import House, Person, Scene
from tests.support.patience import PATIENCE

SAME = "http://ephemera.test"
ALLOWED: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": SAME},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": SAME},
    {"Origin": "http://EPHEMERA.test"},
    {"Origin": "http://ephemera.test:80"},
    {"Origin": SAME, "Host": "ephemera.test:80"},
    {"Origin": "http://[fd00::2]:8000", "Host": "[FD00::2]:8000"},
]
REFUSED: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": SAME},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "SAME-ORIGIN"},
    {"Sec-Fetch-Site": "same-origin, cross-site"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://evil.test"},
    {"Origin": "http://ephemera.test.evil.test"},
    {"Origin": "http://evil.test/ephemera.test"},
    {"Origin": "http://ephemera.test@evil.test"},
    {"Origin": "http://sub.ephemera.test"},
    {"Origin": "http://ephemera.test:8000"},
    {"Origin": "https://ephemera.test"},
    {"Origin": "https://ephemera.test:80"},
    {"Origin": "http://ephemera.test:443"},
    {"Origin": "ftp://ephemera.test"},
    {"Origin": "http://ephemera.test/"},
    {"Origin": "http://a@ephemera.test"},
    {"Origin": "http:///ephemera.test"},
    {"Origin": "://ephemera.test"},
    {"Origin": "ephemera.test"},
    {"Origin": "http://["},
    {"Origin": "null", "Host": ""},
]


def _name(headers: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in headers.items()) or "neither"


@pytest.mark.parametrize("headers", ALLOWED, ids=_name)
async def test_what_comes_from_here_or_from_no_browser_is_heard(
    scene: Scene, headers: dict[str, str]
) -> None:
    answer = await scene.ben.ask(
        "POST", f"{scene.path}/messages", PROGRAM, {"text": "Hi"}, headers=headers
    )
    assert answer.status == 201


@pytest.mark.parametrize("headers", REFUSED, ids=_name)
async def test_what_comes_from_elsewhere_changes_nothing(
    scene: Scene, headers: dict[str, str]
) -> None:
    before = await scene.house.engine.load(scene.room)
    rooms = await scene.house.engine.count_rooms()
    for path, form in (
        ("/rooms", {"nickname": "Cleo"}),
        ("/join", {"nickname": "Cleo", "code": scene.code}),
        (f"{scene.path}/messages", {"text": "Hi"}),
        (f"{scene.path}/composer", {"text": "Hi"}),
        (f"{scene.path}/leave", {}),
        (f"{scene.path}/close", {}),
    ):
        answer = await scene.ada.ask("POST", path, BROWSER, form, headers=headers)
        assert answer.status == 403, path
        assert "Set-Cookie" not in answer.headers
    assert await scene.house.engine.load(scene.room) == before
    assert await scene.house.engine.count_rooms() == rooms


async def test_what_came_by_https_is_heard_from_no_page_without(scene: Scene) -> None:
    """Whoever is between the two could have written that page."""
    for origin, status in (("https://ephemera.test", 201), ("http://ephemera.test", 403)):
        answer = await scene.house.ask(
            "POST",
            f"{scene.path}/messages",
            {**PROGRAM, "Origin": origin, "Authorization": f"Bearer {scene.ben.token}"},
            b"Hi",
            scheme="https",
        )
        assert answer.status == status


@by_kind
async def test_the_refusal_says_so_to_whoever_asks(house: House, kind: Kind) -> None:
    answer = await Person(house).post("/rooms", kind, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403
    assert "You may not do that here." in answer.text
    if kind == PROGRAM:
        assert answer.json["error"]["reason"] == "not-allowed"


async def test_the_refusal_does_not_tell_which_rooms_there_are(scene: Scene) -> None:
    cross = {"Sec-Fetch-Site": "cross-site"}
    answers = [
        await scene.ben.post(f"/rooms/{room}/leave", BROWSER, headers=cross)
        for room in (scene.room, scene.next_door, "0123456789abcdef0123")
    ]
    assert answers == [answers[0]] * 3


@pytest.mark.parametrize("headers", REFUSED[:-1], ids=_name)
async def test_reading_is_free_for_a_link_from_elsewhere_leads_here(
    scene: Scene, headers: dict[str, str]
) -> None:
    for path in ("/", "/join", scene.path, f"{scene.path}/raw?once=1"):
        assert (await scene.ben.get(path, BROWSER, headers=headers)).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("tail", ["/leave", "/close", "/deletions?message={id}", "/edits"])
async def test_nothing_changes_by_reading(scene: Scene, tail: str, method: str) -> None:
    tail = tail.format(id=(await scene.ada.say(scene.room, "Hi")).json["id"])
    before = await scene.house.engine.load(scene.room)
    answer = await scene.ada.ask(method, scene.path + tail, BROWSER)
    assert answer.status == (204 if method == "OPTIONS" else 405)
    assert await scene.house.engine.load(scene.room) == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("field", ["text=Bye", "sign=yes", "reply={id}"])
async def test_nothing_changes_by_looking_at_a_message(
    scene: Scene, field: str, method: str
) -> None:
    said = (await scene.ada.say(scene.room, "Hi")).json["id"]
    before = await scene.house.engine.load(scene.room)
    tail = f"/messages?message={said}&{field.format(id=said)}"
    answer = await scene.ada.ask(method, scene.path + tail, BROWSER)
    assert answer.status == (204 if method == "OPTIONS" else 200)
    assert await scene.house.engine.load(scene.room) == before


async def test_a_method_in_disguise_is_none(scene: Scene) -> None:
    answer = await scene.ada.ask(
        "GET", f"{scene.path}/leave", BROWSER, headers={"X-HTTP-Method-Override": "POST"}
    )
    assert answer.status == 405
    assert (await scene.ada.get(scene.path)).status == 200


async def test_who_takes_the_answer_slowly_is_told_all_of_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is about no room, so there is none whose end could cut it."""
    for name in ("SLOW_SECONDS", "LAST_SECONDS"):
        monkeypatch.setattr(in_flight, name, 0)
    let, sent = asyncio.Event(), []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        await let.wait()

    scope = {"type": "http", "method": "POST", "scheme": "http", "path": "/rooms"}
    app: Any = house.app
    foreign = [(b"sec-fetch-site", b"cross-site")]
    serving = asyncio.ensure_future(app({**scope, "headers": foreign}, receive, send))
    for _ in range(20):
        await asyncio.sleep(0)
    let.set()
    await asyncio.wait_for(serving, PATIENCE)
    assert [message["type"] for message in sent][:2] == [
        "http.response.start",
        "http.response.body",
    ]
