"""The code: the invitation secret that admits."""

import hashlib
import re
import secrets
import unicodedata
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 (https://www.crockford.com/base32.html)."""

LENGTH: Final = 10
"""Characters of a code: 50 bits."""

_SMALL: Final = "abcdefghjkmnpqrstvwxyz"
_ALIKE: Final = {
    "0": "Oo\u039f\u03bf\u041e\u043e",
    "1": "IiLl\u0130\u0131\u0399\u03b9\u0406\u0456",
    "3": "\u0417\u0437",
    "A": "\u0391\u03b1\u0410\u0430",
    "B": "\u0392\u03b2\u0412\u0432",
    "C": "\u0421\u0441",
    "E": "\u0395\u03b5\u0415\u0435",
    "H": "\u0397\u041d\u043d",
    "J": "\u0408\u0458",
    "K": "\u039a\u03ba\u041a\u043a",
    "M": "\u039c\u03bc\u041c\u043c",
    "N": "\u039d",
    "P": "\u03a1\u03c1\u0420\u0440",
    "S": "\u0405\u0455",
    "T": "\u03a4\u03c4\u0422\u0442",
    "X": "\u03a7\u03c7\u0425\u0445",
    "Y": "\u03a5\u0423\u0443",
    "Z": "\u0396\u03b6",
}
"""Letters of Latin, Greek and Cyrillic that are in no code and look like just one that is.

Small eta, nu and upsilon of Greek look like others than their capitals. The I with a dot, and the
small one without, are what Turkish keyboards have.
"""
_READ_AS: Final = str.maketrans(
    dict(zip(_SMALL, _SMALL.upper(), strict=True))
    | {letter: character for character, letters in _ALIKE.items() for letter in letters}
)
_SHOWN: Final = re.compile(rf"(?<![^\W_])([{ALPHABET}]{{5}})(-?)([{ALPHABET}]{{5}})(?![^\W_])")
_NO_CHARACTER: Final = "U"
"""A letter that no code has."""


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
    """Return the code that a person typed, or None when there is none in it.

    Only letters and digits matter, not their case nor their script when they look alike or count
    alike: O reads as 0, I and L as 1. With words around, it is found by its shape, rather with the
    hyphen than without.
    """
    text = "".join(map(_character, typed.translate(_READ_AS)))
    whole = "".join(filter(str.isalnum, text))
    if len(whole) == LENGTH and all(character in ALPHABET for character in whole):
        return whole
    shown = max(_SHOWN.finditer(text), key=lambda found: len(found[2]), default=None)
    return shown[1] + shown[3] if shown else None


def _character(typed: str) -> str:
    """Return the digit of any script as ours. A mark makes another letter of the one before it."""
    if typed.isascii():
        return typed
    if typed.isdecimal():
        return str(unicodedata.decimal(typed))
    return _NO_CHARACTER if unicodedata.category(typed)[0] == "M" else typed


def show_code(code: str) -> str:
    """Return the code as people read it aloud: `ABCDE-FGHJK`."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"
