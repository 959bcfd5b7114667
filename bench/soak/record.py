"""What is known of a room: what stands at each place of its log, by everybody's word.

Readers, answers and pages are all witnesses: the first is believed, the others must agree. Only
hashes and numbers are kept, not texts.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

from bench.load.ledger import MARK

KEPT: Final = 200
"""Events that a room's log keeps; so few bytes are posted that its other bound is never met."""
MOST_EXAMPLES: Final = 4
_LINE: Final = re.compile(rb'<article id="m-(\d+)".*?~(\d+)~', re.DOTALL)


class Faults:
    """What must not happen and did: how often, and the first of each kind in words."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: list[str] = []

    def add(self, kind: str, where: str) -> None:
        """Note a fault."""
        self.counts[kind] += 1
        if self.counts[kind] <= MOST_EXAMPLES:
            self.examples.append(f"{kind}: {where}")


class Record:
    """One room's log as its members know it.

    latest: the newest sequence that anybody has heard of.
    accepted: the numbers of the messages whose POST was answered with success.
    is_ending: whether the room will be gone in a moment, as we asked for.
    """

    __slots__ = (
        "_faults", "_hashes", "_numbers", "_places", "accepted", "is_ending", "latest", "room",
    )  # fmt: skip

    def __init__(self, room: str, faults: Faults) -> None:
        self.room = room
        self.accepted: set[int] = set()
        self.is_ending = False
        self.latest = 0
        self._faults = faults
        self._hashes: dict[int, int] = {}
        self._numbers: dict[int, int] = {}
        self._places: dict[int, int] = {}

    def fault(self, kind: str, where: str) -> None:
        """Note a fault of this room."""
        self._faults.add(kind, f"{where} of room {self.room}")

    def heard(self, sequence: int, block: bytes) -> bool:
        """Note what a reader got at that place; tell whether it is a message."""
        if self._hashes.setdefault(sequence, hash(block)) != hash(block):
            self.fault("two readers got something different", f"event {sequence}")
        mark = MARK.search(block)
        self.said(sequence, int(mark[1]) if mark else 0)
        return mark is not None

    def said(self, sequence: int, number: int) -> None:
        """Note that the message of that number, or none (0), stands at that place alone."""
        self.latest = max(self.latest, sequence)
        if self._numbers.setdefault(sequence, number) != number:
            self.fault("witnesses differ about a message", f"event {sequence}")
        if number and self._places.setdefault(number, sequence) != sequence:
            self.fault("a message twice", f"events {self._places[number]} and {sequence}")

    def shown(self, whole: bytes) -> Mapping[int, int]:
        """Note the messages that a page or a resync shows; return them by sequence."""
        lines = [(int(line[1]), int(line[2])) for line in _LINE.finditer(whole)]
        for sequence, number in lines:
            self.said(sequence, number)
        if lines != sorted(set(lines)):
            self.fault("a whole out of order", f"lines up to {lines[-1][0]}")
        return dict(lines)

    def check_whole(self, lines: Mapping[int, int], until: int) -> None:
        """Check that a whole of the time `until` has every message that the log keeps."""
        for sequence in range(max(1, until - KEPT + 1), until + 1):
            if self._numbers.get(sequence) and sequence not in lines:
                self.fault("a message missing in a whole", f"event {sequence}")

    def count_messages(self, after: int, until: int) -> int:
        """Return how many messages are known after one place, up to another."""
        return sum(bool(self._numbers.get(place)) for place in range(after + 1, until + 1))

    def check_accepted(self) -> None:
        """Check, when all readers are through, that every accepted message was read."""
        for number in self.accepted:
            if self._places.get(number) not in self._hashes:
                self.fault("an accepted message that nobody got", f"message {number}")
