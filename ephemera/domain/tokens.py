"""The secret token of a seat: 256 bits that its holder shows, and of which we keep a digest."""

import hashlib
import secrets
from typing import Final

_LABEL: Final = b"ephemera/seat/1\0"


def new_token() -> str:
    """Return a fresh seat token: 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Return what the server keeps of a token: a labelled SHA-256, hexadecimal.

    The token itself must never be stored: whoever reads a room's state could
    otherwise speak as its members.
    """
    return hashlib.sha256(_LABEL + token.encode("utf-8", "replace")).hexdigest()
