"""The way of a message into its room, as plain ASGI in front of Quart (ADR 0025).

Quart, Werkzeug and their contexts were more than half of what a message cost. This is what
is left without them: read the body, look up who it is, post, answer. A refusal is Quart's again.
"""

import asyncio
from contextlib import nullcontext
from typing import Final, NamedTuple

from werkzeug.sansio.utils import get_host

from ephemera.domain.cursors import Cursor
from ephemera.domain.errors import NotAllowed, TooLarge, TooSlow
from ephemera.hub.wire import json_bytes
from ephemera.lobby.lobby import Lobby, Seated
from ephemera.lobby.talk import Talk
from ephemera.web.composer import BlankComposer
from ephemera.web.front import HandedOn, Refused, refusal_for
from ephemera.web.guards import is_same_site
from ephemera.web.headers import page_headers
from ephemera.web.media import HTML, JSON, TEXT
from ephemera.web.requests import (
    BODY_SECONDS,
    MOST_BODY_BYTES,
    Draft,
    media_type,
    read_draft,
    read_key,
    replied_to,
)
from ephemera.web.scopes import (
    Headers,
    Message,
    Receive,
    Scope,
    Send,
    form_for,
    headers_of,
    is_whole,
    token_of,
)

_CREATED: Final = 201
_SEE_OTHER: Final = 303


class _Answer(NamedTuple):
    """What a poster gets; how they know the message, or a composer for the next one."""

    status: int
    own: dict[str, str]
    body: bytes = b""


class Posting:
    """Serves POST of /rooms/{id}/messages."""

    def __init__(self, lobby: Lobby, talk: Talk, composer: BlankComposer) -> None:
        self._lobby = lobby
        self._talk = talk
        self._composer = composer

    async def serve(
        self, room_id: str, scope: Scope, receive: Receive, send: Send
    ) -> HandedOn | None:
        """Post the message; the same key with the same text again is the same message."""
        headers, body = headers_of(scope), _Body(receive, is_whole=is_whole(scope))
        draft = seated = None
        try:
            _refuse_other_sites(scope, headers)
            if (whole := await body.read()) is None:
                return None
            draft = _draft(headers, whole)
            seated = await self._lobby.author(room_id, token_of(scope, headers))
            key, reply = read_key(draft.key), replied_to(draft)
            cursor = await self._talk.post(seated, draft.text, key, reply)
            answer = self._answer(seated, cursor, headers)
        except Exception as raised:  # noqa: BLE001 - a fault of ours is answered, too
            return HandedOn(Refused(refusal_for(raised), draft, seated), body.rest)
        await _send(answer, scope["scheme"], send)
        return None

    def _answer(self, seated: Seated, cursor: Cursor, headers: Headers) -> _Answer:
        htmx = "hx-request" in headers
        if htmx:
            return _Answer(200, {"content-type": HTML}, self._composer.render(seated.room.id))
        match form_for(headers.get("accept", ""), htmx=htmx):
            case "html":
                return _Answer(_SEE_OTHER, {"location": f"/rooms/{seated.room.id}"})
            case "json":
                fields = {"cursor": str(cursor), "id": f"m-{cursor.sequence}"}
                return _Answer(_CREATED, {"content-type": JSON}, json_bytes(fields))
            case _:
                return _Answer(_CREATED, {"content-type": TEXT}, f"{cursor}\n".encode())


class _Body:
    """The body of a request, and what of it has not been read yet."""

    def __init__(self, receive: Receive, *, is_whole: bool) -> None:
        self._receive = receive
        self._is_whole = is_whole
        self._last: Message | None = None

    async def read(self) -> bytes | None:
        """Return the whole body, or nothing when the client has gone before it was at its end.

        Raises `TooLarge` and `TooSlow`.
        """
        body = bytearray()  # of a body in many small parts, bytes would be copied for each of them
        try:
            async with nullcontext() if self._is_whole else asyncio.timeout(BODY_SECONDS):
                while self._last is None:
                    message = await self._receive()
                    body += message.get("body", b"")
                    if not message.get("more_body"):
                        self._last = message
                    if len(body) > MOST_BODY_BYTES:
                        raise TooLarge
        except TimeoutError:
            raise TooSlow from None
        return None if self._last["type"] == "http.disconnect" else bytes(body)

    async def rest(self) -> Message:
        """Return the next of what is left of the request, as ASGI's `receive`."""
        last, self._last = self._last, None
        return await self._receive() if last is None else {**last, "body": b""}


def _refuse_other_sites(scope: Scope, headers: Headers) -> None:
    origin = headers.get("origin")
    host = get_host(scope["scheme"], headers.get("host")) if origin else ""
    if not is_same_site(scope["method"], host, headers.get("sec-fetch-site"), origin):
        raise NotAllowed


def _draft(headers: Headers, body: bytes) -> Draft:
    kind = media_type(headers.get("content-type", ""))
    return read_draft(kind, body, headers.get("idempotency-key"))


async def _send(answer: _Answer, scheme: str, send: Send) -> None:
    own = {**answer.own, "content-length": str(len(answer.body))}
    headers = page_headers(scheme, own)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
