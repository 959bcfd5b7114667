"""Places in the log of a room: a cursor `<generation>-<sequence>`, and a message `m-<sequence>`."""

import re
from typing import Final, NamedTuple, Self

_SHAPE: Final = re.compile(r"([a-z0-9]{1,32})-([0-9]{1,15})", re.ASCII)
_MESSAGE: Final = "m-"
_MESSAGE_SHAPE: Final = re.compile(_MESSAGE + r"([0-9]{1,15})", re.ASCII)


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


def message_id(sequence: int | str) -> str:
    """Return the id of the message of that sequence, on pages and to programs."""
    return f"{_MESSAGE}{sequence}"


def read_message_id(text: str) -> int | None:
    """Return the sequence in an id that a client sent, or None when it can be none of ours."""
    shape = _MESSAGE_SHAPE.fullmatch(text)
    return int(shape[1]) if shape else None
