"""One server under load: its rooms, everybody in them, and what they have heard."""

import time
from dataclasses import dataclass
from typing import Final

from bench.errors import BenchError
from bench.load.dialect import Dialect, Line
from bench.load.ledger import Ledger
from bench.load.loop import Loop
from bench.load.poster import Poster
from bench.load.reader import Reader

READERS: Final = 8
"""Members of a room, each with one open stream."""
OPENS_WITHIN: Final = 0.1
"""Seconds that a stream may take to open, on average, before we give up filling rooms."""
ARRIVES_WITHIN: Final = 30.0
"""Seconds after which a message that somebody still misses is taken for lost."""


@dataclass(slots=True)
class Room:
    """A room as the load sees it: who may post, and whose turn it is."""

    posters: list[Poster]
    turn: int = 0

    def next_poster(self) -> Poster:
        """Return whoever posts next: the members take turns, nobody interrupts himself."""
        for _ in self.posters:
            self.turn = (self.turn + 1) % len(self.posters)
            if not self.posters[self.turn].busy:
                return self.posters[self.turn]
        raise BenchError("no member of a room has an answer yet: the server cannot keep up")


class Site:
    """All rooms of one server."""

    def __init__(self, port: int, dialect: Dialect, heartbeat: bytes) -> None:
        self.loop = Loop()
        self.ledger = Ledger()
        self.rooms: list[Room] = []
        self.port = port
        self._dialect = dialect
        self._heartbeat = heartbeat

    @property
    def streams(self) -> int:
        """Return how many streams are open."""
        return len(self.rooms) * READERS

    def grow(self, streams: int) -> None:
        """Open rooms until there are so many streams."""
        wanted = streams - self.streams
        deadline = time.monotonic() + 10 + wanted * OPENS_WITHIN
        while self.streams < streams:
            if time.monotonic() > deadline:
                raise BenchError(f"only {self.streams} streams of {streams} were open in time")
            self._open_room()
            self.loop.turn()

    def post(self, room: int) -> None:
        """Let the next member of a room say something."""
        poster = self.rooms[room].next_poster()
        poster.post(self.ledger.enter(room, READERS, answers=poster.answers))

    def wait_until_quiet(self) -> None:
        """Wait until everybody has everything."""
        self.loop.until(self.ledger.is_quiet, ARRIVES_WITHIN, "delivering the last messages")

    def close(self) -> None:
        """Close every connection."""
        self.loop.close()

    def _open_room(self) -> None:
        line = Line(self.port, self.loop, self.ledger)
        places = self._dialect.seat(line, READERS)
        for number, place in enumerate(places):
            reader = Reader(
                self.ledger, place.stream, len(self.rooms), number, self._heartbeat, place.reply
            )
            self.loop.add(place.stream, reader)
            reader.take(place.read)
        self.rooms.append(Room([place.poster for place in places]))
