"""A room: opened, joined by eight, written in, left by all."""

import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Final

from bench.errors import BenchError
from bench.faults.book import Book, Message, place_of
from bench.faults.processes import Process
from bench.faults.reader import COMES_BACK, Reader
from bench.faults.world import World
from bench.load.sse import Seat, nickname
from bench.soak.calls import Answer
from bench.soak.world import MEMBERS

GRACE: Final = "30"
"""Seconds, the least there is: so a presence that is lost soon shows."""


class Room:
    """One room as its members know it; `on_full` is called once, when all have joined."""

    def __init__(self, world: World, on_full: Callable[[], None]) -> None:
        self.book = Book()
        self.readers: list[Reader] = []
        self._world = world
        self._on_full = on_full
        self._code = ""
        fields = {"nickname": nickname(0), "capacity": str(MEMBERS), "grace": GRACE}
        world.processes.ask(world.processes.any_but(), self._opened, "/rooms", **fields)

    @property
    def is_whole(self) -> bool:
        """Whether everybody listens, and all have come as far; or there is no room any more."""
        if self.book.is_lost:
            return True
        places = {reader.reading.at for reader in self.readers}
        return len(places) == 1 and all(
            reader.is_open and not reader.is_busy for reader in self.readers
        )

    def lose(self) -> None:
        """Note who is listening when the engine loses everything."""
        self.book.was_open_at_loss = sum(reader.lose() for reader in self.readers) > 0

    def post(self, number: int) -> None:
        """Let somebody say something new, who has nothing under way."""
        free = [reader for reader in self.readers if not reader.is_busy]
        if not free or self.book.is_lost:
            self._world.done["posts that nobody was free for"] += 1
            return
        reader = self._world.dice.choice(free)
        reader.is_busy = True
        self._send(reader, self.book.enter(number, reader.id), self._world.processes.any_but())

    def _send(self, reader: Reader, message: Message, process: Process) -> None:
        then = partial(self._answered, reader, message, process, time.monotonic())
        fields = {"key": f"faults-{self._world.seed}-{message.number}", "text": message.text}
        path = f"/rooms/{self.book.room}/messages"
        self._world.processes.ask(process, then, path, reader.seat.token, **fields)

    def _answered(
        self, reader: Reader, message: Message, process: Process, sent: float, answer: Answer
    ) -> None:
        world = self._world
        if answer.status == HTTPStatus.CREATED:
            reader.is_busy = False
            message.cursor = place_of(answer.fields()["cursor"])
            world.done["posts accepted"] += 1
            world.note_accepted(sent)
            return
        world.done[f"posts not accepted: {answer.status or 'no answer'}"] += 1
        if answer.status == HTTPStatus.NOT_FOUND:
            reader.denied("a post")
        elif answer.status not in {0, 1, HTTPStatus.SERVICE_UNAVAILABLE}:
            reader.reading.violation("a post that was refused", f"with {answer.status}")
            reader.is_busy = False
            return
        if not self.book.is_lost:
            world.done["posts tried again"] += 1
            again = partial(self._send, reader, message, world.processes.any_but(process))
            world.loop.after(world.dice.uniform(*COMES_BACK), again)

    def _opened(self, answer: Answer) -> None:
        self._take_seat(answer)
        fields = answer.fields()["room"]
        self.book.room, self._code = fields["id"], fields["code"]
        for number in range(1, MEMBERS):
            self._world.processes.ask(
                self._world.processes.any_but(),
                self._take_seat,
                "/join",
                nickname=nickname(number),
                code=self._code,
            )

    def _take_seat(self, answer: Answer) -> None:
        if answer.status != HTTPStatus.CREATED:
            raise BenchError(f"a seat was refused with {answer.status}")
        fields = answer.fields()
        seat = Seat(fields["room"]["id"], fields["token"])
        self.readers.append(Reader(self._world, self.book, seat, fields["member"]["id"]))
        self.readers[-1].listen()
        if len(self.readers) == MEMBERS:
            self._on_full()
