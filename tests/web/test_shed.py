"""While the server cannot keep up: what is refused at once, what never is, and in which words."""

from typing import Any

import pytest

from ephemera.app import _read_once
from ephemera.web.bodies import MOST_DROPPED_BYTES
from ephemera.web.front import HandedOn
from ephemera.web.scopes import Message
from ephemera.web.shed import Shed
from tests.support.cast import (
    BROWSER,
    CURL,
    HTMX,
    KINDS,
    NAMES_OF_KINDS,
    NEVER,
    PROGRAM,
    Answer,
    House,
    Kind,
    Person,
    Scene,
)

READABLE = ("events", "json", "raw", "live")
WITHOUT_A_PAGE = (HTMX, PROGRAM, CURL)
PIECE = b"x" * 16_384


class Guarded:
    """The guard of the hot ways of a house, which a test tells when it is too much."""

    def __init__(self, house: House) -> None:
        self.is_too_much = False
        front: Any = house.app.asgi_app
        front._ways = Shed(lambda: self.is_too_much, _read_once()[1]).guard(front._ways)


@pytest.fixture
def guarded(house: House) -> Guarded:
    return Guarded(house)


def without(answer: Answer, *names: str) -> tuple[int, set[tuple[str, str]], bytes]:
    """Return the answer without these headers; names of headers in lower case."""
    lines = {(name.lower(), value) for name, value in answer.lines}
    return answer.status, {line for line in lines if line[0] not in names}, answer.body


@pytest.mark.parametrize("kind", KINDS, ids=NAMES_OF_KINDS)
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


@pytest.mark.parametrize("kind", KINDS, ids=NAMES_OF_KINDS)
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


async def pieces_read(pieces: int) -> int:
    """Refuse a message in so many pieces; return how many were read before it was answered."""
    read = 0
    read_before: list[int] = []

    async def receive() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": PIECE, "more_body": read < pieces}

    async def send(message: Message) -> None:
        read_before.append(read)
        assert message.get("status", 503) == 503

    async def serve(*_: object) -> HandedOn | None:
        raise AssertionError("it was too much")

    scope = {"type": "http", "method": "POST", "scheme": "http", "headers": []}
    [guarded] = Shed(lambda: True, _read_once()[1]).guard({("POST", "messages"): serve}).values()
    await guarded(NEVER, scope, receive, send)
    assert len(read_before) == 2
    return read_before[0]


@pytest.mark.parametrize("pieces", [1, 2, 12])
async def test_the_body_of_what_is_refused_is_read_to_its_end(pieces: int) -> None:
    assert await pieces_read(pieces) == pieces


async def test_of_a_body_without_end_only_so_much_is_read() -> None:
    assert await pieces_read(1_000_000) == MOST_DROPPED_BYTES // len(PIECE) + 1


# Before anybody looks at it


def a_message(*more: str, body: str = "text=hello", start: str = "", length: str = "") -> bytes:
    """Return a request to post a message, with more headers."""
    lines = (
        start or f"POST /rooms/{NEVER}/messages HTTP/1.1",
        "Host: ephemera.test",
        *more,
        f"Content-Length: {length or len(body)}",
    )
    return "\r\n".join((*lines, "", body)).encode()


def turned_away(request: bytes, *, secure: bool = False) -> bytes | None:
    return Shed(lambda: True, _read_once()[1]).turn_away(request, secure=secure)


@pytest.mark.parametrize("kind", WITHOUT_A_PAGE)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_who_is_turned_away_is_told_the_same(
    guarded: Guarded, scene: Scene, kind: Kind, scheme: str
) -> None:
    guarded.is_too_much = True
    scene.ben.scheme = scheme
    expected = await scene.ben.say(scene.room, "hello", kind)
    given = [f"{name}: {value}" for name, value in kind.items()]
    request = a_message(*given, "Connection: keep-alive")
    answer = turned_away(request, secure=scheme == "https")
    assert answer
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first.split(" ")[:2] == ["HTTP/1.1", "503"]
    told = dict(line.split(": ", 1) for line in lines)
    assert 1 <= int(told.pop("retry-after")) <= 5
    status, headers, same_body = without(expected, "retry-after")
    assert (503, set(told.items()), body) == (status, headers, same_body)


def test_behind_a_proxy_with_tls_the_answer_is_one_for_https() -> None:
    for proto, secure in (("https", True), ("http", False)):
        answer = turned_away(a_message(f"X-Forwarded-Proto: {proto}"))
        assert answer
        assert (b"strict-transport-security" in answer) is secure


@pytest.mark.parametrize(
    "request_",
    [
        a_message(start=f"GET /rooms/{NEVER}/events HTTP/1.1"),
        a_message(start=f"POST /rooms/{NEVER}/leave HTTP/1.1"),
        a_message(start=f"POST /rooms/{NEVER}/messages HTTP/1.0"),
        a_message(start=f"POST /rooms/{NEVER}/messages?a=b HTTP/1.1"),
        a_message("Accept: text/html"),
        a_message("Transfer-Encoding: chunked"),
        a_message("Transfer-Encoding : chunked"),
        a_message("Expect: 100-continue"),
        a_message("Upgrade: h2c"),
        a_message("Connection: close"),
        a_message("Content-Length: 10"),
        a_message("Folded: one\r\n two"),
        a_message("Torn: one\ntwo: three"),
        a_message("no colon"),
        a_message("Spaces: " + " " * 60_000 + "\0"),
        a_message(length="11"),
        a_message(length="9"),
        a_message(length="+10"),
        a_message() + a_message(),
        a_message().partition(b"\r\n\r\n")[0],
        b"POST ",
        b"",
    ],
    ids=range(22),
)
def test_what_is_no_whole_message_or_could_be_read_in_two_ways_is_left_to_the_parser(
    request_: bytes,
) -> None:
    assert turned_away(request_) is None


def test_nobody_is_turned_away_while_it_is_not_too_much() -> None:
    assert Shed(lambda: False, _read_once()[1]).turn_away(a_message(), secure=False) is None


async def test_who_was_let_in_at_the_door_is_not_refused_behind_it() -> None:
    answers = iter([False, True])
    shed = Shed(lambda: next(answers), _read_once()[1])
    served: list[str] = []

    async def serve(room_id: str, *_: object) -> None:
        served.append(room_id)

    [guarded] = shed.guard({("POST", "messages"): serve}).values()
    scope: dict[str, Any] = {"type": "http", "method": "POST", "scheme": "http", "headers": []}
    assert shed.turn_away(a_message(), secure=False) is None
    nobody: Any = None
    await guarded(NEVER, scope, nobody, nobody)
    assert served == [NEVER]
