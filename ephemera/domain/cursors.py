"""A cursor, `<generation>-<sequence>`: a place in the log of a room."""

import re
from typing import Final, NamedTuple, Self

_SHAPE: Final = re.compile(r"([a-z0-9]{1,32})-([0-9]{1,15})", re.ASCII)


class Cursor(NamedTuple):
    """The place after event `sequence` of one `generation` of a room's log."""

    generation: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.generation}-{self.sequence}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the cursor that a client sent, or None when it can be none of ours."""
        shape = _SHAPE.fullmatch(text)
        return cls(shape[1], int(shape[2])) if shape else None


NOWHERE: Final = Cursor("0", 0)
"""A cursor that is in no log: whoever goes on from here starts over from the whole."""
