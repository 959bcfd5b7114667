"""A member: a seat, and a stream that is opened anew however often it breaks."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

from bench.load.sse import Seat, stream_request
from bench.soak.calls import Answer
from bench.soak.reading import Reading
from bench.soak.record import Record
from bench.soak.stream import Stream
from bench.soak.world import World

OTHERS_HAVE_IT: Final = 3.0
"""Seconds after which a whole is compared with what everybody has got until then."""
DEAF: Final = 40.0
"""Seconds without an event or a heartbeat, of which there is one every 15 s."""
EXCUSED: Final = 5.0
"""Seconds after which a slow reader must have noticed that the server ended its stream."""
ENDS_WITHIN: Final = 60.0
"""Seconds until a slow reader, too, must know that it is over."""


class Member:
    """Reads a room, comes back like a browser with the last event's id, and leaves when asked.

    under_way: how many posts have no answer yet.
    """

    __slots__ = (
        "_excused_until", "_heard_at", "_is_leaving", "_is_slow", "_on_change", "_on_cut", "_page",
        "_reading", "_record", "_stream", "_world", "is_gone", "seat", "under_way",
    )  # fmt: skip

    def __init__(
        self,
        world: World,
        record: Record,
        seat: Seat,
        member_id: str,
        on_change: Callable[[], None],
    ) -> None:
        self._world = world
        self._record = record
        self._on_change = on_change
        self._reading = Reading(record, member_id, world.done, self._check_later)
        self._stream: Stream | None = None
        self._page = ""
        self._heard_at = time.monotonic()
        self._excused_until = 0.0
        self._is_slow = self._is_leaving = False
        self._on_cut: Callable[[], None] = self.listen
        self.seat = seat
        self.is_gone = False
        self.under_way = 0

    @property
    def is_live(self) -> bool:
        """Whether the stream is open and read, with no end in sight."""
        stream = self._stream
        busy = self._is_slow or self._is_leaving or self.is_gone
        return stream is not None and stream.is_open and not stream.cutting and not busy

    @property
    def is_up_to_date(self) -> bool:
        """Whether the member listens, and has everything."""
        return self.is_live and self._reading.is_up_to_date

    @property
    def place(self) -> str:
        """Return how far the member has come, for the report of a fault."""
        stream = self._stream
        state = "no stream" if stream is None else "listening" if stream.is_open else "no answer"
        return f"event {self._reading.cursor or 0}, {state},"

    @property
    def is_deaf(self) -> bool:
        """Whether there was nothing to hear for too long."""
        return self.is_live and time.monotonic() - self._heard_at > DEAF

    def listen(self) -> None:
        """Open a stream, from where the last one broke."""
        if self.is_gone:
            return
        request = stream_request(self._world.calls.port, self.seat)
        if self._page:
            request = request.replace(b"/events HTTP", f"/events?after={self._page} HTTP".encode())
        if self._reading.cursor != self._page:
            request = request[:-2] + f"Last-Event-ID: {self._reading.cursor}\r\n\r\n".encode()
        self._stream = Stream(self._world.loop, self._world.calls.port, request, self)

    def reload(self) -> None:
        """Load the page, and listen from where it ends."""
        if not self.is_gone:
            self._world.calls.send(self._world.calls.page(self.seat), self._loaded)

    def break_off(self, how: str, then: Callable[[], None]) -> None:
        """Lose the stream, then go on; in the middle of an event that is with the next one."""
        stream = self._stream
        if stream is None:
            return
        self._on_cut = then
        if how == "in the middle":
            stream.cutting = True
            return
        if how == "silently":
            stream.abandon(self._world.dice.uniform(5, 30))
        elif how == "with a goodbye":
            stream.say_goodbye()
        else:
            stream.close()
        self.was_cut()

    def dawdle(self, seconds: float) -> None:
        """Read nothing for so long."""
        if self._stream:
            self._is_slow = True
            self._excused_until = time.monotonic() + seconds + EXCUSED
            self._stream.pause()
            self._world.loop.after(seconds, partial(self._read_on, self._stream))

    def leave(self) -> None:
        """Give the seat up, when the stream is there to be told."""
        if self.is_live and not self.under_way:
            self._is_leaving = True
            leave = self._world.calls.form(f"/rooms/{self.seat.room}/leave", self.seat.token)
            self._world.calls.send(leave, self._has_left)
        elif not self.is_gone:
            self._world.loop.after(1, self.leave)

    def expect_the_end(self) -> None:
        """Note a fault if the member is not told in time that it is over."""
        self._world.loop.after(ENDS_WITHIN, self._check_the_end)

    def began(self) -> None:
        """See `Listener.began`."""
        self._world.done["streams opened"] += 1
        self._heard_at = time.monotonic()
        self._reading.begin()
        self._on_change()

    def refused(self, status: int) -> None:
        """See `Listener.refused`: who comes back too late finds nothing."""
        self._is_gone_or_fault(status, "a stream")

    def heard(self, block: bytes) -> None:
        """See `Listener.heard`."""
        self._heard_at = time.monotonic()
        self._reading.take(block)

    def ended(self) -> None:
        """See `Listener.ended`: only a slow reader is ended without a word."""
        self._stream = None
        retry, self._reading.retry = self._reading.retry, 0.0
        if self._reading.is_over:
            self._go()
            return
        if time.monotonic() < self._excused_until:
            self._world.done["slow readers cut by the server"] += 1
        elif not retry:
            self._record.fault("a stream that ended without a word", self.place)
        self._is_slow = False
        self._world.loop.after(retry or 1.0, self.listen)

    def was_cut(self) -> None:
        """See `Listener.was_cut`."""
        self._stream = None
        self._on_cut()

    def _read_on(self, stream: Stream) -> None:
        stream.resume()
        if stream is self._stream:
            self._is_slow = False
            self._heard_at = time.monotonic()

    def _loaded(self, answer: Answer) -> None:
        if answer.status != HTTPStatus.OK:
            self._is_gone_or_fault(answer.status, "a page")
            return
        self._world.done["pages loaded"] += 1
        self._reading.take_page(answer.body)
        self._page = self._reading.cursor
        self.listen()

    def _has_left(self, answer: Answer) -> None:
        too_late = answer.status == HTTPStatus.NOT_FOUND and self._record.is_ending
        if answer.status != HTTPStatus.NO_CONTENT and not too_late:
            self._record.fault("a leave that was refused", f"with {answer.status}")
        self.expect_the_end()

    def _check_the_end(self) -> None:
        if not self.is_gone:
            self._record.fault("a member who was not told of the end", self.place)
            self._go()

    def _is_gone_or_fault(self, status: int, what: str) -> None:
        if status == HTTPStatus.NOT_FOUND and self._record.is_ending:
            self._world.done["members back after the end of their room"] += 1
        else:
            self._record.fault(f"{what} that was refused", f"with {status}")
        self._go()

    def _go(self) -> None:
        if not self.is_gone:
            self.is_gone = True
            if self._stream:
                self._stream.close()
            self._on_change()

    def _check_later(self, lines: Mapping[int, int], until: int) -> None:
        self._world.loop.after(OTHERS_HAVE_IT, partial(self._record.check_whole, lines, until))
