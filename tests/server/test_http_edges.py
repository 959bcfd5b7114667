"""HTTP at its edges, as RFC 9110 and RFC 9112 have it: on real sockets, byte for byte."""

import gzip
from typing import Final

import pytest

from tests.support.connections import answer_of
from tests.support.server import RunningServer
from tests.support.sockets import connection, exchange

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST: Final = b"Host: localhost\r\n"
CLOSE: Final = b"Connection: close\r\n\r\n"
FORM: Final = b"Content-Type: application/x-www-form-urlencoded\r\n"
TEXT: Final = b"Content-Type: text/plain"
EVERY_METHOD: Final = {"GET", "HEAD", "OPTIONS", "POST"}


def ask(target: bytes, *fields: bytes, method: bytes = b"GET") -> bytes:
    return b"%b %b HTTP/1.1\r\n%b%b%b" % (method, target, HOST, b"".join(fields), CLOSE)


def form(body: bytes, *fields: bytes, target: bytes = b"/rooms") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return ask(target, FORM, *fields, length, method=b"POST") + body


ADA: Final = b"nickname=Ada"
ABOUT: Final = ask(b"/about")
NAMED: Final = b"GET http://other.example:81/%b HTTP/1.1\r\n" + HOST + CLOSE

EDGES: Final = {
    "an empty line before the request": (b"\r\n" + ABOUT, 200),
    "several empty lines before the request": (b"\r\n" * 9 + ABOUT, 200),
    "an empty line of a bare line feed before the request": (b"\n" + ABOUT, 200),
    "an empty line before a message": (
        b"\r\n" + form(b"text=Hi", target=b"/rooms/x/messages"),
        404,
    ),
    "a blank before the request": (b" " + ABOUT, 400),
    "a bare carriage return before the request": (b"\r" + ABOUT, 400),
    "what may be asked of a page": (ask(b"/", method=b"OPTIONS"), 204),
    "what may be asked of the server": (ask(b"*", method=b"OPTIONS"), 204),
    "what may be asked of no address": (ask(b"/nowhere", method=b"OPTIONS"), 404),
    "the server as an address": (ask(b"*"), 404),
    "a tunnel": (b"CONNECT elsewhere.example:443 HTTP/1.1\r\n" + HOST + CLOSE, 405),
    "a request sent back": (ask(b"/", method=b"TRACE"), 405),
    "an unknown method": (ask(b"/", method=b"BREW"), 405),
    "a coded body": (form(gzip.compress(ADA), b"Content-Encoding: gzip\r\n"), 415),
    "a body said to be coded": (form(ADA, b"Content-Encoding: br\r\n"), 415),
    "a body coded twice": (form(ADA, b"Content-Encoding: identity, gzip\r\n"), 415),
    "a body that is not coded": (form(ADA, b"Content-Encoding: Identity\r\n"), 201),
    "two slashes at the start": (ask(b"//health/live"), 404),
    "two slashes before numbers": (ask(b"//metrics"), 404),
    "many slashes at the start": (ask(b"/////about"), 404),
    "two slashes before a stream": (ask(b"//rooms/x/json"), 404),
    "two slashes before a message": (form(b"text=Hi", target=b"//rooms/x/messages"), 404),
    "two slashes in the middle": (ask(b"/health//live"), 404),
    "a slash at the end": (ask(b"/health/live/"), 404),
    "a quoted slash": (ask(b"/health%2Flive"), 404),
    "a quoted slash in lower case": (ask(b"/health%2flive"), 404),
    "a quoted slash in a room": (ask(b"/rooms/x%2fjson"), 404),
    "a quoted letter": (ask(b"/%61bout"), 200),
    "a dot segment": (ask(b"/./about"), 404),
    "a way up": (ask(b"/x/../about"), 404),
    "a quoted way up": (ask(b"/static/%2e%2e/about"), 404),
    "a fragment in the target": (ask(b"/about#x"), 404),
    "an absolute form in capitals": (ask(b"HTTP://LOCALHOST/about"), 200),
    "an absolute form with a query": (ask(b"http://localhost?x=1"), 200),
    "an absolute form of another kind": (ask(b"ftp://localhost/about"), 404),
    "a part of a page": (ask(b"/about", b"Range: bytes=0-4\r\n"), 200),
    "a page unless it is as before": (ask(b"/about", b'If-None-Match: "x"\r\n'), 200),
    "a body after a 100": (form(ADA, b"Expect: 100-continue\r\n"), 100),
    "a length with a sign": (form(ADA).replace(b"Length: ", b"Length: +"), 400),
    "a length in words": (form(ADA).replace(b"Length: 12", b"Length: 0xC"), 400),
    "the same length twice": (form(ADA, b"Content-Length: 12\r\n"), 201),
    "two lengths": (form(ADA, b"Content-Length: 13\r\n"), 400),
    "a length and chunks": (form(ADA, b"Transfer-Encoding: chunked\r\n"), 400),
    "a coding besides chunks": (
        ask(b"/rooms", FORM, b"Transfer-Encoding: gzip, chunked\r\n", method=b"POST"),
        501,
    ),
    "chunks in capitals, with an extension and a trailer": (
        ask(b"/rooms", FORM, b"Transfer-Encoding: CHUNKED\r\n", method=b"POST")
        + b"c;a=b\r\nnickname=Ada\r\n0\r\nX: y\r\n\r\n",
        201,
    ),
    "chunks in HTTP/1.0": (
        b"POST /rooms HTTP/1.0\r\n" + FORM + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a blank before a colon": (ask(b"/about", b"X : a\r\n"), 400),
    "blanks behind a value": (ask(b"/about", b"X: a \t \r\n"), 200),
    "a folded field": (ask(b"/about", b"X: a\r\n b\r\n"), 200),
    "a blank before the first field": (b"GET /about HTTP/1.1\r\n X: y\r\n" + HOST + CLOSE, 400),
    "a later HTTP/1": (ABOUT.replace(b"HTTP/1.1", b"HTTP/1.2"), 200),
    "a later HTTP": (ABOUT.replace(b"HTTP/1.1", b"HTTP/2.0"), 505),
    "a form in Latin-1, and said so": (
        form(b"nickname=%C4da").replace(b"encoded\r", b"encoded; charset=ISO-8859-1\r"),
        201,
    ),
    "a form in Latin-1, and not said so": (form(b"nickname=%C4da"), 400),
    "a form in UTF-8, and said so": (
        form(b"nickname=%C3%84da").replace(b"encoded\r", b'encoded;charset="utf-8"\r'),
        201,
    ),
    "a form in a charset that nobody knows": (
        form(ADA).replace(b"encoded\r", b"encoded; charset=klingon\r"),
        415,
    ),
    "a form of another kind": (
        form(ADA).replace(b"application/x-www-form-urlencoded", b"application/xml"),
        415,
    ),
    "an origin of another scheme": (form(ADA, b"Origin: https://localhost\r\n"), 403),
    "an origin of no scheme of ours": (form(ADA, b"Origin: ftp://localhost\r\n"), 403),
    "an origin with the usual port": (form(ADA, b"Origin: http://localhost:80\r\n"), 201),
    "an origin with another port": (form(ADA, b"Origin: http://localhost:81\r\n"), 403),
}


@pytest.mark.parametrize("name", EDGES)
async def test_http_at_its_edges_is_answered_as_the_rfc_has_it(
    server: RunningServer, name: str
) -> None:
    request, status = EDGES[name]
    answer = await exchange(server.port, request)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]


def fields_of(answer: bytes) -> dict[str, str]:
    lines = answer.partition(b"\r\n\r\n")[0].decode().splitlines()[1:]
    pairs = (line.partition(":") for line in lines)
    return {name.lower(): value.strip() for name, _, value in pairs}


async def test_what_may_be_asked_is_said_without_a_body(server: RunningServer) -> None:
    for target, methods in {
        b"/": {"GET", "HEAD", "OPTIONS"},
        b"/rooms": {"OPTIONS", "POST"},
        b"/rooms/x/messages": EVERY_METHOD,
        b"*": EVERY_METHOD,
    }.items():
        answer = await exchange(server.port, ask(target, method=b"OPTIONS"))
        fields = fields_of(answer)
        assert set(fields["allow"].split(", ")) == methods, target
        assert "content-type" not in fields
        assert "content-length" not in fields
        assert answer.endswith(b"\r\n\r\n"), "a 204 has no body"


async def test_who_asks_for_a_tunnel_is_told_what_may_be_asked(server: RunningServer) -> None:
    request = b"CONNECT elsewhere.example:443 HTTP/1.1\r\n" + HOST + CLOSE
    answer = await exchange(server.port, request)
    assert set(fields_of(answer)["allow"].split(", ")) == EVERY_METHOD


async def test_who_sends_a_coded_body_is_told_to_send_it_plain(server: RunningServer) -> None:
    for target in (b"/rooms", b"/join"):
        coded = gzip.compress(ADA)
        answer = await exchange(
            server.port, form(coded, b"Content-Encoding: gzip\r\n", target=target)
        )
        assert fields_of(answer)["accept-encoding"] == "identity"
        assert b"Send it uncompressed" in answer


async def test_an_absolute_form_names_the_host_and_not_the_field(server: RunningServer) -> None:
    """RFC 9112, section 3.2.2: the field is ignored."""
    answer = await exchange(server.port, NAMED % b"")
    assert b"http://other.example:81" in answer
    assert b"localhost" not in answer
    posted = b"POST http://other.example:81/rooms HTTP/1.1\r\n" + HOST + FORM
    for origin, status in ((b"http://other.example:81", 201), (b"http://localhost", 403)):
        fields = b"Origin: %b\r\nContent-Length: 12\r\n" % origin
        answer = await exchange(server.port, posted + fields + CLOSE + ADA)
        assert answer.startswith(b"HTTP/1.1 %d " % status), answer


async def test_an_empty_line_after_a_body_is_no_request(server: RunningServer) -> None:
    """As some clients end a form (RFC 9112, section 2.2)."""
    for target in (b"/rooms/x/messages", b"/join"):
        posted = form(ADA, target=target).replace(b"Connection: close\r\n", b"")
        async with connection(server.port) as (reader, writer):
            writer.write(posted + b"\r\n")
            assert (await answer_of(reader)).status in {404, 422}
            writer.write(posted)
            assert (await answer_of(reader)).status in {404, 422}
            writer.write(b"\r")
            writer.write(b"\n" + ABOUT)
            assert (await answer_of(reader)).status == 200


async def test_a_request_with_two_lengths_ends_the_connection(server: RunningServer) -> None:
    """Another reader of it might take the rest for a request (RFC 9112, section 6.1)."""
    hidden = b"0\r\n\r\n" + ABOUT
    kept = form(hidden, b"Transfer-Encoding: chunked\r\n").replace(CLOSE, b"\r\n")
    answer = await exchange(server.port, kept)
    assert answer.count(b"HTTP/1.1 ") == 1


async def test_a_page_asked_for_by_its_head_tells_the_same(server: RunningServer) -> None:
    for path in ("/", "/about", "/join", "/join/x", "/health/live", "/health/ready", "/rooms/x"):
        whole = await exchange(server.port, ask(path.encode()))
        head = await exchange(server.port, ask(path.encode(), method=b"HEAD"))
        assert head.endswith(b"\r\n\r\n")
        assert head.split(b"\r\n", 1)[0] == whole.split(b"\r\n", 1)[0]
        told, wanted = fields_of(head), fields_of(whole)
        assert {**told, "date": ""} == {**wanted, "date": ""}, path
