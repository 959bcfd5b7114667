"""An epoll loop with nothing to it: asyncio would cost more than some servers do."""

import select
import socket
import time
from collections.abc import Callable
from typing import Final

from bench.errors import BenchError

MOST_AT_ONCE: Final = 512
"""Sockets looked at before the clock and the conditions are."""
LONGEST_PAUSE: Final = 0.05
"""Seconds between two looks at a condition when nothing arrives."""


class Loop:
    """Calls a handler whenever its socket can be read."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[], None]] = {}
        self._sockets: dict[int, socket.socket] = {}

    def add(self, sock: socket.socket, handler: Callable[[], None]) -> None:
        """Call `handler` whenever `sock` can be read; it must read or remove it."""
        sock.settimeout(0)
        self._handlers[sock.fileno()] = handler
        self._sockets[sock.fileno()] = sock
        self._epoll.register(sock.fileno(), select.EPOLLIN)

    def remove(self, sock: socket.socket) -> None:
        """Forget the socket and close it."""
        self._epoll.unregister(sock.fileno())
        del self._handlers[sock.fileno()], self._sockets[sock.fileno()]
        sock.close()

    def turn(self, timeout: float = 0.0) -> bool:
        """Wait up to `timeout` seconds and handle what has come; tell whether there was any."""
        ready = self._epoll.poll(max(timeout, 0.0), MOST_AT_ONCE)
        for number, _ in ready:
            if handler := self._handlers.get(number):  # an earlier one may have removed another
                handler()
        return bool(ready)

    def until(self, condition: Callable[[], bool], within: float, what: str) -> None:
        """Run until `condition` holds; fail after `within` seconds, saying `what` was awaited."""
        deadline = time.monotonic() + within
        while not condition():
            if time.monotonic() > deadline:
                raise BenchError(f"{what} took longer than {within:g} s")
            self.turn(LONGEST_PAUSE)

    def run(self, seconds: float) -> None:
        """Handle what comes for so many seconds."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.turn(min(left, LONGEST_PAUSE))

    def settle(self, silence: float, at_most: float) -> None:
        """Run until nothing has come for `silence` seconds; give up waiting after `at_most`."""
        deadline = time.monotonic() + at_most
        while self.turn(silence) and time.monotonic() < deadline:
            pass

    def close(self) -> None:
        """Close every socket, and the loop."""
        for sock in list(self._sockets.values()):
            self.remove(sock)
        self._epoll.close()
