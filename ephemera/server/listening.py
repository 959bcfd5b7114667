"""The listening sockets: made by us, for Hypercorn has no limit on how long a write may stall.

What is set here is inherited by every accepted connection.
"""

import errno
import os
import socket
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

UNIX = "unix:"

# A peer that vanished from a connection without traffic is found after about 30 s.
KEEP_ALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}

REASONS = {
    errno.EADDRINUSE: "something else listens there",
    errno.EACCES: "this account may not",
    errno.EPERM: "this account may not",
    errno.EADDRNOTAVAIL: "this machine has no such address",
    errno.EAFNOSUPPORT: "this machine has no such addresses",
    errno.ENOENT: "there is no such folder",
    errno.ENOTDIR: "there is no such folder",
    errno.ENOTSOCK: "a file is there that is no socket",
    errno.ENAMETOOLONG: "its path is too long for a socket",
}
_LONGEST_PATH: Final = 107
"""In bytes: the kernel wants a zero behind it."""


class ListenError(Exception):
    """The address cannot be listened on; the message is a sentence that lacks who cannot."""


@contextmanager
def listening(
    binds: Iterable[str], *, backlog: int, user_timeout: int, mode: int
) -> Iterator[list[socket.socket]]:
    """Listen on each of them, or on none. Raises `ListenError`.

    When the block ends in an exception, sockets at a path leave nothing there. One that ends well
    leaves them, as its successor may have put its own there already.
    """
    binds = list(binds)
    # By itself an IPv6 socket takes IPv4, too, and nobody else could.
    is_apart = any(not bind.startswith((UNIX, "[")) for bind in binds)
    with ExitStack() as made:
        listeners = []
        for bind in binds:
            listener = listen(
                bind, backlog=backlog, user_timeout=user_timeout, mode=mode, is_apart=is_apart
            )
            made.callback(_give_up, listener, bind)
            listeners.append(listener)
        yield listeners
        made.pop_all()


def listen(
    bind: str, *, backlog: int, user_timeout: int, mode: int = 0o666, is_apart: bool = False
) -> socket.socket:
    """Listen on HOST:PORT, [IPV6]:PORT or unix:/PATH. Raises `ListenError`.

    user_timeout is how long sent bytes may stay unacknowledged, or a reader's window closed,
    before the kernel gives the connection up, in milliseconds; mode is that of the file at a
    path; is_apart: what listens on IPv6 takes no IPv4.
    """
    try:
        if bind.startswith(UNIX):
            listener = _at_path(Path(bind.removeprefix(UNIX)), mode)
        else:
            listener = _at_port(bind, user_timeout, is_apart=is_apart)
        listener.listen(backlog)
    except OSError as error:
        reason = REASONS.get(error.errno or 0, "the system refuses it")
        raise ListenError(f"cannot listen on {bind}: {reason}.") from None
    except UnicodeError:
        raise ListenError(f"cannot listen on {bind}: that can be no host.") from None
    return listener


def set_options(listener: socket.socket, user_timeout: int) -> None:
    """Set what connections over TCP inherit."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # What is pushed is one small write and must not wait for the next.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in {**KEEP_ALIVE, "TCP_USER_TIMEOUT": user_timeout}.items():
        if option := getattr(socket, name, None):  # not every system has all of them
            listener.setsockopt(socket.IPPROTO_TCP, option, value)


def url_of(listener: socket.socket, *, secure: bool) -> str:
    """Return where a person reaches the listener, with the port that it really got."""
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"{UNIX}{os.fsdecode(name).replace(chr(0), '@', 1)}"  # "@": in no folder
    host = name[0]
    if listener.family == socket.AF_INET6:
        zone = f"%25{socket.if_indextoname(name[3])}" if name[3] else ""  # RFC 6874
        host = f"[{host}{zone}]"
    return f"{'https' if secure else 'http'}://{host}:{name[1]}"


def _at_port(bind: str, user_timeout: int, *, is_apart: bool) -> socket.socket:
    host, _, port = bind.rpartition(":")
    found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        set_options(listener, user_timeout)
        if is_apart and address[0] == "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def _at_path(path: Path, mode: int) -> socket.socket:
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, "")
    _remove_left_over(path)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(os.fspath(path))
        path.chmod(mode)  # nobody can connect before it listens, so nobody was faster
    except OSError:
        listener.close()
        raise
    return listener


def _remove_left_over(path: Path) -> None:
    """Remove the socket of a server that is no more; one that still answers is left alone."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise OSError(errno.ENOTSOCK, "")
        if not _answers(path):
            path.unlink()


def _answers(path: Path) -> bool:
    """Tell whether somebody listens there, though they may not take us in."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(0)  # who has a full backlog is there as well
        return probe.connect_ex(os.fspath(path)) != errno.ECONNREFUSED


def _give_up(listener: socket.socket, bind: str) -> None:
    listener.close()
    if bind.startswith(UNIX):
        Path(bind.removeprefix(UNIX)).unlink(missing_ok=True)
