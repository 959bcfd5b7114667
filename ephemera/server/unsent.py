"""What waits to be sent on one stream of HTTP/2."""

import asyncio
from typing import Final

from hypercorn.protocol.h2 import BufferCompleteError

from ephemera.server.lean import Waiters

SLICE: Final = 32 * 1024
"""An answer is handed over in parts of this size; the next one when the last is taken."""


class Unsent:
    """Takes an answer slice by slice; nothing of it is there twice, whatever its length.

    Hypercorn's buffer takes it whole, and lets its writer go on when the window is closed.
    """

    __slots__ = ("_buffer", "_is_closed", "_is_over", "_is_whole", "_rest", "_waiters", "taken_at")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._rest = 0
        self._is_whole = self._is_closed = self._is_over = False
        self._waiters = Waiters()
        self.taken_at = 0.0
        """When something was taken last, or began to wait."""

    @property
    def size(self) -> int:
        """How many bytes wait, with those that are still to be handed over."""
        return len(self._buffer) + self._rest

    @property
    def is_sendable(self) -> bool:
        """Whether there is something to send, be it the end."""
        return bool(self._buffer) or self._is_whole

    @property
    def is_last(self) -> bool:
        """Whether nothing but the end is left to send."""
        return self._is_whole and not self._buffer

    def add(self, part: memoryview, rest: int) -> None:
        """Take a slice; so many bytes are still to follow. Raises `BufferCompleteError`."""
        if self._is_whole or self._is_closed:
            raise BufferCompleteError
        if not self.size:
            self.taken_at = asyncio.get_running_loop().time()
        self._buffer += part
        self._rest = rest

    async def room(self) -> None:
        """Wait until there is room for another slice, or none is wanted."""
        while len(self._buffer) >= SLICE and not self._is_closed:
            await self._waiters.wait()

    def pop(self, most: int) -> bytes:
        """Take so many bytes at most, to send them."""
        data = bytes(self._buffer[:most])
        if data:
            del self._buffer[: len(data)]
            self.taken_at = asyncio.get_running_loop().time()
            self._waiters.wake()
        return data

    def set_whole(self) -> None:
        """Note that nothing more follows."""
        self._is_whole = True

    async def over(self) -> None:
        """Wait until all is sent, or dropped."""
        while not self._is_over:
            await self._waiters.wait()

    def end(self) -> None:
        """Note that all is sent."""
        self._is_over = True
        self._waiters.wake()

    def drop(self) -> None:
        """Forget what waits, and take nothing more."""
        self._buffer.clear()
        self._rest = 0
        self._is_closed = True
        self.end()
