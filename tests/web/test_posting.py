"""The way of a message in front of Quart, byte by byte: bodies in pieces, clients that go away."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import pytest

from ephemera.server.eager import start
from ephemera.server.scopes import WHOLE
from ephemera.web.road import bodies
from ephemera.web.road.bodies import MOST_BODY_BYTES
from tests.support.asking import CURL, HTMX, Kind, by_kind
from tests.support.cast import FORM, HOST, Scene
from tests.support.patience import PATIENCE

Event = dict[str, Any]
GONE: Event = {"type": "http.disconnect"}


def piece(body: bytes, *, more: bool) -> Event:
    return {"type": "http.request", "body": body, "more_body": more}


def a_scope(scene: Scene, kind: Kind, **headers: str) -> Event:
    """Return what a server says of a message of Ben's."""
    named = {"Host": HOST, "Content-Type": FORM, "Authorization": f"Bearer {scene.ben.token}"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": f"{scene.path}/messages",
        "raw_path": f"{scene.path}/messages".encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(n.lower().encode(), v.encode()) for n, v in {**named, **kind}.items()],
        "client": ("198.51.100.7", 40_000),
        "server": ("127.0.0.1", 8000),
    }


async def post(
    scene: Scene, events: Sequence[Event], kind: Kind = CURL, **headers: str
) -> list[Event]:
    """Post as Ben what arrives in these events, and return what was answered."""
    coming: Iterator[Event] = iter([*events, GONE, GONE])
    answered: list[Event] = []

    async def receive() -> Event:
        return next(coming)

    async def send(event: Event) -> None:
        answered.append(event)

    scope = a_scope(scene, kind, **headers)
    await scene.house.app(scope, receive, send)  # type: ignore[arg-type] # Quart's own types for ASGI
    return answered


async def texts_of(scene: Scene) -> list[str]:
    lines = (await scene.ada.get(f"{scene.path}/raw?once=1")).text.splitlines()
    return [line.partition(": ")[2] for line in lines if line.startswith("Ben: ")]


async def test_a_body_may_come_in_pieces(scene: Scene) -> None:
    typed = urlencode({"text": "grüße"}).encode()
    pieces = [piece(typed[place : place + 1], more=True) for place in range(len(typed))]
    answered = await post(scene, [*pieces, piece(b"", more=False)])
    assert answered[0]["status"] == 201
    assert await texts_of(scene) == ["grüße"]


async def test_a_message_that_has_come_whole_is_posted_without_a_turn_of_the_loop(
    scene: Scene,
) -> None:
    answered: list[Event] = []

    async def receive() -> Event:
        return piece(b"text=hello", more=False)

    async def send(event: Event) -> None:
        answered.append(event)

    scope = {**a_scope(scene, CURL), "extensions": {WHOLE: {}}}
    app: Any = scene.house.app
    assert start(app(scope, receive, send)) is None
    assert answered[0]["status"] == 201
    assert await texts_of(scene) == ["hello"]


async def test_who_goes_away_in_the_middle_has_said_nothing_and_is_told_nothing(
    scene: Scene,
) -> None:
    assert await post(scene, [piece(b"text=half", more=True)]) == []
    assert await texts_of(scene) == []


async def test_who_goes_away_after_the_last_byte_has_said_it(scene: Scene) -> None:
    await post(scene, [piece(b"text=whole", more=False)])
    assert await texts_of(scene) == ["whole"]


async def test_as_much_as_we_take_is_read_and_not_a_byte_more(scene: Scene) -> None:
    padding = b"&pad=" + b"x" * (MOST_BODY_BYTES - len("text=all&pad="))
    whole = b"text=all" + padding
    answered = await post(scene, [piece(whole, more=False)])
    assert answered[0]["status"] == 201
    answered = await post(scene, [piece(whole, more=True), piece(b"x", more=False)])
    assert answered[0]["status"] == 413
    assert await texts_of(scene) == ["all"]


async def test_a_body_that_came_whole_and_is_too_large_is_waited_for_no_longer(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "LINGER_SECONDS", PATIENCE)
    coming = iter([piece(b"x" * (MOST_BODY_BYTES + 1), more=False)])
    answered: list[Event] = []

    async def receive() -> Event:
        for event in coming:
            return event
        return await asyncio.Future[Event]()

    async def send(event: Event) -> None:
        answered.append(event)

    app: Any = scene.house.app
    async with asyncio.timeout(PATIENCE / 3):  # well before Quart would end it, after a minute
        await app(a_scope(scene, CURL), receive, send)
    assert answered[0]["status"] == 413


@by_kind
async def test_an_answer_says_how_long_it_is(scene: Scene, kind: Kind) -> None:
    start, body = await post(scene, [piece(b"text=a", more=False)], kind)
    assert dict(start["headers"])[b"content-length"] == b"%d" % len(body["body"])
    assert not body["more_body"]


async def test_the_blank_composer_is_the_one_of_the_page(scene: Scene) -> None:
    _, body = await post(scene, [piece(b"text=a", more=False)], HTMX)
    fresh = body["body"].decode()
    key = fresh.partition('name="key" value="')[2].partition('"')[0]
    rendered = (await scene.ben.get(f"{scene.path}/composer", HTMX)).text
    other = rendered.partition('name="key" value="')[2].partition('"')[0]
    assert fresh == rendered.replace(other, key)
    assert len(key) == len(other) > 20
    assert key != other


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        (HOST, f"http://{HOST}"),
        (f"{HOST}:80", f"http://{HOST}"),
        (HOST.upper(), f"http://{HOST}"),
        (f"{HOST}:8000", f"http://{HOST}:8000"),
    ],
)
async def test_an_older_browser_posts_to_its_own_site(scene: Scene, host: str, origin: str) -> None:
    answered = await post(scene, [piece(b"text=a", more=False)], Host=host, Origin=origin)
    assert answered[0]["status"] == 201


@pytest.mark.parametrize("origin", ["http://elsewhere.test", "null", "http://[", "http://"])
async def test_an_older_browser_posts_to_no_other_site(scene: Scene, origin: str) -> None:
    answered = await post(scene, [piece(b"text=a", more=False)], Origin=origin)
    assert answered[0]["status"] == 403
    assert await texts_of(scene) == []


async def test_of_two_keys_the_first_counts_as_it_does_for_quart(scene: Scene) -> None:
    once = [piece(b"text=a", more=False)]
    await post(scene, once, Idempotency_Key="first", idempotency_key="second")
    await post(scene, once, Idempotency_Key="first")
    assert await texts_of(scene) == ["a"]


async def test_of_two_authorisations_the_first_counts_as_it_does_for_quart(scene: Scene) -> None:
    answered = await post(scene, [piece(b"text=a", more=False)], authorization="Bearer of nothing")
    assert answered[0]["status"] == 201


async def test_a_seat_is_found_among_cookies_that_come_one_by_one(scene: Scene) -> None:
    seat = f"seat={scene.ben.token}"
    answered = await post(
        scene, [piece(b"text=a", more=False)], Authorization="Basic x", Cookie="a=b", cookie=seat
    )
    assert answered[0]["status"] == 201


async def test_two_origins_are_none(scene: Scene) -> None:
    answered = await post(
        scene, [piece(b"text=a", more=False)], Origin=f"http://{HOST}", ORIGIN=f"http://{HOST}"
    )
    assert answered[0]["status"] == 403
