"""The listening socket: made by us, for Hypercorn has no limit on how long a write may stall.

What is set here is inherited by every accepted connection.
"""

import contextlib
import errno
import os
import socket
import stat
from pathlib import Path

UNIX = "unix:"

# A peer that vanished from a connection without traffic is found after about 30 s.
KEEP_ALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}

REASONS = {
    errno.EADDRINUSE: "something else listens there",
    errno.EACCES: "this account may not",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


class ListenError(Exception):
    """The address cannot be listened on; the message is a sentence that lacks who cannot."""


def listen(bind: str, *, backlog: int, user_timeout: int) -> socket.socket:
    """Listen on HOST:PORT, [IPV6]:PORT or unix:/PATH. Raises `ListenError`.

    user_timeout is how long sent bytes may stay unacknowledged, or a reader's window closed,
    before the kernel gives the connection up, in milliseconds.
    """
    try:
        listener = _at_path(bind) if bind.startswith(UNIX) else _at_port(bind, user_timeout)
        listener.listen(backlog)
    except OSError as error:
        reason = REASONS.get(error.errno or 0, "the system refuses it")
        raise ListenError(f"cannot listen on {bind}: {reason}.") from None
    except UnicodeError:
        raise ListenError(f"cannot listen on {bind}: that can be no host.") from None
    return listener


def url_of(listener: socket.socket, *, secure: bool) -> str:
    """Return where a person reaches the listener, with the port that it really got."""
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"{UNIX}{name}"
    host = name[0]
    if listener.family == socket.AF_INET6:
        zone = f"%25{socket.if_indextoname(name[3])}" if name[3] else ""  # RFC 6874
        host = f"[{host}{zone}]"
    return f"{'https' if secure else 'http'}://{host}:{name[1]}"


def _at_port(bind: str, user_timeout: int) -> socket.socket:
    host, _, port = bind.rpartition(":")
    found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        _set_options(listener, user_timeout)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def _set_options(listener: socket.socket, user_timeout: int) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # What is pushed is one small write and must not wait for the next.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in {**KEEP_ALIVE, "TCP_USER_TIMEOUT": user_timeout}.items():
        if option := getattr(socket, name, None):  # not every system has all of them
            listener.setsockopt(socket.IPPROTO_TCP, option, value)


def _at_path(bind: str) -> socket.socket:
    path = Path(bind.removeprefix(UNIX))
    _remove_left_over(path)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(os.fspath(path))
    except OSError:
        listener.close()
        raise
    return listener


def _remove_left_over(path: Path) -> None:
    """Remove the socket of a server that is no more; one that still answers is left alone."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.stat().st_mode) and not _answers(path):
            path.unlink()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(os.fspath(path)) == 0
