"""Names for rooms and seats: random, or, for a request that carries a key, the same ones again.

An answer can be lost on its way. Whoever sends the same request again with the
same key must then get what the first one made, the token too, though the
server keeps no token: both are derived from the key with the server's secret.
"""

import base64
import hmac
import secrets
from typing import Final

from ephemera.domain.errors import Invalid
from ephemera.domain.tokens import new_token

MOST_KEY_CHARACTERS: Final = 200
SHORTEST_KEY: Final = 16
"""A key of a seat must be as hard to guess as the seat's token: who knows both the code and the
key gets the seat."""

_SEAT: Final = b"ephemera/retry-seat/1\0"
_PROOF: Final = b"ephemera/fresh-seat/1\0"
_ROOM: Final = b"ephemera/retry-room/1\0"


class IdempotencyKeys:
    """Makes tokens and room ids. `secret` is the server's, the same on each of its processes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, key: str | None, *request: str) -> str:
        """Return a token: for a key always the same, as long as the request is the same."""
        if not key:
            return new_token()
        return base64.urlsafe_b64encode(self._derive(_SEAT, key, request)).rstrip(b"=").decode()

    def room_id(self, key: str | None, *request: str) -> str:
        """Return a room id, likewise."""
        return self._derive(_ROOM, key, request).hex()[:20] if key else secrets.token_hex(10)

    def proof(self, room_id: str, digest: str) -> str:
        """Return what proves that the token of that digest was just given out for the room."""
        said = _PROOF + f"{room_id}\0{digest}".encode()
        return hmac.digest(self._secret, said, "sha256").hex()[:32]

    def _derive(self, label: bytes, key: str, request: tuple[str, ...]) -> bytes:
        if len(key) < SHORTEST_KEY:
            raise Invalid("key", "too-short")
        said = "\0".join((key, *request)).encode("utf-8", "replace")
        return hmac.digest(self._secret, label + said, "sha256")
