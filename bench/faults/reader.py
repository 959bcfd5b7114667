"""A member who reads a room, comes back whenever the stream ends, and goes at the end."""

import json
from http import HTTPStatus
from typing import Final

from bench.faults.book import NOWHERE, Book, Message
from bench.faults.lines import LineStream, request_for
from bench.faults.reading import Reading
from bench.faults.world import World
from bench.load.sse import Seat
from bench.soak.calls import Answer

COMES_BACK: Final = (0.2, 2.0)
"""Seconds after the end of a stream, or after an answer that was none."""


class Reader:
    """One seat, with one stream at a time, at any of the processes.

    is_open: whether there is a stream. is_busy: whether a post has no answer yet.
    """

    __slots__ = (
        "_book", "_counts", "_stream", "_world", "id", "is_busy", "is_gone", "is_open", "reading",
        "seat",
    )  # fmt: skip

    def __init__(self, world: World, book: Book, seat: Seat, member: str) -> None:
        self._world = world
        self._book = book
        self._stream: LineStream | None = None
        self._counts = False
        self.seat = seat
        self.id = member
        self.reading = Reading(world, book, member)
        self.is_open = self.is_busy = self.is_gone = False

    def listen(self) -> None:
        """Open a stream at any process, from the last event on."""
        if self.is_gone or self._book.is_lost:
            return
        process = self._world.processes.any_but()
        request = request_for(process.port, self.seat, str(self.reading.at))
        try:
            self._stream = LineStream(self._world.loop, process.port, request, self)
        except ConnectionError:
            self._world.done["streams: connection refused"] += 1
            self._later()

    def began(self) -> None:
        """See `Listener.began`."""
        self.is_open = True
        self.reading.note("stream opened")
        self._world.done["streams opened"] += 1
        if self._counts:
            self._world.done["reconnects"] += 1
            self._world.count_closed(-1)
        self._counts = False

    def refused(self, status: int) -> None:
        """See `Listener.refused`."""
        self.reading.note(f"stream refused with {status}")
        if status == HTTPStatus.NOT_FOUND:
            self.denied("a stream")
        elif status == HTTPStatus.SERVICE_UNAVAILABLE:
            self._world.done["503s to readers"] += 1
        else:
            self.reading.violation("a stream that was refused", f"with {status}")
        self._later()

    def heard(self, block: bytes) -> None:
        """See `Listener.heard`."""
        if block:
            self.reading.take(json.loads(block))

    def ended(self) -> None:
        """See `Listener.ended`."""
        if self.is_open:
            self.is_open = False
            self.reading.note("stream ended")
            if self.reading.is_over:
                self.is_gone = True
                return
            self._counts = True
            self._world.done["streams ended"] += 1
            self._world.count_closed(1)
        self._later()

    def was_cut(self) -> None:
        """See `Listener.was_cut`: we never ask for that."""

    def denied(self, what: str) -> None:
        """Take a 404: the room may be lost with the engine, if nobody was listening."""
        if self._world.lost_at and not self._book.was_open_at_loss:
            self._book.is_lost = True
            self._world.done["404s of rooms that are lost"] += 1
        else:
            self.reading.violation("a room that is there was denied", f"{what} got 404")

    def lose(self) -> bool:
        """Tell whether the reader has a stream at this moment, which a loss must not pass by."""
        self.reading.note("the engine lost everything")
        return self.is_open

    def check(self) -> None:
        """Check what the reader ends with: each accepted message once, in order, or a gap."""
        shown = self.reading.shown
        places = list(shown.values())
        if places != sorted(places, key=lambda place: place.sequence):
            self.reading.violation("messages out of order", str([*map(str, places)]))
        for message in self._book.messages.values():
            if message.number in shown:
                self._check_place(message)
            elif message.cursor is None:
                continue
            elif not self._is_excused(message):
                what = f"message {message.number}, accepted as {message.cursor}"
                self.reading.violation("an accepted message missing", what)
            elif message.number in self.reading.ever:
                self._world.done["messages read, and taken back by a resync after the loss"] += 1
            else:
                self._world.done["messages lost with the engine for a reader, with a gap"] += 1

    def leave(self) -> None:
        """Give the seat up."""
        process, room = self._world.processes.any_but(), self.seat.room
        self._world.processes.ask(process, self._left, f"/rooms/{room}/leave", self.seat.token)

    def _left(self, answer: Answer) -> None:
        if answer.status != HTTPStatus.NO_CONTENT:
            self.reading.violation("a leave that was refused", f"with {answer.status}")

    def _check_place(self, message: Message) -> None:
        place, cursor = self.reading.shown[message.number], message.cursor
        if cursor and cursor.sequence != place.sequence:
            what = f"message {message.number} at {place}, accepted as {cursor}"
            self.reading.violation("a message elsewhere than its author was told", what)

    def _is_excused(self, message: Message) -> bool:
        """Tell whether the engine lost the message, and the reader has been told of a loss."""
        world, cursor = self._world, message.cursor or NOWHERE
        if not world.lost_at or self.reading.gap_at < world.lost_at:
            return False
        if cursor.generation in self._book.restored:
            return cursor.sequence < self._book.restored[cursor.generation]
        return message.posted < world.back_at

    def _later(self) -> None:
        if not self.reading.is_over:
            self._world.loop.after(self._world.dice.uniform(*COMES_BACK), self.listen)
