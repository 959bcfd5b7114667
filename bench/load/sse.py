"""Server-sent events and forms: Ephemera's own HTTP interface, which the peers imitate."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlencode

from bench.errors import BenchError
from bench.load.dialect import Line, Place
from bench.load.poster import HttpPoster
from bench.load.sockets import PATIENCE, ask, connect

BROWSER: Final = """\
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0\r
Accept: text/html, text/event-stream\r
Accept-Language: en-GB,en;q=0.5\r
Connection: keep-alive\r
Sec-Fetch-Dest: empty\r
Sec-Fetch-Mode: cors\r
Sec-Fetch-Site: same-origin\r
"""
"""What a browser says with everything; compression is not asked for, nobody here would do it."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a room, and the secret that opens it."""

    room: str
    token: str


class Sse:
    """Opens rooms by form, listens to server-sent events, posts as htmx does."""

    def seat(self, line: Line, members: int) -> list[Place]:
        """Open a room, let members join it, and open a stream for each of them."""
        seats = self.admit(line.port, members)
        return [self._place(line, seat) for seat in seats]

    def admit(self, port: int, members: int) -> list[Seat]:
        """Open a room and join it until it has so many members."""
        connection = self.call(port)
        try:
            opened = submit(connection, "/rooms", nickname="Ada", capacity="8")
            room, code = opened["room"]["id"], opened["room"]["code"]
            tokens = [opened["token"]]
            for number in range(1, members):
                joined = submit(connection, "/join", nickname=nickname(number), code=code)
                tokens.append(joined["token"])
        finally:
            connection.close()
        return [Seat(room, token) for token in tokens]

    def call(self, port: int) -> HTTPConnection:
        """Return the connection of those who open a room and join it."""
        return HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def poster(self, line: Line, seat: Seat) -> HttpPoster:
        """Return who posts from this seat."""
        return HttpPoster(line.loop, line.ledger, line.port, post_head(line.port, seat))

    def _place(self, line: Line, seat: Seat) -> Place:
        stream = connect(line.port)
        read = ask(stream, stream_request(line.port, seat), 200)
        return Place(stream, read, self.poster(line, seat))


def nickname(number: int) -> str:
    """Return a name that no other member of the room has."""
    return ("Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hope")[number]


def submit(connection: HTTPConnection, path: str, token: str = "", **fields: str) -> dict[str, Any]:
    """Send a form as a program does, with a seat's token if any; return the JSON of the answer."""
    head = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    if token:
        head["Authorization"] = f"Bearer {token}"
    connection.request("POST", path, urlencode(fields), head)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != HTTPStatus.CREATED:
        raise BenchError(f"{path} answered {answer.status}")
    return dict(json.loads(body))


def stream_request(port: int, seat: Seat) -> bytes:
    """Return what a browser sends to listen."""
    return (
        f"GET /rooms/{seat.room}/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{BROWSER}"
        f"Cookie: seat={seat.token}\r\n\r\n"
    ).encode()


def post_head(port: int, seat: Seat) -> bytes:
    """Return what htmx sends with a message, up to the value of Content-Length."""
    return (
        f"POST /rooms/{seat.room}/messages HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{BROWSER}"
        f"Origin: http://127.0.0.1:{port}\r\nReferer: http://127.0.0.1:{port}/rooms/{seat.room}\r\n"
        "HX-Request: true\r\nHX-Request-Type: partial\r\n"
        "HX-Source: form#composer\r\nHX-Target: form#composer\r\n"
        f"Cookie: seat={seat.token}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
    ).encode()
