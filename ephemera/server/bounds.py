"""What one client may take of the server before others would feel it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of every connection.

    stalled_seconds: as long a client may take nothing of what waits for it.
    connections_per_address: as many connections an address may have open; 0 for any number.
    http2_on_plain_ports: whether HTTP/2 is spoken where no TLS has agreed on it.
    """

    stalled_seconds: float = 20.0
    connections_per_address: int = 0
    http2_on_plain_ports: bool = False
