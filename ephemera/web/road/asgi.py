"""What ASGI says: its types, what a scope tells, and a few of its messages."""

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, Protocol, overload
from urllib.parse import parse_qs

from ephemera.domain.errors import NoSuchRoom, NotUnderstood

Scope = MutableMapping[str, Any]
AsgiMessage = Mapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

THE_SERVER: Final = "*"
"""The target of who asks about no address, but about the server as a whole."""
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
_ABSOLUTE: Final = re.compile(r"https?://([^/]*)(/.*)?", re.IGNORECASE | re.DOTALL)


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


def in_origin_form(scope: Scope) -> Scope:
    """Return a request whose target has another form as one of a path (RFC 9112, section 3.2).

    What an absolute target says of the host counts, and not the field. Quart stumbles over a
    target that is empty, or has a host that cannot be read.
    """
    target = scope["path"]
    if target == THE_SERVER:
        return scope
    absolute = _ABSOLUTE.fullmatch(target)
    if not absolute:
        return {**scope, "path": f"/{target}"}
    host = absolute[1].rpartition("@")[2].encode(errors="replace")
    others = [field for field in scope["headers"] if field[0].lower() != b"host"]
    return {**scope, "path": absolute[2] or "/", "headers": [*others, (b"host", host)]}


def refuse_disguised(scope: Scope) -> None:
    """Refuse a path that is one of ours only to who reads it carelessly, as Quart does.

    What stands in front and keeps some paths to itself would see another one (RFC 3986, section
    2.2). Raises `NoSuchRoom`.
    """
    if scope["path"].startswith("//") or b"%2f" in scope.get("raw_path", b"").lower():
        raise NoSuchRoom


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
