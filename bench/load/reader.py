"""A reader: finds the marks in what its stream brings, whatever the framing around them."""

import socket
from dataclasses import dataclass
from typing import Final

from bench.errors import BenchError
from bench.load.ledger import LONGEST_MARK, MARK, Ledger

MOST_BYTES: Final = 65_536


@dataclass(slots=True, eq=False)
class Reader:
    """One open stream of one member.

    room, number: which room, and which of its members.
    heartbeat: what the server sends now and then; reply: what it wants to hear then, if anything.
    """

    ledger: Ledger
    sock: socket.socket
    room: int
    number: int
    heartbeat: bytes
    reply: bytes
    _tail: bytes = b""

    def __call__(self) -> None:
        """Read what there is."""
        data = self.sock.recv(MOST_BYTES)
        if not data:
            raise BenchError("the server ended a stream")
        self.take(data)

    def take(self, data: bytes) -> None:
        """Tell the ledger of every mark; keep the end, a mark may be cut in two there."""
        if self.heartbeat in data:
            self._beat(data)
        text, end = self._tail + data, 0
        for mark in MARK.finditer(text):
            self.ledger.delivered(int(mark[1]), self.room, self.number)
            end = mark.end()
        self._tail = text[max(end, len(text) - LONGEST_MARK) :]

    def _beat(self, data: bytes) -> None:
        self.ledger.heartbeats += data.count(self.heartbeat)
        if self.reply:
            self.sock.send(self.reply)
