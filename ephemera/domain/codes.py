"""The code: the invitation secret that admits."""

import hashlib
import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 (https://www.crockford.com/base32.html)."""

LENGTH: Final = 10
"""Characters of a code: 50 bits."""

MOST_TYPED_CHARACTERS: Final = 200
"""What may be typed as a code, with all that is forgiven; what is longer is no code."""

_FORGIVEN: Final = str.maketrans("OIL", "011", "-")


def new_code(room_id: str) -> str:
    """Return a fresh code for the room, from the system's randomness."""
    fresh = (secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return partition_of(room_id) + "".join(fresh)


def partition_of(room_id: str) -> str:
    """Return the character that every code of the room begins with.

    An engine of several machines lays what belongs together side by side, and
    must know where from the code alone, and from the room alone. 45 bits of a
    code are left to guess for who knows the room but not its code: somebody
    who had a code that was changed.
    """
    return ALPHABET[hashlib.sha256(room_id.encode()).digest()[0] % len(ALPHABET)]


def read_code(typed: str) -> str | None:
    """Return the code that a person typed, or None when it can be no code.

    Case, hyphens and white space do not matter; O reads as 0, I and L as 1.
    """
    if len(typed) > MOST_TYPED_CHARACTERS:
        return None
    code = "".join(typed.split()).upper().translate(_FORGIVEN)
    if len(code) == LENGTH and all(character in ALPHABET for character in code):
        return code
    return None


def show_code(code: str) -> str:
    """Return the code as people read it aloud: `ABCDE-FGHJK`."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"
