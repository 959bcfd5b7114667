"""Quart as it serves what is not hot: within bounds, behind the front, and quiet about paths."""

import logging
from collections.abc import Collection
from types import TracebackType
from typing import Final

from quart import Quart, Response, request
from quart.wrappers.base import BaseRequestWebsocket
from werkzeug.exceptions import BadHost
from werkzeug.routing import MapAdapter

from ephemera.web.road import headers
from ephemera.web.road.bodies import BODY_SECONDS, MOST_BODY_BYTES
from ephemera.web.road.errors import Errors
from ephemera.web.road.front import Front, Ways, address

Hot = Collection[tuple[str, str]]
"""What the server may read by itself (`ephemera/server`): by method and path."""
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
    app.after_request(_add_headers)
    errors.register(app)
    for method, part in ways:
        # Quart only has to know which methods an address takes.
        app.add_url_rule(address(part, "<room_id>"), method + part, methods=[method])
    return frozenset((method, address(part, "*")) for method, part in ways)


def stand_in_front(app: Quart, front: Front) -> None:
    """Let the front have every request first."""
    app.asgi_app = front  # type: ignore[assignment,method-assign] # as its manual wraps it


async def _add_headers(response: Response) -> Response:
    missing = headers.missing_from(response.headers.keys(), secure=request.scheme == "https")
    response.headers.extend(missing)
    return response
