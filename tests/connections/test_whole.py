"""What is read without a parser, and that h11 would have read the same."""

import subprocess
import sys
from collections import Counter
from itertools import product
from typing import Final

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephemera.server.whole import MOST_HEAD_BYTES, Hot, Whole
from tests.support.patience import PATIENCE

WAYS: Final = list(
    product(("GET", "POST"), ("/rooms/*/events", "/rooms/*/json", "/rooms/*/messages"))
)
read_whole: Final = Hot(WAYS).read
JUDGED_WITHIN: Final = PATIENCE
"""Seconds for a megabyte, of which all but one are to spare; in quadratic time it takes hours."""


def a_post(
    *fields: bytes, body: bytes = b"text=hi", target: bytes = b"/rooms/aB-_9/messages"
) -> bytes:
    length = b"Content-Length: %d" % len(body)
    lines = [b"POST %b HTTP/1.1" % target, b"Host: a", *fields, length]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def a_get(*fields: bytes, target: bytes = b"/rooms/aB-_9/events") -> bytes:
    return b"\r\n".join([b"GET %b HTTP/1.1" % target, b"Host: a", *fields]) + b"\r\n\r\n"


def lengthy(*fields: bytes, body: bytes = b"text=hi") -> bytes:
    """Return a POST whose length is whatever the fields say."""
    lines = [b"POST /rooms/x/messages HTTP/1.1", b"Host: a", *fields]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


HOST: Final = (b"host", b"a")

READ: Final = {
    "a message": (
        a_post(),
        Whole(
            "POST",
            "/rooms/aB-_9/messages",
            b"",
            [HOST, (b"content-length", b"7")],
            b"text=hi",
        ),
    ),
    "a stream": (a_get(), Whole("GET", "/rooms/aB-_9/events", b"", [HOST], b"")),
    "a query": (
        a_get(target=b"/rooms/x/events?since=%20a&b=?#c"),
        Whole("GET", "/rooms/x/events", b"since=%20a&b=?#c", [HOST], b""),
    ),
    "a query with what looks like a field": (
        a_get(target=b"/rooms/x/events?x:y"),
        Whole("GET", "/rooms/x/events", b"x:y", [HOST], b""),
    ),
    "a query with what looks like a field of ours": (
        a_post(target=b"/rooms/x/messages?content-length:99"),
        Whole(
            "POST",
            "/rooms/x/messages",
            b"content-length:99",
            [HOST, (b"content-length", b"7")],
            b"text=hi",
        ),
    ),
    "a query of nothing": (
        a_get(target=b"/rooms/x/events?"),
        Whole("GET", "/rooms/x/events", b"", [HOST], b""),
    ),
    "names in any case, blanks around values": (
        a_get(b"X-OnE:\t  one two \t ", b"x!#$%&'*+.^_`|~9:v"),
        Whole(
            "GET",
            "/rooms/aB-_9/events",
            b"",
            [HOST, (b"x-one", b"one two"), (b"x!#$%&'*+.^_`|~9", b"v")],
            b"",
        ),
    ),
    "values of nothing, of colons, and of other bytes": (
        a_get(b"a:", b"b: \t ", b"c: d: e:f", b"g: \x80\xff\xc3\xa9"),
        Whole(
            "GET",
            "/rooms/aB-_9/events",
            b"",
            [HOST, (b"a", b""), (b"b", b""), (b"c", b"d: e:f"), (b"g", b"\x80\xff\xc3\xa9")],
            b"",
        ),
    ),
    "a host of nothing": (
        a_get().replace(b"Host: a", b"Host:"),
        Whole("GET", "/rooms/aB-_9/events", b"", [(b"host", b"")], b""),
    ),
    "a connection that is kept": (
        a_get(b"Connection: Keep-Alive"),
        Whole(
            "GET",
            "/rooms/aB-_9/events",
            b"",
            [HOST, (b"connection", b"Keep-Alive")],
            b"",
        ),
    ),
    "a body of nothing": (
        a_post(body=b""),
        Whole(
            "POST",
            "/rooms/aB-_9/messages",
            b"",
            [HOST, (b"content-length", b"0")],
            b"",
        ),
    ),
    "a body of any bytes": (
        a_post(body=b"\0\r\n\r\nGET / HTTP/1.1\r\n\xff"),
        Whole(
            "POST",
            "/rooms/aB-_9/messages",
            b"",
            [HOST, (b"content-length", b"22")],
            b"\0\r\n\r\nGET / HTTP/1.1\r\n\xff",
        ),
    ),
}

NOT_READ: Final = {
    "nothing": b"",
    "HTTP/1.0": a_get().replace(b"HTTP/1.1", b"HTTP/1.0"),
    "HTTP/2": a_get().replace(b"HTTP/1.1", b"HTTP/2.0"),
    "HTTP in lower case": a_get().replace(b"HTTP/1.1", b"http/1.1"),
    "no version": a_get().replace(b" HTTP/1.1", b""),
    "absolute form": a_get(target=b"http://a/rooms/x/events"),
    "no path": a_get(target=b"/"),
    "a path of no hot one": a_get(target=b"/rooms/x/y"),
    "the beginning of a hot path": a_get(target=b"/rooms/x/event"),
    "a room alone": a_get(target=b"/rooms/x"),
    "a room without a name": a_get(target=b"/rooms//events"),
    "more than a room": a_get(target=b"/rooms/x/events/y"),
    "a slash at the end": a_get(target=b"/rooms/x/events/"),
    "two slashes": a_get(target=b"//rooms/x/events"),
    "dots": a_get(target=b"/rooms/../events"),
    "percent in the room": a_get(target=b"/rooms/%41/events"),
    "percent in the kind": a_get(target=b"/rooms/x/event%73"),
    "capitals in the kind": a_get(target=b"/rooms/x/Events"),
    "a fragment": a_get(target=b"/rooms/x/events#y"),
    "bytes in the path": a_get(target=b"/rooms/\xc3\xa9/events"),
    "bytes in the query": a_get(target=b"/rooms/x/events?\xc3\xa9"),
    "a blank in the query": a_get(target=b"/rooms/x/events?a b"),
    "a tab in the query": a_get(target=b"/rooms/x/events?a\tb"),
    "a line end in the query": a_get(target=b"/rooms/x/events?a\r\nb: c"),
    "two blanks after the method": a_get().replace(b"GET ", b"GET  "),
    "two blanks before the version": a_get().replace(b" HTTP", b"  HTTP"),
    "a tab after the method": a_get().replace(b"GET ", b"GET\t"),
    "a blank at the end of the line": a_get().replace(b"HTTP/1.1\r", b"HTTP/1.1 \r"),
    "a blank before all": b" " + a_get(),
    "a line before all": b"\r\n" + a_get(),
    "a method in lower case": a_get().replace(b"GET", b"get"),
    "a method with an end": a_get().replace(b"GET", b"GETS"),
    "HEAD": a_get().replace(b"GET", b"HEAD"),
    "PUT": a_post().replace(b"POST", b"PUT"),
    "no host": a_get(b"X: y").replace(b"Host: a\r\n", b""),
    "no field at all": b"GET /rooms/x/events HTTP/1.1\r\n\r\n",
    "two hosts": a_get(b"Host: a"),
    "two hosts in other letters": a_get(b"hOST: b"),
    "a field twice": a_get(b"X: y", b"x: y"),
    "a folded field": a_get(b"X: y", b" z"),
    "a field folded with a tab": a_get(b"X: y", b"\tz"),
    "a first field that is folded": a_get().replace(b"Host", b" Host"),
    "a blank before a colon": a_get(b"X : y"),
    "a tab before a colon": a_get(b"X\t: y"),
    "a blank in a name": a_get(b"X Y: z"),
    "a name of nothing": a_get(b": y"),
    "a name of bytes": a_get(b"\xc3\xa9: y"),
    "a name in brackets": a_get(b"(X): y"),
    "no colon": a_get(b"X"),
    "line feeds alone": a_get().replace(b"\r\n", b"\n"),
    "a line feed alone after the request line": a_get().replace(b"1.1\r\n", b"1.1\n"),
    "a line feed alone between fields": a_get(b"X: y\nZ: z"),
    "a line feed alone at the end": a_get()[:-2] + b"\n",
    "a carriage return alone in a value": a_get(b"X: y\rZ: z"),
    "two carriage returns": a_get(b"X: y\r"),
    "NUL in a value": a_get(b"X: a\0b"),
    "NUL at the end of a value": a_get(b"X: a\0"),
    "NUL in a name": a_get(b"X\0: a"),
    "DEL in a value": a_get(b"X: a\x7fb"),
    "a bell in a value": a_get(b"X: a\x07b"),
    "an escape in a value": a_get(b"X: a\x1bb"),
    "a vertical tab in a value": a_get(b"X: a\x0bb"),
    "a form feed in a value": a_get(b"X: a\x0cb"),
    "Transfer-Encoding": lengthy(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "Transfer-Encoding and a length": a_post(b"Transfer-Encoding: chunked"),
    "Transfer-Encoding of a GET": a_get(b"transfer-ENCODING: identity"),
    "Trailer": a_get(b"Trailer: x"),
    "TE": a_get(b"TE: trailers"),
    "Expect": a_post(b"Expect: 100-continue"),
    "Upgrade": a_get(b"Upgrade: h2c"),
    "a WebSocket": a_get(b"Connection: Upgrade", b"Upgrade: websocket"),
    "HTTP2-Settings": a_get(b"HTTP2-Settings: AAMAAABk"),
    "Connection: close": a_get(b"Connection: close"),
    "Connection: keep-alive, close": a_get(b"Connection: keep-alive, close"),
    "Connection: of nothing": a_get(b"Connection:"),
    "Connection: twice": a_get(b"Connection: keep-alive", b"Connection: keep-alive"),
    "no length": lengthy(),
    "no length and no body": lengthy(body=b""),
    "a length too small": lengthy(b"Content-Length: 6"),
    "a length too large": lengthy(b"Content-Length: 8"),
    "a length twice": lengthy(b"Content-Length: 7", b"Content-Length: 7"),
    "a length twice, two lengths": lengthy(b"Content-Length: 7", b"Content-Length: 3"),
    "a length in a list": lengthy(b"Content-Length: 7, 7"),
    "a length with a sign": lengthy(b"Content-Length: +10", body=b"x" * 10),
    "a length with a minus": lengthy(b"Content-Length: -0", body=b""),
    "a length with a zero before it": lengthy(b"Content-Length: 010", body=b"x" * 10),
    "a length in octal": lengthy(b"Content-Length: 010", body=b"x" * 8),
    "a length in hexadecimal": lengthy(b"Content-Length: 0xa", body=b"x" * 10),
    "a length with a line below": lengthy(b"Content-Length: 1_0", body=b"x" * 10),
    "a length with a point": lengthy(b"Content-Length: 7.0"),
    "a length in other digits": lengthy("Content-Length: \N{ARABIC-INDIC DIGIT SEVEN}".encode()),
    "a length of nothing": lengthy(b"Content-Length:", body=b""),
    "a GET with a body": a_get() + b"text=hi",
    "a GET with a body and its length": a_get(b"Content-Length: 7") + b"text=hi",
    "a GET with a length of nothing": a_get(b"Content-Length: 0"),
    "two requests": a_post() + a_post(),
    "a request and a line": a_get() + b"\r\n",
    "two streams": a_get() + a_get(),
    "half a head": a_post()[:40],
    "a head without its end": a_get()[:-2],
    "a head without its last byte": a_get()[:-1],
    "half a body": a_post()[:-1],
    "HTTP/2 from the start": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("name", READ)
def test_a_plain_request_is_read(name: str) -> None:
    data, expected = READ[name]
    assert read_whole(data) == expected
    assert as_h11_reads(data) == expected


@pytest.mark.parametrize("name", NOT_READ)
def test_anything_else_is_not_read(name: str) -> None:
    assert read_whole(NOT_READ[name]) is None


@pytest.mark.parametrize(
    "path", ["", "a", "/", "/a/", "/a//b", "/a*", "/a.b", "/%61", "/a?b", "/a b", "/\xe9"]
)
def test_a_path_that_can_be_written_in_two_ways_cannot_be_hot(path: str) -> None:
    with pytest.raises(ValueError, match="no path can be hot"):
        Hot([("GET", "/a"), ("GET", path)])


@pytest.mark.parametrize("ways", [[], [("HEAD", "/rooms/*/events")]])
def test_where_nothing_is_hot_nothing_is_read(ways: list[tuple[str, str]]) -> None:
    assert Hot(ways).read(a_get()) is None
    assert Hot(ways).read(a_get().replace(b"GET", b"HEAD")) is None
    assert not Hot(ways).is_head(a_post()[:-7])


@pytest.mark.parametrize("data", [a_post(), a_get()], ids=["POST", "GET"])
def test_no_beginning_of_a_request_is_read(data: bytes) -> None:
    assert [end for end in range(len(data) + 1) if read_whole(data[:end])] == [len(data)]


@pytest.mark.parametrize(
    "request_", [a_post(b"X: y"), a_get(b"X: y", target=b"/rooms/x/events?z")], ids=["POST", "GET"]
)
def test_whatever_byte_is_anywhere_h11_reads_what_is_read(request_: bytes) -> None:
    for at, byte in product(range(len(request_)), range(256)):
        for rest in (request_[at:], request_[at + 1 :]):
            data = request_[:at] + bytes([byte]) + rest
            whole = read_whole(data)
            assert whole is None or whole == as_h11_reads(data), data


# Side by side with h11


def as_h11_reads(data: bytes) -> Whole:
    """Return what h11 makes of the bytes, which must be one request and nothing else."""
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(data)
    request = parser.next_event()
    assert isinstance(request, h11.Request), request
    assert request.http_version == b"1.1"
    body = bytearray()
    while isinstance(event := parser.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage), event
    assert not list(event.headers)
    assert parser.next_event() is h11.NEED_DATA, "something follows, or the connection ends"
    assert parser.trailing_data == (b"", False)
    assert parser.their_state is h11.DONE
    path, _, query = request.target.partition(b"?")
    headers = list(request.headers)
    return Whole(request.method.decode(), path.decode(), query, headers, bytes(body))


USUAL: Final = [
    b"Accept: text/html",
    b"accept: */*",
    b"Cookie: seat=abc; other=\xff",
    b"Connection: keep-alive",
    b"X-Forwarded-For: \t 10.0.0.1, ::1\t",
    b"Last-Event-ID:",
    b"Origin: null",
]
UNUSUAL: Final = [
    b"Host: b",
    b"Connection: close",
    b"Transfer-Encoding: chunked",
    b"Expect: 100-continue",
    b"Content-Length: 0",
    b"content-length: 7",
    b"Upgrade: h2c",
    b" folded: y",
    b"x : y",
]
CRUMBS: Final = [b"\r", b"\n", b"\r\n", *(bytes([byte]) for byte in b" \t:\0\x7f?%0\xff")]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Draw a request that may be plain, and spoil some of them."""
    method = draw(st.sampled_from([b"GET", b"POST", b"POST"]))
    room = draw(st.from_regex(rb"\A[0-9A-Za-z_-]{1,4}\Z"))
    kind = draw(st.sampled_from([b"messages", b"events", b"json"]))
    query = draw(st.sampled_from([b"", b"", b"?", b"?a=1&b:c", b"?x:y"]))
    fields = draw(st.lists(st.sampled_from(USUAL), max_size=3, unique_by=lambda field: field[:3]))
    if draw(st.integers(0, 5)) == 5:
        fields.append(draw(st.sampled_from(UNUSUAL)))
    body = draw(st.binary(max_size=12)) if method == b"POST" else b""
    if method == b"POST":
        fields.append(b"Content-Length: %d" % len(body))
    lines = [b"%b /rooms/%b/%b%b HTTP/1.1" % (method, room, kind, query), b"Host: a", *fields]
    data = b"\r\n".join(lines) + b"\r\n\r\n" + body
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 3]))):
        at = draw(st.integers(0, len(data)))
        until = min(len(data), at + draw(st.sampled_from([0, 0, 1, 1, 2])))
        crumb = draw(st.one_of(st.just(b""), st.sampled_from(CRUMBS), st.binary(max_size=2)))
        data = data[:at] + crumb + data[until:]
    return data


def test_h11_reads_the_same_of_whatever_is_read() -> None:
    judged = Counter[bool]()

    @settings(max_examples=600, deadline=None)
    @given(requests())
    def is_read_by_both(data: bytes) -> None:
        whole = read_whole(data)
        judged[whole is not None] += 1
        if whole is not None:
            assert whole == as_h11_reads(data)

    is_read_by_both()
    assert judged[True] > 50, "too few were read"
    assert judged[False] > 50, "too few were not read"


# Time

MANY: Final = 1_000_000
ADVERSARIAL: Final = {
    "blanks": a_get()[:-2] + b"x:" + b" " * MANY,
    "blanks, and an end that is none": a_get()[:-2] + b"x:" + b" " * MANY + b"\r\n\0",
    "tabs and blanks": a_get()[:-2] + b"x:" + b" \t" * (MANY // 2) + b"\0\r\n\r\n",
    "fields": a_get()[:-2] + b"a:b\r\n" * (MANY // 5),
    "fields, and an end that is none": a_get()[:-2] + b"a: \r\n" * (MANY // 5) + b"\0\r\n\r\n",
    "colons": a_get()[:-2] + b":" * MANY,
    "colons in a value": a_get()[:-2] + b"a" + b":" * MANY,
    "a name": a_get()[:-2] + b"a" * MANY,
    "names without a colon": a_get()[:-2] + b"a\r\n" * (MANY // 3),
    "line ends": a_get()[:-2] + b"\r\n" * (MANY // 2),
    "a room": b"GET /rooms/" + b"a" * MANY,
    "slashes": b"GET /rooms/" + b"a/" * (MANY // 2),
    "a kind": b"GET /rooms/a/" + b"a" * MANY,
    "a query": b"GET /rooms/a/events?" + b"?" * MANY + b" HTTP/1.1\r\n\0",
    "versions": b"GET /rooms/a/events?" + b" HTTP/1.1" * (MANY // 9),
    "a body": a_post() + b"x" * MANY,
    "a length": lengthy(b"Content-Length: " + b"9" * MANY),
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_a_megabyte_made_to_be_slow_is_judged_in_linear_time(name: str) -> None:
    """In a process of its own, that can be ended; what is right takes milliseconds."""
    code = (
        "import sys; from ephemera.server.whole import Hot; "
        f"sys.exit(Hot({WAYS}).read(sys.stdin.buffer.read()) is not None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=ADVERSARIAL[name], timeout=JUDGED_WITHIN, check=False
    )
    assert done.returncode == 0


def test_a_megabyte_of_body_is_read_and_of_fields_as_many_as_hypercorn_takes() -> None:
    fields = [b"a%d: b" % number for number in range(1000)]
    whole = read_whole(a_post(*fields, body=b"x" * MANY))
    assert whole
    assert (len(whole.headers), len(whole.body)) == (len(fields) + 2, MANY)
    assert len(a_get(*fields * 2)) > MOST_HEAD_BYTES
    assert read_whole(a_get(*fields)) is not None
    assert read_whole(a_get(*[b"b%b" % field for field in fields], *fields)) is None
