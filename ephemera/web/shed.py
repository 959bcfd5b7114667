"""Answers for those who come while the server cannot keep up: at once, at a fraction of the cost.

A refusal by Quart would cost more than the message. This one says the same, in words that were
rendered at the start. It is given to programs, and to htmx, which keeps what was typed; who sent a
form without scripts would need a page with their words, and to take their message is cheaper.
Leaving, closing a room and all else that is not hot is never refused here.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from math import ceil
from typing import Final

from ephemera.domain.errors import Unavailable
from ephemera.hub.hub import COME_BACK_SECONDS
from ephemera.hub.wire import json_bytes
from ephemera.web import texts
from ephemera.web.bodies import LINGER_SECONDS, MOST_DROPPED_BYTES
from ephemera.web.errors import error_fields, status_of
from ephemera.web.fragments import Fragments
from ephemera.web.front import HandedOn, Rest, Serve
from ephemera.web.headers import RawHeaders, page_headers
from ephemera.web.media import HTML, JSON, TEXT
from ephemera.web.scopes import Headers, Receive, Scope, Send, form_for, headers_of, is_whole

_REFUSAL: Final = Unavailable(max(COME_BACK_SECONDS))
_PAGE: Final = "page"
_TYPES: Final = {"json": JSON, "text": TEXT, "html": HTML, _PAGE: HTML}


class Shed:
    """Guards the hot ways; `is_too_much` is asked for each request."""

    def __init__(self, is_too_much: Callable[[], bool], fragments: Fragments) -> None:
        self._is_too_much = is_too_much
        self._status = status_of(_REFUSAL)
        self._bodies = _bodies(fragments)

    def guard(self, ways: Mapping[tuple[str, str], Serve]) -> dict[tuple[str, str], Serve]:
        """Return the ways, served only while that is not too much."""
        return {way: partial(self._serve, serve) for way, serve in ways.items()}

    def _serve(
        self, serve: Serve, room_id: str, scope: Scope, receive: Receive, send: Send
    ) -> Awaitable[HandedOn | Rest | None]:
        # No coroutine of its own: it would stay for as long as a stream does.
        if self._is_too_much():
            look = _look(headers_of(scope))
            if look != _PAGE or scope["method"] != "POST":
                return self._refuse(look, scope, receive, send)
        return serve(room_id, scope, receive, send)

    async def _refuse(self, look: str, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_whole(scope):
            await _read_off(receive)
        headers = self._headers(look, scope["scheme"])
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._bodies[look], "more_body": False})

    def _headers(self, look: str, scheme: str) -> RawHeaders:
        wait = str(ceil(random.uniform(*COME_BACK_SECONDS)))  # noqa: S311 - it spreads load
        own = {
            "content-type": _TYPES[look],
            "content-length": str(len(self._bodies[look])),
            "retry-after": wait,
            # A document in a frame has no script to come back, nor anybody who would reload it.
            **({"refresh": wait} if look == _PAGE else {}),
        }
        return page_headers(scheme, own)


def _look(headers: Headers) -> str:
    """Return what the answer is to be: JSON, text, a fragment, or a whole page."""
    htmx = "hx-request" in headers
    form = form_for(headers.get("accept", ""), htmx=htmx)
    return form if htmx or form != "html" else _PAGE


def _bodies(fragments: Fragments) -> dict[str, bytes]:
    """Return what `Errors` says of the refusal, in each look."""
    sentence, status = texts.sentence(_REFUSAL), status_of(_REFUSAL)
    return {
        "json": json_bytes({"error": dict(sorted(error_fields(_REFUSAL).items()))}),
        "text": f"{sentence}\n".encode(),
        "html": fragments.render("errors/_sentence.html", sentence=sentence).encode(),
        _PAGE: fragments.render("errors/error.html", status=status, sentence=sentence).encode(),
    }


async def _read_off(receive: Receive) -> None:
    """Let the request end, as `Lingering` does: the answer could be lost, and the connection."""
    size = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while size <= MOST_DROPPED_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body"):
                    return
