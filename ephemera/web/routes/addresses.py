"""Addresses of visitors, only ever as keyed hashes with a key that changes every hour."""

import hashlib
import ipaddress
from typing import Final

from ephemera.clock import Clock

_HOUR: Final = 3600
_MOST_CHARACTERS: Final = 100
"""An address of IPv6 with a zone; what a proxy says may be anything."""
_TOR_CIRCUITS: Final = ipaddress.IPv6Network("fc00:dead:beef:4dad::/64")
"""By `HiddenServiceExportCircuitID haproxy` Tor gives each circuit an address in here: tor(1)."""


class Addresses:
    """Turns addresses into subjects of rate limits. Nothing turns them back."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock

    def visitor(self, address: str | None) -> str:
        """Return the keyed hash of the visitor's network: /32 for IPv4, /64 for IPv6.

        Visitors of an onion service are told apart by their circuit, a /128.
        """
        hour = int(self._clock()) // _HOUR
        key = hashlib.blake2b(hour.to_bytes(8, "big"), key=self._secret[:64]).digest()
        return hashlib.blake2b(_network(address), key=key, digest_size=16).hexdigest()


def _network(address: str | None) -> bytes:
    try:
        known = ipaddress.ip_address((address or "")[:_MOST_CHARACTERS].strip("[]"))
    except ValueError:
        return b"unknown"
    if isinstance(known, ipaddress.IPv6Address) and known not in _TOR_CIRCUITS:
        return known.ipv4_mapped.packed if known.ipv4_mapped else known.packed[:8]
    return known.packed
