"""The load's loop, which can also do something later, and leave a socket unread for a while."""

import heapq
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Final

from bench.load import loop

ESTABLISHED: Final = 1
"""The state of a connection in the first byte of what TCP_INFO says (linux/tcp.h)."""


class Loop(loop.Loop):
    """Calls handlers when sockets can be read, and others when their time has come."""

    def __init__(self) -> None:
        super().__init__()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def count_connected(self) -> int:
        """Return how many sockets are connected: of some the other end is closed, and unread."""
        return sum(_is_connected(sock) for sock in self._sockets.values())

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        """Call `do` in so many seconds."""
        heapq.heappush(self._agenda, (time.monotonic() + seconds, next(self._order), do))

    def turn(self, timeout: float = 0.0) -> bool:
        """Handle what has come and what is due; wait up to `timeout` seconds for it."""
        if self._agenda:
            timeout = min(timeout, self._agenda[0][0] - time.monotonic())
        found = super().turn(timeout)
        now = time.monotonic()
        while self._agenda and self._agenda[0][0] <= now:
            heapq.heappop(self._agenda)[2]()
        return found

    def pause(self, sock: socket.socket) -> None:
        """Leave what comes unread; the handler is called only when the connection breaks."""
        self._epoll.modify(sock.fileno(), 0)

    def resume(self, sock: socket.socket) -> None:
        """Read again."""
        self._epoll.modify(sock.fileno(), select.EPOLLIN)


def _is_connected(sock: socket.socket) -> bool:
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED


def received(sock: socket.socket, most: int) -> bytes | None:
    """Return what has come, nothing at the end, or None when it was a false alarm.

    An alarm is false when it was for a socket of the same number, closed a moment ago.
    """
    with suppress(ConnectionError):
        try:
            return sock.recv(most)
        except BlockingIOError:
            return None
    return b""
