"""The cast and their house: Ada hosts, Ben is a member, Mallory has no code, Eve has left.

The house is the whole application with a memory engine to look into and a clock to turn. No
background task runs in it: a test that wants the reaper calls it.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.cookiejar import Cookie, CookieJar
from typing import Any, Final
from urllib.parse import quote, urlencode
from urllib.request import Request

from hypercorn.typing import ASGISendEvent
from quart.testing import QuartClient
from quart.testing.connections import TestHTTPConnection
from werkzeug.datastructures import Headers

from ephemera.app import create_app
from ephemera.clock import Clock
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.reaper import Reaper
from ephemera.settings import Settings
from tests.support.asking import BROWSER, CURL, HTMX, KINDS, PROGRAM, Kind
from tests.support.clock import FakeClock
from tests.support.patience import PATIENCE

TWO_MINUTES: Final = {"grace": "120"}
"""For how long the rooms of these tests keep a seat, once a guest has come."""
NEVER: Final = "0123456789abcdef0123"
"""The id of a room that never existed."""
HOST: Final = "ephemera.test"
FORM: Final = "application/x-www-form-urlencoded"

HEARD_WITHIN: Final = PATIENCE
ANSWERED_WITHIN: Final = PATIENCE


@dataclass(frozen=True)
class Answer:
    """All of an answer; two are equal when no byte tells them apart."""

    status: int
    lines: tuple[tuple[str, str], ...]
    body: bytes

    @cached_property
    def headers(self) -> Headers:
        return Headers(self.lines)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is anything
        return json.loads(self.body)

    @property
    def leads_to(self) -> str:
        """The path that a browser is sent to, without the proof that a seat was just taken."""
        return re.sub(r"\?fresh=[0-9a-f]{32}$", "", self.headers["Location"])

    @property
    def type(self) -> str:
        return self.headers["Content-Type"]


class House:
    """The application, served in this process to whoever knocks."""

    def __init__(
        self,
        engine: MemoryEngine | None = None,
        *,
        clock: Clock | None = None,
        **settings: Any,  # noqa: ANN401 - whatever Settings takes
    ) -> None:
        self.clock = FakeClock(1_750_000_000.0)
        self.engine = engine or MemoryEngine()
        chosen = Settings(**{"rate_limits": False, **settings})
        self.app = create_app(chosen, engine=self.engine, clock=clock or self.clock)
        self._reaper = Reaper(self.engine, self.clock)

    async def reap(self) -> None:
        """Let the reaper look at all that is due."""
        while await self._reaper.reap_due():
            pass

    async def pass_time(self, seconds: float) -> None:
        self.clock.turn(seconds)
        await self.reap()

    async def ask(  # noqa: PLR0913 - what a request consists of
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        address: str = "198.51.100.7",
        scheme: str = "http",
    ) -> Answer:
        async with asyncio.timeout(ANSWERED_WITHIN):
            response = await QuartClient(self.app, use_cookies=False).open(
                path,
                method=method,
                headers={"Host": HOST, **headers},
                data=body,
                scheme=scheme,
                scope_base={"client": (address, 40_000)},
            )
        return Answer(
            response.status_code,
            tuple(response.headers.items()),
            await response.get_data(as_text=False),
        )

    async def open_room(self, nickname: str, **fields: str) -> tuple["Person", dict[str, Any]]:
        """Open a room as a program would; return its host and the room's fields."""
        host = Person(self)
        answer = await host.post(
            "/rooms", PROGRAM, {**TWO_MINUTES, "nickname": nickname, "capacity": "8", **fields}
        )
        assert answer.status == 201, answer
        host.token = answer.json["token"]
        return host, answer.json["room"]

    async def join(self, code: str, nickname: str) -> tuple["Person", dict[str, Any]]:
        """Join a room as a program would; return the member and the whole answer."""
        member = Person(self)
        answer = await member.post("/join", PROGRAM, {"nickname": nickname, "code": code})
        assert answer.status == 201, answer
        member.token = answer.json["token"]
        return member, answer.json


@dataclass
class Person:
    """Somebody who asks as a browser, as htmx, as a program or with curl, with a seat or without.

    The seat's token travels as each of them would send it: in the room's cookie, or as Bearer.
    """

    house: House
    token: str | None = None
    address: str = "198.51.100.7"
    scheme: str = "http"

    async def ask(  # noqa: PLR0913 - what a request consists of
        self,
        method: str,
        path: str,
        kind: Kind = CURL,
        form: Mapping[str, str | bytes] | None = None,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {**kind, **self._seat(kind)}
        if form is not None:
            body = urlencode(form).encode()
            sent["Content-Type"] = FORM
        sent |= headers or {}
        return await self.house.ask(
            method, path, sent, body, address=self.address, scheme=self.scheme
        )

    async def get(
        self, path: str, kind: Kind = CURL, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        return await self.ask("GET", path, kind, headers=headers)

    async def post(
        self,
        path: str,
        kind: Kind = CURL,
        form: Mapping[str, str | bytes] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        return await self.ask("POST", path, kind, form, headers=headers)

    async def say(self, room: str, text: str, kind: Kind = PROGRAM, key: str = "") -> Answer:
        form = {"text": text, **({"key": key} if key else {})}
        return await self.post(f"/rooms/{room}/messages", kind, form)

    @asynccontextmanager
    async def listening(
        self,
        path: str,
        kind: Kind = CURL,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator["Listening"]:
        """Open a stream for as long as the block lasts."""
        client = QuartClient(self.house.app, use_cookies=False)
        client.http_connection_class = Listening
        connection = client.request(
            path,
            method=method,
            headers={"Host": HOST, **kind, **self._seat(kind), **(headers or {})},
            scheme=self.scheme,
            scope_base={"client": (self.address, 40_000)},
        )
        assert isinstance(connection, Listening)
        async with connection:
            await connection.send_complete()  # else the server waits for a body that never comes
            try:
                await connection.started()
                yield connection
            finally:
                await connection.disconnect()

    def _seat(self, kind: Kind) -> dict[str, str]:
        if self.token is None:
            return {}
        if kind in (BROWSER, HTMX):
            prefix = "__Secure-" if self.scheme == "https" else ""
            return {"Cookie": f"{prefix}seat={self.token}"}
        return {"Authorization": f"Bearer {self.token}"}


class Listening(TestHTTPConnection):
    """One open response, and all that has come of it."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as Quart makes it
        super().__init__(*args, **options)
        self.heard = bytearray()
        self.has_ended = False
        self._news = asyncio.Event()

    async def __aexit__(self, *raised: Any) -> None:  # noqa: ANN401, PYI036 - as Quart has it
        async with asyncio.timeout(HEARD_WITHIN):
            await super().__aexit__(*raised)

    async def started(self) -> None:
        await self._wait(lambda: self.status_code is not None)

    async def until(self, words: str) -> str:
        """Wait for these words and return all that was heard; fail when the end comes first."""
        await self._wait(lambda: words.encode() in self.heard or self.has_ended)
        assert words.encode() in self.heard, self.heard.decode()
        return self.heard.decode()

    async def ended(self) -> str:
        """Wait until the server has ended the response in good order; return all of it."""
        await self._wait(lambda: self.has_ended)
        return self.heard.decode()

    async def _wait(self, condition: Any) -> None:  # noqa: ANN401 - a callable
        async with asyncio.timeout(HEARD_WITHIN):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def _asgi_send(self, message: ASGISendEvent) -> None:
        await super()._asgi_send(message)
        if message["type"] == "http.response.body":
            self.heard += message["body"]
            self.has_ended = not message["more_body"]
        self._news.set()


@dataclass
class Scene:
    """A room with the cast around it. Mallory has a room of her own next door."""

    house: House
    room: str
    code: str
    ada: Person
    ben: Person
    eve: Person
    mallory: Person
    mallory_next_door: Person
    next_door: str

    @property
    def outsiders(self) -> tuple[Person, ...]:
        """No seat, another room's seat, a seat given up."""
        return (self.mallory, self.mallory_next_door, self.eve)

    @property
    def path(self) -> str:
        return f"/rooms/{self.room}"

    async def end_room(self) -> None:
        answer = await self.ada.post(f"{self.path}/close")
        assert answer.status == 204, answer

    async def join(self, nickname: str) -> Person:
        return (await self.house.join(self.code, nickname))[0]

    async def assert_closed_to_outsiders(
        self, method: str, tail: str, form: Mapping[str, str] | None = None
    ) -> None:
        """Whoever has no seat gets the very bytes of a room that never existed."""
        for kind in KINDS:
            never = await self.mallory.ask(method, f"/rooms/{NEVER}{tail}", kind, form)
            assert never.status == 404
            for outsider in self.outsiders:
                assert await outsider.ask(method, self.path + tail, kind, form) == never

    async def assert_gone(
        self, method: str, tail: str, form: Mapping[str, str] | None = None
    ) -> None:
        """A room that has ended answers its former members as if it had never existed."""
        await self.end_room()
        for kind in KINDS:
            never = await self.mallory.ask(method, f"/rooms/{NEVER}{tail}", kind, form)
            assert never.status == 404
            for former in (self.ada, self.ben, *self.outsiders):
                assert await former.ask(method, self.path + tail, kind, form) == never


async def set_scene(house: House) -> Scene:
    """Open Ada's room, let Ben in, let Eve come and go, and give Mallory a room next door."""
    ada, room = await house.open_room("Ada")
    ben, _ = await house.join(room["code"], "Ben")
    eve, _ = await house.join(room["code"], "Eve")
    left = await eve.post(f"/rooms/{room['id']}/leave")
    assert left.status == 204, left
    next_door, other = await house.open_room("Mallory")
    return Scene(
        house=house,
        room=room["id"],
        code=room["code"],
        ada=ada,
        ben=ben,
        eve=eve,
        mallory=Person(house),
        mallory_next_door=next_door,
        next_door=other["id"],
    )


@dataclass
class Browser:
    """A browser with a cookie jar that heeds paths, schemes and ages."""

    house: House
    scheme: str = "http"
    jar: CookieJar = field(default_factory=CookieJar)

    async def get(self, path: str) -> Answer:
        return await self._ask("GET", path)

    async def post(self, path: str, form: Mapping[str, str] | None = None) -> Answer:
        return await self._ask("POST", path, urlencode(form or {}).encode())

    @property
    def cookies(self) -> list[Cookie]:
        return list(self.jar)

    async def _ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        request = Request(f"{self.scheme}://{HOST}{path}", method=method)  # noqa: S310 - for the jar
        self.jar.add_cookie_header(request)
        headers = {
            **BROWSER,
            "Sec-Fetch-Site": "same-origin",
            **({"Content-Type": FORM} if body else {}),
            **(
                {"Cookie": str(request.get_header("Cookie"))}
                if request.has_header("Cookie")
                else {}
            ),
        }
        answer = await self.house.ask(method, path, headers, body, scheme=self.scheme)
        self.jar.extract_cookies(_Received(answer), request)  # type: ignore[arg-type] # it needs info()
        return answer


class _Received:
    """What a cookie jar wants to see of an answer."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def info(self) -> "_Received":
        return self

    def get_all(self, name: str, default: list[str]) -> list[str]:
        return self._answer.headers.getlist(name) or default


def percent(text: str) -> str:
    """Return the text as a path segment."""
    return quote(text, safe="")


def without_key(page: str) -> str:
    """Return a page without the random keys of its forms."""
    without, found = re.subn(r'(?<=name="key" value=")[\w-]{24}(?=")', "", page)
    assert found
    return without
