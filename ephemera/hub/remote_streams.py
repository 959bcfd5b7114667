"""What is known of the streams of our seats at other processes: those that opened after ours.

A seat may have so many streams, wherever they are: a browser has six connections to a host,
whatever stands behind it. Each process ends its own when enough newer ones are open, so it needs to
know of no other; and it hears of those, for it listens to the room since its own opened. One that
ended without a word, with its process, is taken for open until ours end: then fewer than there may
be are endless, and nothing worse.
"""

import secrets
from collections import defaultdict

from ephemera.domain.events import StreamClosed, StreamOpened
from ephemera.hub.stream import Stream


class RemoteStreams:
    """Counts for each stream of this process the newer ones of its seat at others."""

    def __init__(self) -> None:
        self._process = secrets.token_hex(4)
        self._newer: dict[Stream, set[str]] = defaultdict(set)

    def opened(self, stream: Stream) -> StreamOpened:
        """Return what other processes are told of a stream of ours."""
        return StreamOpened(
            member_id=stream.member_id, stream=self._name(stream), at=stream.opened_at
        )

    def closed(self, stream: Stream) -> StreamClosed:
        """Return what they are told when it is over, and forget what is known for it."""
        self._newer.pop(stream, None)
        return StreamClosed(member_id=stream.member_id, stream=self._name(stream))

    def concerns(self, signal: StreamOpened | StreamClosed) -> bool:
        """Tell whether it is about a stream of another process."""
        return not signal.stream.startswith(self._process)

    def note(self, stream: Stream, signal: StreamOpened | StreamClosed) -> None:
        """Note for a stream of ours that a newer one of its seat has opened, or closed."""
        if isinstance(signal, StreamOpened):
            if (signal.at, signal.stream) > (stream.opened_at, self._name(stream)):
                self._newer[stream].add(signal.stream)
        elif stream in self._newer:
            self._newer[stream].discard(signal.stream)

    def count_newer(self, stream: Stream) -> int:
        """Return how many newer ones there are."""
        return len(self._newer.get(stream, ()))

    def _name(self, stream: Stream) -> str:
        return f"{self._process}-{id(stream):x}"
