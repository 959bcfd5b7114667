"""What a server speaks: how its rooms are opened, and how one listens and posts there."""

import socket
from dataclasses import dataclass
from typing import Protocol

from bench.load.ledger import Ledger
from bench.load.loop import Loop
from bench.load.poster import Poster


@dataclass(frozen=True, slots=True)
class Place:
    """One member of a room, with an open stream.

    read: what has come on the stream by now, behind the head of the answer.
    reply: what the server wants to hear after a heartbeat, if anything.
    """

    stream: socket.socket
    read: bytes
    poster: Poster
    reply: bytes = b""


@dataclass(frozen=True, slots=True)
class Line:
    """What a dialect needs to reach a server: where it listens, and who waits for its answers."""

    port: int
    loop: Loop
    ledger: Ledger


class Dialect(Protocol):
    """How to talk to one kind of server."""

    def seat(self, line: Line, members: int) -> list[Place]:
        """Open a room, let so many members join it, and open a stream for each of them."""
