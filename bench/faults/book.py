"""What was said in one room, by whom, and what became of it."""

import re
import time
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bench.load.ledger import TEXT

_NUMBER: Final = re.compile(r"~(\d+)~$")


class Place(NamedTuple):
    """A cursor, taken apart."""

    generation: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.generation}-{self.sequence}" if self.generation else ""


NOWHERE: Final = Place("", 0)


def place_of(cursor: str) -> Place:
    """Return the place that a cursor names."""
    generation, _, sequence = cursor.rpartition("-")
    return Place(generation, int(sequence))


@dataclass(slots=True)
class Message:
    """One message. cursor: where it stands, when it was accepted."""

    number: int
    member: str
    posted: float = field(default_factory=time.monotonic)
    cursor: Place | None = None

    @property
    def text(self) -> str:
        """Return what is said."""
        return TEXT.format(self.number)


class Book:
    """Everything said in a room.

    restored: where each generation began that a loss made.

    was_open_at_loss: whether anybody had a stream when the engine lost everything. is_lost: whether
    the room is gone, as it then may be.
    """

    def __init__(self) -> None:
        self.room = "-"
        self.messages: dict[int, Message] = {}
        self.restored: dict[str, int] = {}
        self.was_open_at_loss = False
        self.is_lost = False

    def enter(self, number: int, member: str) -> Message:
        """Note that somebody is about to say something."""
        message = self.messages[number] = Message(number, member)
        return message

    def find(self, text: str) -> Message | None:
        """Return the message that says so."""
        found = _NUMBER.search(text)
        message = self.messages.get(int(found[1])) if found else None
        return message if message and message.text == text else None
