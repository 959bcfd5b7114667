"""Listening sockets that were made by somebody else: sd_listen_fds(3)."""

import os
import re
import socket
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Final

from ephemera.server.listening import ListenError, set_options

FIRST: Final = 3
"""The descriptors begin here, behind those of input, output and errors."""
_TOLD_BY: Final = ("LISTEN_FDS", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDNAMES")
_FAMILIES: Final = frozenset({socket.AF_INET, socket.AF_INET6, socket.AF_UNIX})


def handed_over(environ: MutableMapping[str, str], *, user_timeout: int) -> list[socket.socket]:
    """Return the sockets that this process was started with. Raises `ListenError`.

    What told of them is taken out of the environment, so that nobody takes them twice.
    """
    count, process, *_ = (environ.pop(name, "") for name in _TOLD_BY)
    if process != str(os.getpid()):  # they were for somebody who started us
        return []
    if not re.fullmatch(r"[0-9]{1,4}", count):
        raise ListenError("cannot listen: LISTEN_FDS must be a number.")
    taken = [_taken(each) for each in range(FIRST, FIRST + int(count))]
    for listener in taken:
        if listener.family != socket.AF_UNIX:
            set_options(listener, user_timeout)
    return taken


def _taken(descriptor: int) -> socket.socket:
    with suppress(OSError):  # it is closed, or no socket
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - it takes no name
        listener = socket.socket(fileno=descriptor)
        if _is_fit(listener):
            return listener
        listener.close()
    raise ListenError(
        f"cannot listen on descriptor {descriptor}, which was handed over: "
        "it is no stream socket that listens."
    )


def _is_fit(listener: socket.socket) -> bool:
    """Tell whether connections can be accepted: with Accept=yes it would be one itself."""
    return (
        listener.family in _FAMILIES
        and listener.type == socket.SOCK_STREAM
        and bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    )
