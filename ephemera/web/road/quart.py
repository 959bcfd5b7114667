"""Quart as it serves what is not hot: within bounds, behind the front, and quiet about paths."""

import logging
from collections.abc import Collection, Iterable
from http import HTTPStatus
from types import TracebackType
from typing import Final

from quart import Quart, Response, request
from quart.globals import request_ctx
from quart.wrappers.base import BaseRequestWebsocket
from werkzeug.exceptions import BadHost, MethodNotAllowed
from werkzeug.routing import MapAdapter

from ephemera.web.road import headers
from ephemera.web.road.asgi import THE_SERVER
from ephemera.web.road.bodies import BODY_SECONDS, MOST_BODY_BYTES
from ephemera.web.road.errors import Errors
from ephemera.web.road.front import Front, Ways, address

Hot = Collection[tuple[str, str]]
"""What the server may read by itself (`ephemera/server`): by method and path."""
EVERY_METHOD: Final = ("GET", "HEAD", "OPTIONS", "POST")
MOST_HOST_CHARACTERS: Final = 261
"""A name of the DNS, a colon and a port."""

logger = logging.getLogger(__name__)


class QuietQuart(Quart):
    """Quart that stumbles over no host, and names no address in a log."""

    def create_url_adapter(self, request: BaseRequestWebsocket | None) -> MapAdapter | None:
        """Treat a host that can be none like none, as Werkzeug does one of odd characters.

        Quart would answer 500 to a label of 64 letters, and no QR code holds 5,000.
        """
        if request is not None and len(request.host) > MOST_HOST_CHARACTERS:
            request.host = ""
        try:
            return super().create_url_adapter(request)
        except BadHost:
            assert request  # noqa: S101 # nothing else has a bad host
            request.host = ""
            return super().create_url_adapter(request)

    async def make_default_options_response(self) -> Response:
        """Tell which methods an address takes, in an answer without a body."""
        adapter = request_ctx.url_adapter
        assert adapter  # noqa: S101 # it has found the address
        return _taking(adapter.allowed_methods())

    def log_exception(
        self,
        exception_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None],
    ) -> None:
        """Log a fault of ours without the path of the request, which holds a room id."""
        logger.error("a request could not be answered", exc_info=exception_info)


def prepare(app: Quart, ways: Ways, errors: Errors) -> Hot:
    """Bind the application to our bounds and answers; return which requests are hot."""
    app.config |= {"MAX_CONTENT_LENGTH": MOST_BODY_BYTES, "BODY_TIMEOUT": BODY_SECONDS}
    app.url_map.merge_slashes = False  # an address is one of ours or leads nowhere, never elsewhere
    app.before_request(_answer_for_the_server)
    app.after_request(_add_headers)
    errors.register(app)
    for method, part in ways:
        # Quart only has to know which methods an address takes.
        app.add_url_rule(address(part, "<room_id>"), method + part, methods=[method])
    return frozenset((method, address(part, "*")) for method, part in ways)


def stand_in_front(app: Quart, front: Front) -> None:
    """Let the front have every request first."""
    app.asgi_app = front  # type: ignore[assignment,method-assign] # as its manual wraps it


async def _answer_for_the_server() -> Response | None:
    """Answer what is asked of no address (RFC 9110, sections 9.3.6 and 9.3.7)."""
    if request.method == "CONNECT":
        raise MethodNotAllowed(EVERY_METHOD)
    if request.method == "OPTIONS" and request.scope["path"] == THE_SERVER:
        return _taking(EVERY_METHOD)
    return None


def _taking(methods: Iterable[str]) -> Response:
    return Response(status=204, headers={"Allow": ", ".join(methods)})


async def _add_headers(response: Response) -> Response:
    if response.status_code == HTTPStatus.NO_CONTENT:  # it has no type, and tells no length
        for name in ("Content-Type", "Content-Length"):
            response.headers.pop(name, None)
    missing = headers.missing_from(response.headers.keys(), secure=request.scheme == "https")
    response.headers.extend(missing)
    return response
