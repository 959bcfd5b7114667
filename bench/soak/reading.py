"""What one member has read: nothing missing, nothing twice, nothing out of order."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from bench.soak.record import KEPT, Record
from bench.soak.wire import Heard, read

Later = Callable[[Mapping[int, int], int], None]
"""Has a whole checked when others have got everything until then, too."""
_THE_END: Final = b'hx-target="#stream" hx-swap="delete"'
_CURSOR: Final = re.compile(rb'data-cursor="([a-z0-9]+)-(\d+)"')


class Reading:
    """Follows a room's events, each of which must be the one after the last.

    is_over: whether the reader was told that there will be no more.
    retry: after how many seconds the reader was asked to come back, if so.
    """

    __slots__ = (
        "_check_later", "_done", "_generation", "_has_left", "_is_starting_over", "_record",
        "_sequence", "_without_me", "is_over", "retry",
    )  # fmt: skip

    def __init__(
        self, record: Record, member_id: str, done: Counter[str], check_later: Later
    ) -> None:
        self._record = record
        self._done = done
        self._check_later = check_later
        self._without_me = b'hx-target="#member-%b" hx-swap="delete"' % member_id.encode()
        self._generation = ""
        self._sequence = 0
        self._is_starting_over = False
        self._has_left = False
        self.is_over = False
        self.retry = 0.0

    @property
    def cursor(self) -> str:
        """The last event taken, as a browser sends it; nothing before the first."""
        return f"{self._generation}-{self._sequence}" if self._generation else ""

    @property
    def is_up_to_date(self) -> bool:
        """Whether nobody has heard of anything newer."""
        return self._sequence >= self._record.latest

    def begin(self) -> None:
        """Begin with a new stream: a resync that broke off is not continued."""
        self._is_starting_over = False

    def take(self, block: bytes) -> None:
        """Take the next event."""
        heard = read(block)
        if heard is None:
            self._record.fault("an event that nobody understands", f"after event {self._sequence}")
            return
        match heard.name:
            case "":
                self._take_unnamed(heard)
            case "ping":
                self._take_ping(heard)
            case "resync":
                self._is_starting_over = True
            case "reconnect":
                self.retry = heard.retry
            case name:
                self._record.fault(f"an event {name}", f"after event {self._sequence}")

    def take_page(self, page: bytes) -> None:
        """Take a page, which stands for everything before it."""
        found = _CURSOR.search(page)
        if found is None:
            self._record.fault("a page without a cursor", f"after event {self._sequence}")
            return
        self._take_whole(found[1].decode(), int(found[2]), page)

    def _take_unnamed(self, heard: Heard) -> None:
        if self._is_starting_over:
            self._is_starting_over = False
            self._take_resync(heard)
        elif _THE_END in heard.block:
            self._take_end(heard)
        else:
            self._take_next(heard)

    def _take_ping(self, heard: Heard) -> None:
        """Compare how far the server says we are: so a hole shows even when nothing follows it."""
        self._done["heartbeats"] += 1
        self._generation = self._generation or heard.generation
        if (heard.generation, heard.sequence) != (self._generation, self._sequence):
            self._misplaced(heard)

    def _take_next(self, heard: Heard) -> None:
        if (heard.generation, heard.sequence) != (self._generation, self._sequence + 1):
            self._misplaced(heard)
        self._sequence = heard.sequence
        self._done["events read"] += 1
        self._done["messages read"] += self._record.heard(heard.sequence, heard.block)
        self._has_left |= self._without_me in heard.block

    def _take_end(self, heard: Heard) -> None:
        """Take the last word: either the room is no more, or the reader's own seat."""
        self.is_over = True
        if heard.sequence == self._sequence and self._has_left:
            return
        if not self._record.is_ending:
            self._record.fault("a member sent away", f"event {heard.sequence}")
        self._take_next(heard)

    def _take_resync(self, heard: Heard) -> None:
        who = "members who were away too long" if self._sequence else "newcomers to a full log"
        self._done[f"resyncs of {who}"] += 1
        if heard.sequence - self._sequence <= KEPT:
            where = f"at event {heard.sequence}, after event {self._sequence}"
            self._record.fault("a resync though the log goes back far enough", where)
        self._take_whole(heard.generation, heard.sequence, heard.block)

    def _take_whole(self, generation: str, until: int, whole: bytes) -> None:
        lines = self._record.shown(whole)
        self._check_later(lines, until)
        if self._sequence:  # what was said before somebody came was never theirs
            gone = self._record.count_messages(self._sequence, until - KEPT)
            self._done["messages that were gone before a member came back"] += gone
        self._generation, self._sequence = generation, until

    def _misplaced(self, heard: Heard) -> None:
        kind = "a hole" if heard.sequence > self._sequence else "an event twice or out of order"
        what = f"{heard.name or 'event'} {heard.sequence} after event {self._sequence}"
        self._record.fault(kind, what)
