"""Who has heard what: every reader of a room gets every message of it exactly once.

A message carries its number between two tildes, which no server escapes, encodes or repeats.
"""

import re
import time
from collections.abc import Callable
from typing import Final

from bench.errors import CountError

MARK: Final = re.compile(rb"~(\d+)~")
LONGEST_MARK: Final = 16
TEXT: Final = "The lift is out again. Can we meet downstairs, by the north stair? ~{}~"


class Message:
    """One message under way."""

    __slots__ = ("answered", "missing", "posted", "room")

    def __init__(self, room: int, readers: int, *, answered: bool) -> None:
        self.room = room
        self.missing = (1 << readers) - 1
        self.answered = answered
        self.posted = time.perf_counter()


class Ledger:
    """Keeps the messages under way, and the latencies of those that everybody has.

    deliveries: how often a reader got a message.
    latencies: seconds from sending the POST to the last reader, one for each message.
    on_settled: called with the room of a message that everybody has, and that was answered.
    """

    def __init__(self) -> None:
        self._under_way: dict[int, Message] = {}
        self._last = 0
        self.deliveries = 0
        self.heartbeats = 0
        self.latencies: list[float] = []
        self.on_settled: Callable[[int], None] = _nothing

    def enter(self, room: int, readers: int, *, answers: bool) -> int:
        """Note that a message is about to be sent; return its number."""
        self._last += 1
        self._under_way[self._last] = Message(room, readers, answered=not answers)
        return self._last

    def delivered(self, number: int, room: int, reader: int) -> None:
        """Note that a reader has it; fail if it has it already, or should not have it."""
        message = self._under_way.get(number)
        if message is None or message.room != room or not message.missing & (1 << reader):
            raise CountError(f"a reader got message {number} twice, or of another room")
        message.missing ^= 1 << reader
        self.deliveries += 1
        if not message.missing:
            self.latencies.append(time.perf_counter() - message.posted)
            self._settle(number, message)

    def answered(self, number: int) -> None:
        """Note that the server has answered the POST."""
        message = self._under_way[number]
        message.answered = True
        self._settle(number, message)

    def is_quiet(self) -> bool:
        """Tell whether everybody has everything."""
        return not self._under_way

    def begin(self) -> None:
        """Count and time from now on."""
        self.deliveries = self.heartbeats = 0
        self.latencies = []

    def _settle(self, number: int, message: Message) -> None:
        if message.answered and not message.missing:
            del self._under_way[number]
            self.on_settled(message.room)


def _nothing(_: int) -> None:
    """Do nothing about a message that everybody has."""
