"""Why an engine does not do what it is asked: one sentence for the operator, by what it said.

None of them repeats anything of the address, where passwords are, nor of what was asked.
"""

import re
import socket
import ssl
from collections.abc import Iterator
from typing import Final, NamedTuple

from redis import exceptions
from redis.asyncio.sentinel import MasterNotFoundError

FAULTS: Final = (exceptions.RedisError, exceptions.RedisClusterException, OSError)
"""What can come of asking an engine. Some are no fault of the engine: then they have no cause."""

UNREACHED: Final = "The engine does not answer at EPHEMERA_ENGINE."
NO_ADDRESS: Final = (
    "EPHEMERA_ENGINE is no address of an engine that we understand: docs/settings.md has its form."
)
SPEAKS_TLS: Final = "The engine speaks TLS: write rediss:// in EPHEMERA_ENGINE."
SPEAKS_NO_TLS: Final = "The engine speaks no TLS: write redis:// in EPHEMERA_ENGINE."
_LACKS_ONE: Final = "The engine wants a password, and EPHEMERA_ENGINE has none."
_ALLOWED: Final = "docs/deploy/redis.conf has what is needed"
_EXPLAINED: Final = "see docs/deploy/cluster.md"
_NO_SUCH: Final = "it was renamed, or is too new for this engine"

_COMMAND: Final = re.compile(r"'([a-z|]{1,20})'", re.IGNORECASE)


class _Cause(NamedTuple):
    kind: type[Exception]
    words: str
    sentence: str
    """Where a command is to blame, it is named in the place of `{}`."""


_SAID: Final = (
    _Cause(exceptions.AuthenticationError, "Authentication required", _LACKS_ONE),
    _Cause(exceptions.ResponseError, "unauthenticated", _LACKS_ONE),
    _Cause(
        exceptions.AuthenticationError,
        "",
        "The engine refuses the user or the password in EPHEMERA_ENGINE.",
    ),
    _Cause(
        exceptions.NoPermissionError,
        "command",
        f"The engine does not let the user in EPHEMERA_ENGINE use {{}}: {_ALLOWED}.",
    ),
    _Cause(
        exceptions.NoPermissionError,
        "",
        f"The engine keeps the user in EPHEMERA_ENGINE from our keys and channels: {_ALLOWED}.",
    ),
    _Cause(
        exceptions.ResponseError,
        "can't run this command",
        f"The engine does not let the user in EPHEMERA_ENGINE do what is needed: {_ALLOWED}.",
    ),
    _Cause(  # the same, as Redis 7.2 and Valkey say it
        exceptions.ResponseError,
        "ACL failure in script",
        f"The engine does not let the user in EPHEMERA_ENGINE do what is needed: {_ALLOWED}.",
    ),
    _Cause(
        exceptions.ResponseError,
        "DB index is out of range",
        "The engine has no database of the number in EPHEMERA_ENGINE.",
    ),
    _Cause(
        exceptions.ResponseError,
        "SELECT is not allowed",
        "A cluster has no numbered databases: take the number out of EPHEMERA_ENGINE.",
    ),
    _Cause(
        exceptions.ResponseError,
        "unknown command 'SENTINEL'",
        "What answers at EPHEMERA_ENGINE is no Sentinel.",
    ),
    _Cause(
        exceptions.ResponseError,
        "unknown command",
        f"The engine lacks a command that is needed, {{}}: {_NO_SUCH}.",
    ),
    _Cause(
        exceptions.ReadOnlyError,
        "",
        "The engine is a replica, and can only be read: name its master in EPHEMERA_ENGINE.",
    ),
    _Cause(
        exceptions.MasterDownError,
        "",
        "The engine is a replica that has lost its master: name the master in EPHEMERA_ENGINE.",
    ),
    _Cause(exceptions.BusyLoadingError, "", "The engine is still loading what it had saved."),
    _Cause(
        exceptions.ConnectionError,
        "max number of clients",
        "The engine takes no more connections: raise its maxclients.",
    ),
    _Cause(
        exceptions.RedisError,
        "protected mode",
        "The engine is in protected mode: it wants a password, or who is on its own machine.",
    ),
    _Cause(exceptions.OutOfMemoryError, "", "The memory of the engine is full."),
    _Cause(
        exceptions.ResponseError,
        "MISCONF",
        'The engine takes nothing because it cannot save to its disk: it needs `save ""`.',
    ),
    _Cause(
        exceptions.ResponseError,
        "NOREPLICAS",
        "The engine takes nothing because it has too few replicas: see its min-replicas-to-write.",
    ),
    _Cause(
        exceptions.MovedError,
        "",
        "The engine is one node of a cluster: write redis+cluster:// in EPHEMERA_ENGINE.",
    ),
    _Cause(
        exceptions.RedisClusterException,
        "mode is not enabled",
        "The engine is no cluster: write redis:// in EPHEMERA_ENGINE.",
    ),
    _Cause(
        exceptions.RedisClusterException,
        "not covered",
        "The cluster is not whole: not every slot has a node.",
    ),
    _Cause(
        exceptions.ClusterDownError,
        "",
        "The cluster is not whole: not every slot has a node.",
    ),
    _Cause(
        MasterNotFoundError,
        "AuthenticationError",
        f"The Sentinels want a user and a password that EPHEMERA_ENGINE lacks: {_EXPLAINED}.",
    ),
    _Cause(  # redis-py does not tell these apart
        MasterNotFoundError,
        "ConnectionError",
        f"The Sentinels do not answer, or their certificate is not trusted: {_EXPLAINED}.",
    ),
    _Cause(
        MasterNotFoundError,
        "",
        "No Sentinel at EPHEMERA_ENGINE knows a master of the name that stands there.",
    ),
    _Cause(exceptions.InvalidResponse, "", "What answers at EPHEMERA_ENGINE is no Redis."),
    _Cause(
        ssl.SSLCertVerificationError,
        "",
        f"The certificate of the engine is not trusted: {_EXPLAINED}.",
    ),
    _Cause(ssl.SSLError, "", "What answers at EPHEMERA_ENGINE speaks no TLS that we understand."),
    _Cause(socket.gaierror, "", "The host in EPHEMERA_ENGINE has no address that can be found."),
    _Cause(exceptions.ConnectionError, "", UNREACHED),
    _Cause(exceptions.TimeoutError, "", UNREACHED),
    _Cause(exceptions.RedisClusterException, "", UNREACHED),
    _Cause(OSError, "", UNREACHED),
)
"""What an engine, or the way to it, says, the plainest first."""


def cause_of(error: BaseException) -> str | None:
    """Return the sentence for it, or nothing if it is no fault of the engine's."""
    errors = list(_with_those_below(error))
    for kind, words, sentence in _SAID:
        for each in errors:
            if isinstance(each, kind) and words in str(each):
                command = _COMMAND.search(str(each))
                return sentence.format(command[1].upper() if command else "a command")
    return None


def _with_those_below(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
