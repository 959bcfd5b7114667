"""The seat token on its way: in a cookie that only one room gets to see, or as a Bearer token.

A cookie is named and flagged by the scheme of the request: browsers refuse a
`Secure` cookie over plain HTTP, and on HTTPS the `__Secure-` prefix keeps a
plain-HTTP neighbour from planting one (RFC 6265bis, section 4.1.3).
"""

from typing import Final

from quart import Response

from ephemera.domain.rooms import Room

_BEARER: Final = "bearer "


def held_token(
    scheme: str, authorization: str | None, cookie: str | None, returning_to: str | None = None
) -> str | None:
    """Return the token that a request shows.

    Within a room it is the room's own cookie; on the way into one, at /join,
    it is the cookie by which `returning_to` knows its former members. An
    authorisation of another scheme is not for us: a proxy may ask for a password.
    """
    if authorization and authorization.lower().startswith(_BEARER):
        return authorization[len(_BEARER) :].strip()
    return _cookie_of(_name(scheme, returning_to), cookie) if cookie else None


def _cookie_of(name: str, cookies: str) -> str | None:
    """Return the first cookie of the name. Ours are ASCII, and need no quotes.

    Werkzeug's parser takes 3 s of the processor for 16 KiB of blanks: of those between two
    parts of a value, its expression looks at each once for each.
    """
    for cookie in cookies.split(";"):
        key, _, value = cookie.partition("=")
        if key.strip() == name:
            return value.strip().strip('"')
    return None


def give_seat(response: Response, scheme: str, room: Room, token: str) -> None:
    """Let the browser keep the token for the room, and for coming back to it through /join."""
    seconds = int(room.expires_at - room.opened_at)
    for returning_to, path in _places(room.id):
        response.set_cookie(
            _name(scheme, returning_to),
            token,
            max_age=seconds,
            path=path,
            secure=scheme == "https",
            httponly=True,
            samesite="Lax",
        )


def forget_seat(response: Response, scheme: str, room_id: str) -> None:
    """Let the browser forget the token within the room; the way back through /join stays."""
    response.delete_cookie(
        _name(scheme, None), path=f"/rooms/{room_id}", secure=scheme == "https", httponly=True
    )


def _places(room_id: str) -> tuple[tuple[str | None, str], ...]:
    return ((None, f"/rooms/{room_id}"), (room_id, "/join"))


def _name(scheme: str, returning_to: str | None) -> str:
    name = f"seat-{returning_to}" if returning_to else "seat"
    return f"__Secure-{name}" if scheme == "https" else name
