"""What is written on a connection: somebody waits until it is taken, and not for ever."""

import asyncio
import sys
from contextlib import suppress
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import Final, Protocol

from ephemera.server.borrowed import layers_of
from ephemera.server.bounds import Bounds
from ephemera.server.lean import Waiters
from ephemera.server.write_timeout import WriteTimeout

DRAINED_SECONDS: Final = 0.02
"""So often it is looked whether a client of TLS has caught up: nobody tells."""


class Bounded(Protocol):
    """The server, as what is written needs it."""

    bounds: Bounds


class Outgoing(asyncio.Protocol):
    """The half of a connection that writes.

    Somebody always waits for what the kernel has not taken: whoever ends an answer knows that
    nothing of it is left here, and who drops one knows what to drop.
    """

    __slots__ = ("_is_encrypted", "_is_paused", "_transport", "_waiters", "_write_timeout")

    _server: Bounded
    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._is_paused = False
        self._write_timeout: WriteTimeout | None = None
        self._waiters = Waiters()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - it is a stream's
        self._transport = transport
        layers = layers_of(transport)
        for each in layers:
            each.set_write_buffer_limits(0, 0)
        self._is_encrypted = len(layers) > 1
        if self._is_encrypted:
            transport.set_write_buffer_limits(1, 0)  # with 0 asyncio's TLS is always behind

    def pause_writing(self) -> None:
        """Let those who write wait, and the client not take its time for ever."""
        self._is_paused = True
        self._time_writes()

    def resume_writing(self) -> None:
        """Let them go on."""
        self._is_paused = False
        if not self._transport.is_closing():
            self.calm_down()
        self.tell()

    @property
    def is_behind(self) -> bool:
        """Whether the kernel has not taken all that was written."""
        return self._unsent() > 0

    def write(self, data: bytes) -> None:
        """Write, unless the connection is closing."""
        if not self._transport.is_closing():
            if self._write_timeout:
                self._write_timeout.add(len(data))
            self._transport.write(data)

    async def drained(self) -> None:
        """Wait until the kernel has taken what was written, or the client takes nothing more."""
        while self._is_paused and not self._transport.is_closing():
            await self._waiters.wait()
        if self._is_encrypted:
            await self._drained_below()

    async def changed(self) -> None:
        """Wait until the client has gone, or somebody tells."""
        await self._waiters.wait()

    def tell(self) -> None:
        """Wake everybody who waits."""
        self._waiters.wake()

    def close(self) -> None:
        """Close the connection when all is written; who does not take it is not waited for."""
        if not self._transport.is_closing():
            self._transport.close()
            if self.is_behind:
                self._time_writes().hurry()
            self.tell()

    def abort(self) -> None:
        """Close the connection at once, and forget what is unsent."""
        self._transport.abort()

    def calm_down(self) -> None:
        """Stop the write timeout: nothing waits for the client."""
        if self._write_timeout:
            self._write_timeout.stop()
            self._write_timeout = None

    def _unsent(self) -> int:
        return sum(each.get_write_buffer_size() for each in layers_of(self._transport))

    def _untaken(self) -> int:
        """Return how much the client has not taken, neither from us nor from the kernel.

        The kernel takes nothing more until a third of a large buffer is free, which may take long.
        """
        count = bytearray(4)
        if connection := self._transport.get_extra_info("socket"):
            with suppress(OSError, ValueError):  # not every system tells, nor of what is closed
                ioctl(connection.fileno(), TIOCOUTQ, count)
        return self._unsent() + int.from_bytes(count, sys.byteorder)

    async def _drained_below(self) -> None:
        """Wait for what TLS has handed down, too."""
        while self.is_behind and not self._transport.is_closing():
            self._time_writes()
            await asyncio.sleep(DRAINED_SECONDS)
        if not self._transport.is_closing():
            self.calm_down()

    def _time_writes(self) -> WriteTimeout:
        seconds = self._server.bounds.stalled_seconds
        self._write_timeout = self._write_timeout or WriteTimeout(
            seconds, self._untaken, self.abort
        )
        return self._write_timeout
