"""One open response that carries the events of a room to one subscriber.

The life of a stream: it is *held* while it catches up (what happens meanwhile,
its end too, waits beside it), then *live*, then *ending* (what is in the mailbox is still
written, nothing is added) and *over*. Who delivers never waits: a mailbox that
is full cuts the stream, and its reader may come back and catch up.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from ephemera.domain.cursors import Cursor
from ephemera.hub.mailbox import MOST_EVENTS, Mailbox
from ephemera.hub.rendering import Representation, Subscriber
from ephemera.server.eager import start

Write = Callable[[bytes, bool], Awaitable[None]]
"""Writes bytes to the client; the flag says whether more will follow."""
Last = Callable[[Subscriber], bytes]
"""Makes the last thing a client gets, knowing the newest event that it got before."""


logger = logging.getLogger(__name__)


class Stream:
    """A subscriber of one room, on behalf of one seat or knock, in one representation.

    `finite` streams end after the first event. Nothing about what stands up to
    line `horizon` is shown. Words of ours are in the language of `locale`. `on_over`
    is called once, when the stream is over on our side; it must not raise or wait.
    `dropped` tells that the reader was too slow, `opened_at` when the hub took it.
    """

    __slots__ = (
        "_ending",
        "_held",
        "_mailbox",
        "_rest",
        "_writing",
        "cursor",
        "dropped",
        "finite",
        "horizon",
        "locale",
        "member_id",
        "on_over",
        "opened_at",
        "representation",
        "room_id",
        "write",
    )

    def __init__(  # noqa: PLR0913 - what a subscription is
        self,
        room_id: str,
        member_id: str,
        representation: Representation,
        write: Write,
        *,
        cursor: Cursor,
        finite: bool = False,
        horizon: int = 0,
        locale: str = "en",
    ) -> None:
        self.room_id = room_id
        self.member_id = member_id
        self.representation = representation
        self.cursor = cursor
        self.finite = finite
        self.horizon = horizon
        self.locale = locale
        self.write = write
        self.dropped = False
        self.opened_at = 0.0
        self._mailbox = Mailbox()
        self._held: list[Callable[[], None]] | None = []
        self._ending = False
        self._writing = False
        self._rest: asyncio.Task[None] | None = None
        self.on_over: Callable[[], None] | None = None

    @property
    def is_ending(self) -> bool:
        """Whether nothing more is delivered."""
        return self._ending

    @property
    def is_live(self) -> bool:
        """Whether the stream has caught up and is not ending."""
        return self._held is None and not self._ending

    @property
    def is_behind(self) -> bool:
        """Whether the reader has not taken all that there was for it."""
        return self._writing or self._held is not None

    def deliver(self, cursor: Cursor, chunk: bytes) -> None:
        """Hand over an event of the log. Never waits; cuts the stream when it cannot keep up."""
        if self._ending:
            return
        if self._held is not None:
            self._hold(self._held, partial(self.deliver, cursor, chunk))
        elif cursor.sequence > self.cursor.sequence:
            self._pass(cursor, chunk)

    def signal(self, chunk: bytes) -> None:
        """Show what is so only just now, to a reader who is here for more than one answer."""
        if self.is_live and not self.finite:
            self._put(chunk)

    def ping(self) -> None:
        """Show both ends that the connection is alive."""
        if self.is_live:
            self._put(self.representation.ping(self))

    def go_live(self) -> None:
        """Start delivering: first what came in while the stream caught up."""
        held, self._held = self._held, None
        for step in held or ():
            step()

    def end(self, last: Last | None = None) -> None:
        """End the stream in good order, after `last`; a held one when it has caught up."""
        if self._ending:
            return
        if self._held is not None:
            self._held.append(partial(self.end, last))
            return
        chunk = last(self) if last else b""
        self._ending = True
        if self._writing:
            self._put(chunk)
        else:
            self._start_writing(chunk)

    def cut(self) -> None:
        """End the stream at once: what is in the mailbox is lost, the client may catch up."""
        self._ending = True
        self._mailbox.take()
        if self._rest:
            self._rest.cancel()
        self._finish()

    def _hold(self, held: list[Callable[[], None]], delivery: Callable[[], None]) -> None:
        if len(held) < MOST_EVENTS:
            held.append(delivery)
        else:
            self._drop()

    def _pass(self, cursor: Cursor, chunk: bytes) -> None:
        self.cursor = cursor
        if not chunk:
            return
        self._put(chunk)
        if self.finite:
            self.end()

    def _put(self, chunk: bytes) -> None:
        """Write the chunk at once to a reader who keeps up; let it wait for one who does not."""
        if not chunk:
            return
        if not self._writing:
            self._start_writing(chunk)
        elif not self._mailbox.put(chunk):
            self._drop()

    def _drop(self) -> None:
        """Give up on a reader for whom too much is waiting."""
        self.dropped = True
        self.cut()

    def _start_writing(self, chunk: bytes) -> None:
        self._writing = True
        self._rest = start(self._write(chunk))

    async def _write(self, chunk: bytes) -> None:
        """Write the chunk, and what came after it in the meantime; then the end, if it is that."""
        try:
            while chunk:
                await self.write(chunk, True)  # noqa: FBT003 - more follows
                chunk = self._mailbox.take()
            if self._ending:
                await self.write(b"", False)  # noqa: FBT003 - nothing follows
                self._finish()
        except Exception as fault:
            if not isinstance(fault, OSError):  # a connection that is lost is no fault of ours
                logger.exception("a stream could not be written to")
            self._rest = None
            self.cut()
        finally:
            self._writing, self._rest = False, None

    def _finish(self) -> None:
        on_over, self.on_over = self.on_over, None
        if on_over:
            on_over()
