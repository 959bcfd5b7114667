"""The bounded queue of one subscriber."""

from typing import Final

MOST_EVENTS: Final = 64
MOST_BYTES: Final = 128 * 1024


class Mailbox:
    """Encoded events that still have to be written, in order."""

    __slots__ = ("_bytes", "_chunks")

    def __init__(self) -> None:
        self._chunks: list[bytes] | None = None  # an empty deque would be 760 bytes for each stream
        self._bytes = 0

    def put(self, chunk: bytes) -> bool:
        """Take the event, or return False when the mailbox is full: then the reader is too slow.

        One event larger than the whole mailbox is taken when nothing waits
        before it, else nobody could ever get it.
        """
        waiting = len(self)
        if waiting and (waiting >= MOST_EVENTS or self._bytes + len(chunk) > MOST_BYTES):
            return False
        self._chunks = self._chunks or []
        self._chunks.append(chunk)
        self._bytes += len(chunk)
        return True

    def take(self) -> bytes:
        """Empty the mailbox and return what was in it."""
        taken = b"".join(self._chunks or ())
        self._chunks = None
        self._bytes = 0
        return taken

    def __len__(self) -> int:
        return len(self._chunks or ())
