"""Whether an engine that gives no answer would give one with TLS, or without.

One that speaks none takes the beginning of TLS for a line that has not ended, and waits.
"""

import asyncio
import ssl
from contextlib import suppress
from typing import Any, Final

from redis.asyncio import SSLConnection

from ephemera.engine.redis.causes import SPEAKS_NO_TLS, SPEAKS_TLS
from ephemera.engine.redis.pipeline import Client

_WITHIN: Final = 1.0
_ANSWERS: Final = (b"+", b"-")


async def other_tongue(client: Client) -> str | None:
    """Return the sentence that tells the operator, if the engine speaks otherwise than we do."""
    pool: Any = getattr(client, "connection_pool", None)
    where = getattr(pool, "connection_kwargs", {})
    if "host" not in where:  # of a cluster, or by Sentinels
        return None
    uses_tls = issubclass(pool.connection_class, SSLConnection)
    context = None if uses_tls else _trusting()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_WITHIN):
            reader, writer = await asyncio.open_connection(
                where["host"], where["port"], ssl=context
            )
            try:
                writer.write(b"PING\r\n")
                answers = await reader.read(1) in _ANSWERS
            finally:
                writer.transport.abort()
            sentence = SPEAKS_NO_TLS if uses_tls else SPEAKS_TLS
            return sentence if answers else None
    return None


def _trusting() -> ssl.SSLContext:
    """Return what TLS is begun with to learn that it is spoken: nothing secret is said."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
