"""Addresses of visitors, only ever as keyed hashes with a key that changes every hour."""

import hashlib
import ipaddress
import logging
from collections.abc import Iterable
from typing import Final

from quart import request

from ephemera.clock import Clock
from ephemera.lobby.limits import EXEMPT

_HOUR: Final = 3600
_MOST_CHARACTERS: Final = 100
"""An address of IPv6 with a zone; what a proxy says may be anything."""
_TOR_CIRCUITS: Final = ipaddress.IPv6Network("fc00:dead:beef:4dad::/64")
"""By `HiddenServiceExportCircuitID haproxy` Tor gives each circuit an address in here: tor(1)."""

logger = logging.getLogger(__name__)

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Addresses:
    """Turns addresses into subjects of rate limits. Nothing turns them back."""

    def __init__(
        self, secret: bytes, clock: Clock, exempt: Iterable[str] = (), *, trusts: bool = True
    ) -> None:
        """Take nothing of whom is in an exempt network. `trusts`: what proxies say is believed."""
        self._secret = secret
        self._clock = clock
        self._exempt = [ipaddress.ip_network(each) for each in exempt]
        self._warns = not trusts

    def asking(self) -> str:
        """Return the visitor whose request this is: the other end, or what trusted hops say."""
        if self._warns and "X-Forwarded-For" in request.headers:
            self._warns = False
            logger.warning(
                "A proxy in front says who asks (X-Forwarded-For), and no proxy is trusted: all "
                "who come through it count as one visitor. See EPHEMERA_TRUSTED_HOPS."
            )
        client = request.scope.get("client")
        return self.visitor(client[0] if client else None)

    def visitor(self, address: str | None) -> str:
        """Return the keyed hashes of the visitor's networks, the wider one and a slash first.

        They are /24 and /32 for IPv4, /48 and /64 for IPv6. Visitors of an onion service are told
        apart by their circuit, a /128, and share no wider one: that would be the whole service.
        """
        known = _read(address)
        if known and any(known in network for network in self._exempt):
            return EXEMPT
        hour = int(self._clock()) // _HOUR
        key = hashlib.blake2b(hour.to_bytes(8, "big"), key=self._secret[:64]).digest()
        return "/".join(
            hashlib.blake2b(network, key=key, digest_size=16).hexdigest()
            for network in _networks(known)
        )


def _read(address: str | None) -> _Address | None:
    try:
        known = ipaddress.ip_address((address or "")[:_MOST_CHARACTERS].strip("[]"))
    except ValueError:
        return None
    return (isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped) or known


def _networks(known: _Address | None) -> tuple[bytes, bytes]:
    if known is None:
        return b"unknown", b"unknown"
    if isinstance(known, ipaddress.IPv4Address):
        return known.packed[:3], known.packed
    if known in _TOR_CIRCUITS:
        return known.packed, known.packed
    return known.packed[:6], known.packed[:8]
