"""What one reader has before them, event by event."""

import time
from collections import deque
from typing import Any, Final

from bench.faults.book import NOWHERE, Book, Place, place_of
from bench.faults.world import World

REMEMBERED: Final = 14
"""So many of the last things that were seen are told with a violation."""
OF_THE_STREAM: Final = {"ping", "reach", "writing", "reconnect", "finite"}


class Reading:
    """Follows a room: each event is the one after the last, or there is a gap line.

    shown: the messages before the reader's eyes, by number, in their order. ever: where each
    message was that the reader has ever seen. gap_at: when something last began anew.
    """

    __slots__ = (
        "_book",
        "_history",
        "_member",
        "_world",
        "at",
        "ever",
        "gap_at",
        "is_over",
        "shown",
    )

    def __init__(self, world: World, book: Book, member: str) -> None:
        self._world = world
        self._book = book
        self._member = member
        self._history: deque[str] = deque(maxlen=REMEMBERED)
        self.at = NOWHERE
        self.shown: dict[int, Place] = {}
        self.ever: dict[int, Place] = {}
        self.gap_at = 0.0
        self.is_over = False

    def note(self, what: str) -> None:
        """Remember something for the report of a violation."""
        self._history.append(f"{time.monotonic() % 10_000:.2f} {what}")

    def violation(self, kind: str, what: str) -> None:
        """Note what must not happen."""
        self._world.violation(
            kind,
            f"room {self._book.room}, reader {self._member} at {self.at}: {what}; "
            f"had seen: {' | '.join(self._history)}",
        )

    def take(self, event: dict[str, Any]) -> None:
        """Take the next event."""
        name = event["event"]
        if name in OF_THE_STREAM:
            self._world.done[f"lines {name}"] += 1
            if "cursor" in event and self.at != NOWHERE and place_of(event["cursor"]) != self.at:
                self.violation("a last word from another place", f"{name} {event['cursor']}")
            if name != "ping":
                self.note(name + (f" {event['reached']}" if name == "reach" else ""))
            return
        self._world.done["events read"] += 1
        if name == "resync":
            self._take_resync(event)
        else:
            self._take_next(event)

    def _take_next(self, event: dict[str, Any]) -> None:
        place, name = place_of(event["cursor"]), event["event"]
        self.note(f"{name} {place}")
        if name == "room-restored":
            self._take_gap(place)
        elif name == "room-wiped" and place > self.at:
            pass  # it took the log along: of what came right before it may be silent
        elif self.at != NOWHERE and place != (self.at.generation, self.at.sequence + 1):
            after = place.sequence > self.at.sequence
            if place.generation != self.at.generation:
                kind = "another generation without a gap line"
            else:
                kind = "a hole" if after else "an event twice or out of order"
            self.violation(kind, f"{name} {place}")
        self.at = place
        self._read(event, place)

    def _take_resync(self, event: dict[str, Any]) -> None:
        until, before = place_of(event["cursor"]), self.at
        self.note(f"resync {until} with {len(event['events'])} events")
        self._world.done["resyncs"] += 1
        if until.generation == before.generation and self._world.lost_at <= self.gap_at:
            self._world.done["resyncs within a generation"] += 1
        self._take_gap(until)
        self.shown = {}
        last = 0
        for one in event["events"]:
            place = place_of(one["cursor"])
            if place.generation != until.generation or (last and place.sequence != last + 1):
                self.violation("a resync with a hole or out of order", f"{place} after {last}")
            last = place.sequence
            if one["event"] == "room-restored":
                self._book.restored.setdefault(place.generation, place.sequence)
            self._read(one, place)
        if last and last != until.sequence:
            self.violation("a resync that ends elsewhere", f"{last} instead of {until}")
        self.at = until

    def _take_gap(self, place: Place) -> None:
        self.gap_at = time.monotonic()
        if place.generation != self.at.generation and self.at != NOWHERE:
            self._world.done["gaps: a reader went on in another generation"] += 1

    def _read(self, event: dict[str, Any], place: Place) -> None:
        match event["event"]:
            case "message-posted":
                self._take_message(event, place)
            case "room-restored":
                self._book.restored.setdefault(place.generation, place.sequence)
            case "member-left" if not self._world.is_ending:
                self.violation("a member left", f"{event['nickname']}: {event['reason']}")
            case "member-left":
                self.is_over |= event["member"] == self._member
            case "room-wiped":
                if not self._world.is_ending:
                    self.violation("a room was wiped", event["reason"])
                self.is_over = True
            case name:
                self._world.done[f"events {name}"] += 1

    def _take_message(self, event: dict[str, Any], place: Place) -> None:
        message = self._book.find(event["text"])
        if message is None or message.member != event["member"]:
            self.violation("a message that nobody posted", str(place))
            return
        self._world.done["messages read"] += 1
        number, before = message.number, self.ever.get(message.number, place)
        if number in self.shown or before.sequence != place.sequence:
            self.violation("a message twice", f"message {number} at {before} and {place}")
        self.shown[number] = self.ever[number] = place
