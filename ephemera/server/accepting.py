"""Accepting connections when no descriptor is left for them: they wait until others end.

Asyncio leaves the listener alone for a second then. But first it tries again as often as the
backlog is long, and each failure sets a timer whose retry fails as often in its turn: with a
backlog of 1,024, a whole core was busy failing within a quarter of a minute (Python 3.11).
"""

import socket
from typing import Any, Final

from hypercorn.config import Config, Sockets

from ephemera.server.faults import EXHAUSTED
from ephemera.server.guests import Guest, Guests

_REFUSED_AT_ONCE: Final = 64
"""Then the event loop takes a breath."""


class ListeningSocket(socket.socket):
    """A listening socket that fails once, and then has nothing to accept until it is asked again.

    What could not be accepted stays in the kernel's backlog; nobody is turned away.
    """

    _has_failed = False
    _guests: Guests | None = None

    def limit(self, guests: Guests) -> None:
        """Close at once what comes from an address that has too many connections.

        Those of sockets at a path have no address, and are not counted.
        """
        self._guests = guests if self.family != socket.AF_UNIX else None

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection. Raises `BlockingIOError` after a failure for want of resources."""
        for _ in range(_REFUSED_AT_ONCE):
            accepted, address = self._accept_one()
            if self._guests is None:
                return accepted, address
            if self._guests.take_in(address[0]):
                return Guest.of(accepted, address[0], self._guests), address
            accepted.close()
        raise BlockingIOError

    def _accept_one(self) -> tuple[socket.socket, Any]:
        if self._has_failed:
            self._has_failed = False
            raise BlockingIOError
        try:
            return super().accept()
        except OSError as error:
            self._has_failed = error.errno in EXHAUSTED
            raise


class ListeningConfig(Config):
    """Hypercorn's configuration, with listening sockets of this kind."""

    def create_sockets(self) -> Sockets:
        """Return the sockets that Hypercorn would take."""
        made = super().create_sockets()
        return Sockets(
            secure_sockets=_listening(made.secure_sockets),
            insecure_sockets=_listening(made.insecure_sockets),
            quic_sockets=made.quic_sockets,
        )


def _listening(sockets: list[socket.socket]) -> list[socket.socket]:
    return [ListeningSocket(fileno=each.detach()) for each in sockets]
