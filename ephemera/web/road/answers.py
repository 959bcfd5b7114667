"""An answer as a value, whoever sends it: our own road, or Quart."""

from functools import cache
from typing import Any, Final, NamedTuple

from quart import Response

from ephemera.web.rendering.encoding import json_bytes
from ephemera.web.rendering.media import HTML, JSON, TEXT
from ephemera.web.road.asgi import Send
from ephemera.web.road.headers import RawHeaders, encoded, page_headers

CREATED: Final = 201
SEE_OTHER: Final = 303


class Answer(NamedTuple):
    """Status, the headers that are its own (those of every answer are added on the way), body."""

    status: int
    headers: RawHeaders
    body: bytes = b""

    def having(self, **own: str) -> "Answer":
        """Return the answer with these headers; an underscore in a name is a hyphen."""
        given = encoded({name.replace("_", "-"): value for name, value in own.items()})
        return self._replace(headers=tuple({**dict(self.headers), **dict(given)}.items()))

    @property
    def response(self) -> Response:
        """The answer, for Quart to send."""
        headers = {name.decode(): value.decode() for name, value in self.headers}
        return Response(self.body, self.status, headers)


def page(html: str) -> Answer:
    """Answer with HTML, a page or a fragment."""
    return Answer(200, typed(HTML), html.encode())


def lines(text: str, status: int = 200) -> Answer:
    """Answer a program with lines of text."""
    return Answer(status, typed(TEXT), text.encode())


def fields(status: int = 200, **named: Any) -> Answer:  # noqa: ANN401 - whatever JSON can say
    """Answer a program with JSON."""
    return Answer(status, typed(JSON), json_bytes(named))


def see_other(path: str) -> Answer:
    """Send a browser there, to GET it (RFC 9110, section 15.4.4)."""
    return Answer(SEE_OTHER, encoded({"location": path}))


@cache
def typed(media_type: str) -> RawHeaders:
    """Return the headers of a body of one of our media types."""
    return encoded({"content-type": media_type})


async def begin(answer: Answer, send: Send, *, secure: bool, more: bool = False) -> None:
    """Send the answer; `more` keeps the end of it back, which `end` sends."""
    length = (b"content-length", b"%d" % len(answer.body))
    headers = (*page_headers(secure=secure), *answer.headers, length)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": more})


async def end(send: Send) -> None:
    """Send the end of an answer that was kept back."""
    await send({"type": "http.response.body", "body": b"", "more_body": False})
