"""What proxies in front say of a request: who asked, and how they were asked."""

from collections.abc import Awaitable
from typing import Any, Final

from ephemera.server.exchange import Asgi

_CLIENT: Final = b"x-forwarded-for"
_SCHEME: Final = b"x-forwarded-proto"
_HOST: Final = b"x-forwarded-host"
_SAID: Final = frozenset({_CLIENT, _SCHEME, _HOST})


def behind_proxies(asgi: Asgi, trusted_hops: int) -> Asgi:
    """Return the application that believes X-Forwarded-* of so many proxies, the nearest ones.

    Each of them adds what it knows behind a comma, so what counts is that far from the end; fewer
    say nothing, for anyone can send these fields. With no hops nobody is believed. Hypercorn's
    middleware does the same with a deep copy of the scope, which cost a third of a small request.
    """
    if not trusted_hops:
        return asgi

    def believing(scope: Any, receive: Any, send: Any) -> Awaitable[None]:  # noqa: ANN401 - ASGI
        if scope["type"] in {"http", "websocket"}:
            _believe(scope, trusted_hops)
        return asgi(scope, receive, send)

    return believing


def _believe(scope: dict[str, Any], hops: int) -> None:
    said: dict[bytes, list[str]] = {}
    for name, value in scope["headers"]:
        if (field := name.lower()) in _SAID:
            said.setdefault(field, []).extend(value.decode("latin-1").split(","))
    believed = {
        field: values[-hops].strip() for field, values in said.items() if len(values) >= hops
    }
    if _CLIENT in believed:
        scope["client"] = (_address(believed[_CLIENT]), 0)
    if _SCHEME in believed:
        scope["scheme"] = believed[_SCHEME]
    if _HOST in believed:
        others = [field for field in scope["headers"] if field[0].lower() != b"host"]
        scope["headers"] = [*others, (b"host", believed[_HOST].encode())]


def _address(said: str) -> str:
    """Return the address without the port, and the brackets, that some proxies give along."""
    if said.startswith("["):
        return said[1:].partition("]")[0]
    host, _, port = said.partition(":")
    return host if port.isdecimal() else said
