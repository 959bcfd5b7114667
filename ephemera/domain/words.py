"""The word of an invitation: which room it leads into, and the secret that opens it."""

import hashlib
import re
from typing import Final, NamedTuple

_LABEL: Final = b"ephemera/invitation/1\0"
_SHAPE: Final = re.compile(r"(?<![^\W_])([0-9a-f]{20})\.([A-Za-z0-9_-]{43})(?![^\W_])")


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
    """Return the word in what somebody typed, or None when there is none in it.

    Blanks within it, which a mail program put there, do not matter; nor does what stands around it,
    as long as no letter and no digit touches it.
    """
    shape = _SHAPE.search("".join(typed.split())) or _SHAPE.search(typed)
    return Word(shape[1], shape[2]) if shape else None
