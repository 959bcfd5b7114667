"""While the server cannot keep up: what is refused at once, what never is, and in which words."""

from typing import Any

import pytest

from ephemera.web.road.asgi import AsgiMessage
from ephemera.web.road.bodies import MOST_DROPPED_BYTES
from ephemera.web.road.shed import Shed
from tests.support.asking import BROWSER, CURL, HTMX, KINDS, PROGRAM, Kind, by_kind
from tests.support.cast import NEVER, Answer, House, Person, Scene

READABLE = ("events", "json", "raw", "live")
WITHOUT_A_PAGE = (HTMX, PROGRAM, CURL)
PIECE = b"x" * 16_384


class Guarded:
    """The guard of the hot ways of a house, which a test tells when it is too much."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.is_too_much = False
        front: Any = house.app.asgi_app
        front._ways = Shed(lambda: self.is_too_much, front._errors).guard(front._ways)


@pytest.fixture
def guarded(house: House) -> Guarded:
    return Guarded(house)


def without(answer: Answer, *names: str) -> tuple[int, set[tuple[str, str]], bytes]:
    """Return the answer without these headers; names of headers in lower case."""
    lines = {(name.lower(), value) for name, value in answer.lines}
    return answer.status, {line for line in lines if line[0] not in names}, answer.body


@by_kind
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_answer_is_that_of_a_process_that_is_full(
    guarded: Guarded, scene: Scene, kind: Kind, scheme: str
) -> None:
    full = Person(House(max_streams=0), scheme=scheme)
    expected = await full.get("/health/ready", kind)
    assert expected.status == 503
    guarded.is_too_much = True
    scene.ben.scheme = scheme
    answer = await scene.ben.get(f"{scene.path}/json", kind)
    differs = ("retry-after", "refresh")
    assert without(answer, *differs) == without(expected, *differs)


@by_kind
@pytest.mark.parametrize("way", READABLE)
async def test_a_stream_is_refused_for_a_few_seconds(
    guarded: Guarded, scene: Scene, kind: Kind, way: str
) -> None:
    guarded.is_too_much = True
    for _ in range(20):
        answer = await scene.ben.get(f"{scene.path}/{way}", kind)
        assert answer.status == 503
        assert 1 <= int(answer.headers["Retry-After"]) <= 5
    guarded.is_too_much = False
    async with scene.ben.listening(f"{scene.path}/{way}", kind) as stream:
        assert stream.status_code == 200


async def test_a_document_that_nobody_reloads_comes_back_by_itself(
    guarded: Guarded, scene: Scene
) -> None:
    guarded.is_too_much = True
    answer = await scene.ben.get(f"{scene.path}/live", BROWSER)
    assert answer.headers["Refresh"] == answer.headers["Retry-After"]


@pytest.mark.parametrize("kind", WITHOUT_A_PAGE)
async def test_a_refused_message_is_not_said_and_the_same_one_is_said_later(
    guarded: Guarded, scene: Scene, kind: Kind
) -> None:
    guarded.is_too_much = True
    assert (await scene.ben.say(scene.room, "hello", kind, key="once")).status == 503
    assert "hello" not in (await scene.ada.get(scene.path, BROWSER)).text
    guarded.is_too_much = False
    for _ in range(2):
        assert (await scene.ben.say(scene.room, "hello", kind, key="once")).status in {200, 201}
    assert (await scene.ada.get(scene.path, BROWSER)).text.count("hello") == 1


async def test_a_form_without_scripts_is_taken_for_it_has_nowhere_to_keep_the_words(
    guarded: Guarded, scene: Scene
) -> None:
    guarded.is_too_much = True
    assert (await scene.ben.say(scene.room, "hello", BROWSER)).status == 303
    assert "hello" in (await scene.ada.get(scene.path, BROWSER)).text


async def test_nobody_learns_whether_a_room_exists(guarded: Guarded, scene: Scene) -> None:
    guarded.is_too_much = True
    for kind in KINDS:
        answers = [
            without(await who.get(f"{path}/json", kind), "retry-after", "refresh")
            for who in (scene.ben, *scene.outsiders)
            for path in (scene.path, f"/rooms/{NEVER}")
        ]
        assert all(answer == answers[0] for answer in answers)


async def test_leaving_and_looking_are_never_refused(guarded: Guarded, scene: Scene) -> None:
    guarded.is_too_much = True
    assert (await scene.ben.get(scene.path, BROWSER)).status == 200
    assert (await scene.ben.post(f"{scene.path}/leave")).status == 204
    assert (await scene.ada.post(f"{scene.path}/close")).status == 204
    assert (await scene.mallory.get("/health/ready")).status == 200


async def pieces_read(guarded: Guarded, pieces: int) -> int:
    """Refuse a message in so many pieces; return how many were read before it was answered."""
    guarded.is_too_much = True
    read = 0
    read_before: list[int] = []

    async def receive() -> AsgiMessage:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": PIECE, "more_body": read < pieces}

    async def send(message: AsgiMessage) -> None:
        read_before.append(read)
        assert message.get("status", 503) == 503

    path = f"/rooms/{NEVER}/messages"
    scope = {"type": "http", "method": "POST", "scheme": "http", "headers": [], "path": path}
    app: Any = guarded.house.app
    await app(scope, receive, send)
    return read_before[-1]


@pytest.mark.parametrize("pieces", [1, 2, 12])
async def test_the_body_of_what_is_refused_is_read_to_its_end(
    guarded: Guarded, pieces: int
) -> None:
    assert await pieces_read(guarded, pieces) == pieces


async def test_of_a_body_without_end_only_so_much_is_read(guarded: Guarded) -> None:
    assert await pieces_read(guarded, 1_000_000) == MOST_DROPPED_BYTES // len(PIECE) + 1
