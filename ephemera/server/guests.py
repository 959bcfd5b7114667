"""How many connections an address has open: a few hundred are a whole house, more are a flood."""

import logging
import socket
from ipaddress import IPv6Address
from typing import Self

from ephemera.server.faults import Seldom

logger = logging.getLogger(__name__)


class Guests:
    """Counts open connections by address, for as long as they are open; of IPv6 by /64."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: dict[str, int] = {}
        self._refusals = Seldom()

    def take_in(self, address: str) -> bool:
        """Count one more connection, unless the address has the most already."""
        block = block_of(address)
        count = self._counts.get(block, 0)
        if count >= self._most:
            if self._refusals.is_due():
                logger.warning("Connections are refused: an address has %d open already.", count)
            return False
        self._counts[block] = count + 1
        return True

    def let_out(self, address: str) -> None:
        """Count one connection less."""
        block = block_of(address)
        self._counts[block] -= 1
        if not self._counts[block]:
            del self._counts[block]

    def __len__(self) -> int:
        return sum(self._counts.values())


class Guest(socket.socket):
    """An accepted connection that is counted until it is closed, whoever closes it."""

    __slots__ = ("_address", "_guests")

    _address: str
    _guests: Guests | None

    @classmethod
    def of(cls, accepted: socket.socket, address: str, guests: Guests) -> Self:
        """Return the same connection, counted."""
        timeout = accepted.gettimeout()
        guest = cls(accepted.family, accepted.type, accepted.proto, accepted.detach())
        guest.settimeout(timeout)
        guest._address, guest._guests = address, guests
        return guest

    def close(self) -> None:
        """Close the connection."""
        super().close()
        guests, self._guests = self._guests, None
        if guests:
            guests.let_out(self._address)


def block_of(address: str) -> str:
    """Return what one visitor has of addresses: an IPv4 address, or a /64 of IPv6."""
    if ":" not in address:
        return address
    number = IPv6Address(address.partition("%")[0])
    return str(number.ipv4_mapped or IPv6Address(int(number) >> 64 << 64))
