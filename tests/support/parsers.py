"""Every place where bytes from outside are read, with the worst that it may be given.

`python -m tests.support.parsers` prints the table: the place, its greatest size, and what the worst
shape costs there, in steps of the interpreter and in microseconds of the processor.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import h11
from werkzeug.datastructures import Accept
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_accept_header

from ephemera.app import create_app
from ephemera.domain.codes import read_code
from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import Refusal
from ephemera.domain.links import shown_bytes
from ephemera.domain.nicknames import MOST_TYPED_CHARACTERS, faces, read_nickname
from ephemera.domain.pasted import MOST_TYPED_CHARACTERS as MOST_PASTED
from ephemera.domain.pasted import read_pasted
from ephemera.domain.texts import MOST_BYTES, read_text
from ephemera.domain.tokens import digest_of
from ephemera.domain.words import read_word
from ephemera.engine.memory import MemoryEngine
from ephemera.hub.in_flight import InFlight
from ephemera.server.borrowed import OpenRequests
from ephemera.server.forwarded import behind_proxies
from ephemera.server.whole import Hot
from ephemera.settings import Settings
from ephemera.terminal.events import Parser
from ephemera.web.furniture import read_once
from ephemera.web.rendering.fragments import linkify
from ephemera.web.rendering.site import Site
from ephemera.web.road.asgi import headers_of, read_query
from ephemera.web.road.asked import form_for, is_same_site
from ephemera.web.road.bodies import MOST_BODY_BYTES, Body
from ephemera.web.road.errors import Errors
from ephemera.web.road.forms import FORM, JSON, MULTIPART, read_fields
from ephemera.web.road.front import Front
from ephemera.web.road.sessions import token_in
from ephemera.web.routes.addresses import Addresses
from ephemera.web.routes.assets import MOST_ENCODING_CHARACTERS
from ephemera.web.routes.requests import (
    Draft,
    read_choice,
    read_draft,
    read_key,
    read_message_number,
    read_number,
    replied_to,
)

BODY: Final = MOST_BODY_BYTES
HEAD: Final = 16 * 1024
"""Of the head of a request, as `hypercorn.toml` has it: no field of it can be longer."""
TEXT: Final = 4_000
SHAPES: Final = {
    "one long run": "a",
    "long digits": "9",
    "blanks": " ",
    "alternating marks": "\u0315\u0300",
    "marks that compose": "a\u0323\u0302",
    "many that are one": "\ufdfa",
    "nested parentheses": "(",
    "closed parentheses": ")",
    "brackets": "[",
    "line ends": "\r\n",
    "lines of blanks": " \n",
    "controls": "\x01",
    "surrogates": "\ud800",
    "sequences": "\x1b[31m",
    "strings that do not end": "\x1b]0;",
    "strings of 8 bits that do not end": "\x9d0;\x90a",
    "fillers": "\u3164",
    "marks": "\u0301",
    "links": "http://a ",
    "links that do not end": "http://[",
    "a link and parentheses": "http://a)",
    "links that hide": "http://a@",
    "links on one another": "http://a/(",
    "links of other writing": "http://\u0430",
    "markup": "**http://a",
    "quotes": '"',
    "backslashes": "\\",
    "ampersands": "&",
    "fields": "a=b&",
    "percents": "%41\u00e9",
    "broken percents": "%",
    "slashes": "/",
    "colons": ":",
    "commas": ",",
    "semicolons": ";",
    "parameters": "a;a=b,",
    "cookies": "a=b;",
    "octal": "\\101",
    "dots": "1.",
    "joiners": "a\u200d",
}
"""What is repeated until it is as long as may be."""
ANY: Final = {"of any kind": "a"}
PASTED: Final = SHAPES | {
    "links to join": "join#",
    "links with a query": "join?a&",
    "halves of codes": "ABCDE-",
    "ids without a secret": "0123456789abcdef0123.",
    "percents of percents": "%25",
}


class Place(NamedTuple):
    """Where something is read: the greatest size, and how; a fault but a refusal comes out.

    `before` is what the worst begins with, so that it gets as far as possible.
    """

    most: int
    read: Callable[[str], object]
    before: tuple[str, ...] = ("",)
    after: str = ""
    shapes: Mapping[str, str] = SHAPES


def of(size: int, shape: str, before: str, after: str) -> str:
    """Return so many characters, or bytes when it is read as such, of the shape."""
    room = max(size - len(before) - len(after), 0)
    return before + (shape * (room // len(shape) + 1))[:room] + after


def worst_of(place: Place, size: int) -> Iterable[tuple[str, str]]:
    """Return the worst that the place may be given at that size, by name."""
    for name, shape in place.shapes.items():
        for before in place.before:
            yield (
                f"{before[:12]!r} {name}" if before else name,
                of(size, shape, before, place.after),
            )


async def nothing(*_: object) -> None:
    """Be an ASGI application, or a part of one."""


async def _receive_nothing() -> dict[str, Any]:
    return {"type": "http.disconnect"}


def _bytes(text: str, most: int) -> bytes:
    return text.encode("utf-8", "surrogatepass")[:most]


def _in_latin(text: str) -> str:
    """Return what a field of a head says, as ASGI has it."""
    return _bytes(text, HEAD).decode("latin-1")


def _kept(read: Callable[[str], object]) -> Callable[[str], object]:
    """Return what reads words that a room has taken: there are no surrogates among them."""
    return lambda text: read(text.encode("utf-8", "replace").decode())


def _one_field(read: Callable[[str], object]) -> Callable[[str], object]:
    return lambda text: read(_in_latin(text))


def _form(text: str) -> object:
    return read_draft(FORM, _bytes(text, BODY), None)


def _quoted_form(text: str) -> object:
    """Read a form of one text that is behind percents, as browsers send it."""
    return read_draft(FORM, f"text={quote(text, errors='replace')}"[:BODY].encode(), None)


def _invalid(text: str) -> object:
    return read_draft(FORM, text.encode("utf-16", "replace")[:BODY], None)


def _nameless(text: str) -> object:
    return read_draft(FORM, _bytes(f"a {text}", BODY), None)


def _json(text: str) -> object:
    return read_draft(JSON, _bytes(text, BODY), None)


def _json_text(text: str) -> object:
    return read_draft(JSON, json.dumps({"text": text})[:BODY].encode(), None)


def _multipart(text: str, before: bytes) -> object:
    return read_draft(f"{MULTIPART}; boundary=b", before + _bytes(text, BODY - len(before)), None)


def _in_parts(text: str) -> object:
    """Read a body that comes in parts of one byte."""
    parts = iter(_bytes(text, BODY))

    async def receive() -> dict[str, Any]:
        part = next(parts, None)
        body = b"" if part is None else bytes([part])
        return {"type": "http.request", "body": body, "more_body": part is not None}

    reading = Body(receive, is_whole=True).read()
    with suppress(StopIteration):
        reading.send(None)
    return None


def _token_in(name: str, text: str) -> object:
    headers = {name: text}
    return token_in(headers, secure=False)


def _terminal(text: str, parts: int = 256) -> object:
    parser, line = Parser(), _bytes(text, BODY)
    for at in range(0, len(line), parts):
        parser.feed(line[at : at + parts])
    return parser.feed(b"\n")


def _front(path: str) -> object:
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": path, "headers": []}
    front = Front(nothing, {}, Errors(read_once(Site())[1]), InFlight(MemoryEngine()))
    return asyncio.run(front(scope, _receive_nothing, nothing))


def _proxied(text: str) -> object:
    said = _bytes(text, HEAD)
    fields = [(name, said) for name in (b"x-forwarded-for", b"x-forwarded-host")]
    scope: dict[str, Any] = {"type": "http", "headers": fields, "client": None}
    with suppress(StopIteration):
        behind_proxies(nothing, 1)(scope, None, None).__await__().send(None)
    return scope


def _h11(text: str, parts: int = BODY) -> object:
    connection = OpenRequests(h11.SERVER, max_incomplete_event_size=HEAD)
    data = _bytes(text, BODY)
    with suppress(h11.RemoteProtocolError):
        for at in range(0, len(data), parts):
            connection.receive_data(data[at : at + parts])
            while not isinstance(event := connection.next_event(), h11.EndOfMessage):
                if event in (h11.NEED_DATA, h11.PAUSED):
                    break
    return None


def _chunked(text: str) -> object:
    """Read chunks of one byte."""
    return _h11(_CHUNKED + "1\r\nx\r\n" * (len(text) // 6))


def _routes() -> Callable[[str], object]:
    urls = create_app(Settings()).url_map.bind("a")

    def match(path: str) -> object:
        with suppress(HTTPException):
            return urls.match(_in_latin(path), "GET")
        return None

    return match


_HOT: Final = "GET /rooms/a/events HTTP/1.1\r\nHost: a\r\n"
_POST: Final = "POST / HTTP/1.1\r\nHost: a\r\n"
_CHUNKED: Final = f"{_POST}Transfer-Encoding: chunked\r\n\r\n"


def places() -> dict[str, Place]:
    """Return every place by its name."""
    addresses = Addresses(b"s" * 32, time.time)
    hot = Hot([("GET", "/rooms/*/events"), ("POST", "/rooms/*/events")])
    return {
        "nickname": Place(BODY, read_nickname, ("", "a")),
        "nickname that is not too long to compose": Place(
            MOST_TYPED_CHARACTERS, read_nickname, ("", "a")
        ),
        "nickname, its looks": Place(120, faces, ("", "a")),
        "text": Place(BODY, read_text, ("", "a")),
        "text that is not too long to look at": Place(MOST_BYTES, read_text, ("", "a")),
        "text, its weight": Place(TEXT, _kept(shown_bytes), ("", "http://a")),
        "text, its links": Place(
            TEXT, _kept(linkify), ("", "http://a", "http://a/", "http://\u0430")
        ),
        "code": Place(BODY, read_code),
        "code or word, pasted": Place(
            MOST_PASTED, read_pasted, ("", "https://a/join#", "join?"), shapes=PASTED
        ),
        "code or word that is too long": Place(BODY, read_pasted),
        "word of an invitation": Place(BODY, read_word, ("", "a" * 20 + ".")),
        "key": Place(BODY, read_key),
        "id of a message": Place(
            BODY, lambda text: read_message_number({"message": text}), ("m-",)
        ),
        "reply": Place(BODY, lambda text: replied_to(Draft("", None, text)), ("m-",)),
        "number": Place(BODY, lambda text: read_number({"grace": text}, "grace")),
        "choice": Place(BODY, lambda text: read_choice({"ask": text}, "ask", {"yes": True})),
        "cursor": Place(HEAD, _one_field(Cursor.read), ("", "a-")),
        "form": Place(BODY, _form, ("", "text=")),
        "form, behind percents": Place(BODY // 6, _quoted_form),
        "form that is not UTF-8": Place(BODY // 2, _invalid),
        "form that is none": Place(BODY, _nameless),
        "JSON": Place(BODY, _json, ("", '{"text":"', '{"a":1,', "[")),
        "JSON, its text": Place(BODY // 6, _json_text),
        "multipart": Place(BODY, partial(_multipart, before=b""), ("", "--b", "\r\n--b\r\n")),
        "multipart, head of a part": Place(
            BODY,
            partial(_multipart, before=b"--b\r\nContent-Disposition: form-data; "),
            ("", "name=", 'name="', "name*0="),
            "\r\n\r\nx\r\n--b--",
        ),
        "multipart, a part": Place(
            BODY,
            partial(_multipart, before=b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'),
            ("", "\r\n--b", "--b"),
        ),
        "body in parts of one byte": Place(BODY, _in_parts, shapes=ANY),
        "Accept": Place(HEAD, _one_field(partial(form_for, htmx=False)), ("", "a;q=")),
        "Accept-Encoding": Place(
            MOST_ENCODING_CHARACTERS,
            lambda text: parse_accept_header(_in_latin(text), Accept).quality("gzip"),
        ),
        "Authorization": Place(
            HEAD,
            _one_field(partial(_token_in, "authorization")),
            ("Bearer ",),
        ),
        "token": Place(HEAD, _one_field(digest_of)),
        "Content-Type": Place(
            HEAD,
            _one_field(partial(read_fields, body=b"a=b")),
            ("", f"{FORM};", f"{FORM};charset=", f"{MULTIPART};boundary="),
        ),
        "Cookie": Place(
            HEAD,
            _one_field(partial(_token_in, "cookie")),
            ("", "seat=", 'seat="'),
            '"',
        ),
        "Origin": Place(
            HEAD, _one_field(lambda text: is_same_site("http://a", None, text)), ("http://",)
        ),
        "X-Forwarded-*": Place(HEAD, _proxied),
        "address": Place(HEAD, _one_field(addresses.visitor), ("", "::")),
        "fields of a head": Place(
            HEAD,
            lambda text: headers_of({"headers": [(b"cookie", b"a")] * (len(text) // 8)}),
            shapes=ANY,
        ),
        "query": Place(HEAD, lambda text: read_query(_bytes(text, HEAD)), ("", "after=")),
        "path, in front": Place(HEAD, _front, ("/rooms/", "http://")),
        "path, its route": Place(HEAD, _routes(), ("/rooms/", "/join/", "/static/")),
        "hot request": Place(
            4 * BODY,
            lambda text: hot.read(_bytes(text, 4 * BODY)),
            (_HOT, "GET /rooms/"),
            "\r\n\r\n",
        ),
        "head of a hot request": Place(
            4 * BODY,
            lambda text: hot.is_head(_bytes(text, 4 * BODY)),
            (_HOT.replace("GET", "POST"),),
            "\r\n\r\n",
        ),
        "head, by h11": Place(HEAD, _h11, (_POST, f"{_POST}a: b\r\n"), "\r\n\r\n"),
        "head in parts of one byte, by h11": Place(
            HEAD, partial(_h11, parts=1), ("\r\n", _POST), shapes=ANY
        ),
        "chunked body, by h11": Place(BODY, _chunked, shapes=ANY),
        "line of /json, in the terminal": Place(BODY, _terminal, ("", '{"a":"')),
    }


class Cost(NamedTuple):
    """What reading something costs: steps of the interpreter, and seconds of the processor."""

    steps: int
    seconds: float


def steps_of(deed: Callable[[], object]) -> int:
    """Return how many lines of Python are run for the deed, and functions of C are called."""
    steps = 0

    def note(_: FrameType, event: str, __: object) -> Any:  # noqa: ANN401 - itself
        nonlocal steps
        steps += event == "line"
        return note

    def call(_: FrameType, event: str, __: object) -> None:
        nonlocal steps
        steps += event == "c_call"

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(note)
    sys.setprofile(call)
    try:
        _do(deed)
    finally:
        sys.setprofile(before[1])
        sys.settrace(before[0])
    return steps


def seconds_of(deed: Callable[[], object]) -> float:
    """Return the seconds of the processor that the deed takes in this thread."""
    begun = time.thread_time()
    _do(deed)
    return time.thread_time() - begun


def _do(deed: Callable[[], object]) -> None:
    with suppress(Refusal):
        deed()


def _table() -> None:
    for name, place in places().items():
        costs = {
            shape: Cost(
                steps_of(partial(place.read, text)),
                min(seconds_of(partial(place.read, text)) for _ in range(3)),
            )
            for shape, text in worst_of(place, place.most)
        }
        most = max(costs, key=lambda shape: costs[shape].seconds)
        steps = max(cost.steps for cost in costs.values())
        micros = round(costs[most].seconds * 1e6)
        print(f"| {name} | {place.most} | {steps} | {micros} | {most} |")  # noqa: T201 - what it is for


if __name__ == "__main__":
    _table()
