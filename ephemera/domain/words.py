"""The word of an invitation: which room it leads into, and the secret that opens it."""

import hashlib
import re
from typing import Final, NamedTuple

_LABEL: Final = b"ephemera/invitation/1\0"
_MOST_TYPED_CHARACTERS: Final = 200
"""What may be typed as a word, with white space: it has 64 characters."""
_SHAPE: Final = re.compile(r"([0-9a-f]{20})\.([\w-]{43})", re.ASCII)


class Word(NamedTuple):
    """What an invitation link ends in. The room id in it opens nothing by itself."""

    room_id: str
    secret: str

    def __str__(self) -> str:
        return f"{self.room_id}.{self.secret}"

    def __repr__(self) -> str:
        return "Word(…)"

    @property
    def digest(self) -> str:
        """What the server keeps of it: a labelled SHA-256, hexadecimal."""
        return hashlib.sha256(_LABEL + self.secret.encode()).hexdigest()


def read_word(typed: str) -> Word | None:
    """Return the word that somebody followed or typed, or None when it can be none."""
    if len(typed) > _MOST_TYPED_CHARACTERS:
        return None
    shape = _SHAPE.fullmatch("".join(typed.split()))
    return Word(shape[1], shape[2]) if shape else None
