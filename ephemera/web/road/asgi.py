"""What ASGI says: its types, what a scope tells, and a few of its messages."""

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, Protocol, overload
from urllib.parse import parse_qs

from ephemera.domain.errors import NotUnderstood

Scope = MutableMapping[str, Any]
AsgiMessage = Mapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_FIELDS: Final = 32
"""Of a query, and of a form."""
_FORGOTTEN: Final[Mapping[str, Any]] = {
    "asgi": {"spec_version": "2.1", "version": "3.0"},
    "extensions": {},
    "headers": (),
    "path": "/",
    "query_string": b"",
    "raw_path": b"/",
    "state": {},
}
_WHOLE: Final = "http.request.whole"
"""The extension by which our server says that all of the request has come (`server/scopes.py`)."""
_JOINED: Final = frozenset({"cookie", "origin"})
"""Of these, all count: HTTP/2 splits cookies (RFC 9113, 8.2.3), and two origins are nobody's."""
_ABSOLUTE: Final = re.compile(r"https?://[^/]*(/.*)?", re.IGNORECASE | re.DOTALL)


class Headers(Protocol):
    """The headers of a request by their names, which we ask for in lower case."""

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, default: str, /) -> str: ...

    def __contains__(self, name: str, /) -> bool: ...


def headers_of(scope: Scope) -> Headers:
    """Return the headers by their names in lower case.

    Of one that is repeated the first counts, as it does for Quart.
    """
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        if name not in headers:
            headers[name] = text
        elif name in _JOINED:
            headers[name] += f"; {text}"
    return headers


def is_whole(scope: Scope) -> bool:
    """Tell whether all of the request has come: receiving it waits for nobody."""
    return _WHOLE in scope.get("extensions", ())


def read_query(query: bytes) -> Mapping[str, list[str]]:
    """Return the fields of a query, all of each name.

    Raises `NotUnderstood`.
    """
    try:
        return parse_qs(query.decode("latin-1"), max_num_fields=MOST_FIELDS)
    except ValueError:
        raise NotUnderstood from None


def origin_form(target: str) -> str:
    """Return the path of a request target of another form (RFC 9112, section 3.2).

    Quart stumbles over one that is empty, or has a host that cannot be read.
    """
    absolute = _ABSOLUTE.fullmatch(target)
    return (absolute[1] or "/") if absolute else f"/{target}"


def forget(scope: Scope) -> None:
    """Let go of what was asked: the server keeps the scope for as long as the answer takes."""
    if isinstance(scope["headers"], list):
        scope["headers"].clear()  # a middleware may hold the very list
    scope.update(_FORGOTTEN)


async def write(send: Send, body: bytes, more: bool) -> None:  # noqa: FBT001 - as ASGI has it
    """Send a part of the body; `more` tells whether it goes on."""
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def until_gone(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
