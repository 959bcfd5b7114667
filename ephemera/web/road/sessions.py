"""The seat token on its way: in a cookie that only one room gets to see, or as a Bearer token.

A cookie is named and flagged by the scheme of the request: browsers refuse a
`Secure` cookie over plain HTTP, and on HTTPS the `__Secure-` prefix keeps a
plain-HTTP neighbour from planting one (RFC 6265bis, section 4.1.3).
"""

import re
from collections.abc import Iterator
from typing import Final

from quart import Response

from ephemera.domain.rooms import Room
from ephemera.web.road.asgi import Headers

_BEARER: Final = "bearer "
_RETURNING: Final = re.compile(r"seat-([0-9a-f]{20})", re.ASCII)


def token_in(headers: Headers, *, secure: bool, returning_to: str | None = None) -> str | None:
    """Return the token that a request shows.

    Within a room it is the room's own cookie; on the way into one, at /join,
    it is the cookie by which `returning_to` knows its former members. An
    authorisation of another scheme is not for us: a proxy may ask for a password.
    """
    if (bearer := bearer_in(headers)) is not None:
        return bearer
    wanted = _name(returning_to, secure=secure)
    for name, token in _cookies_in(headers.get("cookie", "")):
        if name == wanted:
            return token
    return None


def bearer_in(headers: Headers) -> str | None:
    """Return what follows `Bearer` in the authorisation of a request."""
    authorization = headers.get("authorization")
    if authorization and authorization.lower().startswith(_BEARER):
        return authorization[len(_BEARER) :].strip()
    return None


def held_tokens(headers: Headers, *, secure: bool) -> Iterator[tuple[str, str]]:
    """Yield the rooms that the cookies for coming back are for, each with its token."""
    for name, token in _cookies_in(headers.get("cookie", "")):
        shape = _RETURNING.fullmatch(name.removeprefix("__Secure-"))
        if shape and name == _name(shape[1], secure=secure):
            yield shape[1], token


def _cookies_in(cookies: str) -> Iterator[tuple[str, str]]:
    """Yield the cookies, names and values. Ours are ASCII, and need no quotes.

    Werkzeug's parser takes 3 s of the processor for 16 KiB of blanks: of those between two
    parts of a value, its expression looks at each once for each.
    """
    for cookie in cookies.split(";"):
        name, _, value = cookie.partition("=")
        yield name.strip(), value.strip().strip('"')


def give_seat(response: Response, room: Room, token: str, *, secure: bool) -> None:
    """Let the browser keep the token for the room, and for coming back to it through /join."""
    seconds = int(room.expires_at - room.opened_at)
    for returning_to, path in _places(room.id):
        response.set_cookie(
            _name(returning_to, secure=secure),
            token,
            max_age=seconds,
            path=path,
            secure=secure,
            httponly=True,
            samesite="Lax",
        )


def forget_seat(response: Response, room_id: str, *, secure: bool) -> None:
    """Let the browser forget the token within the room; the way back through /join stays."""
    response.delete_cookie(
        _name(None, secure=secure), path=f"/rooms/{room_id}", secure=secure, httponly=True
    )


def _places(room_id: str) -> tuple[tuple[str | None, str], ...]:
    return ((None, f"/rooms/{room_id}"), (room_id, "/join"))


def _name(returning_to: str | None, *, secure: bool) -> str:
    name = f"seat-{returning_to}" if returning_to else "seat"
    return f"__Secure-{name}" if secure else name
