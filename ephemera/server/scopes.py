"""What the application is told of a request: ASGI's scope, as Hypercorn would make it."""

import asyncio
from typing import Any, Final

from ephemera.server.fallback import Served, address_of
from ephemera.server.whole import Whole

WHOLE: Final = "http.request.whole"
"""The ASGI extension that says that the body has come already: nobody will wait for it."""
_VERSION: Final = {"spec_version": "2.1", "version": "3.0"}


def scope_of(whole: Whole, transport: asyncio.BaseTransport, served: Served) -> dict[str, Any]:
    """Return the scope of a request that came on the transport."""
    return {
        "type": "http",
        "asgi": _VERSION,
        "http_version": "1.1",
        "method": whole.method,
        "scheme": "http" if transport.get_extra_info("ssl_object") is None else "https",
        "path": whole.path,
        "raw_path": whole.path.encode(),
        "query_string": whole.query,
        "root_path": served.config.root_path,
        "headers": whole.headers,
        "client": address_of(transport, "peername"),
        "server": address_of(transport, "sockname"),
        "state": served.state.copy(),
        "extensions": {WHOLE: {}},
    }
