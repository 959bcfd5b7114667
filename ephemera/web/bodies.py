"""Bodies that are too large: counted while they arrive, kept nowhere, and read a little longer."""

from typing import Final

from quart import Request
from quart.wrappers.request import Body
from werkzeug.exceptions import RequestEntityTooLarge

from ephemera.web.requests import MOST_BODY_BYTES

MOST_DISCARDED_BYTES: Final = 2 * MOST_BODY_BYTES
"""A body that reaches this is refused before its end; nginx as shipped lets none through."""


class PatientBody(Body):
    """Refuses what is too large after its last byte, unless that is too far away.

    A connection that is closed on bytes nobody has read is reset, and the reset can overtake the
    answer: a proxy says 502 then, and what somebody typed is lost.
    """

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        hopeless = (expected_content_length or 0) > MOST_DISCARDED_BYTES
        super().__init__(expected_content_length if hopeless else None, max_content_length)
        self._arrived = 0

    def append(self, data: bytes) -> None:
        """Keep what has arrived, or only count it."""
        self._arrived += len(data)
        if self._arrived <= MOST_BODY_BYTES:
            super().append(data)
        elif self._arrived >= MOST_DISCARDED_BYTES:
            self.set_complete()

    def set_complete(self) -> None:
        """Let the handler go on: with the body, or with the refusal of it."""
        if self._arrived > MOST_BODY_BYTES:
            self.clear()
            self._must_raise = RequestEntityTooLarge()
        super().set_complete()


class PatientRequest(Request):
    """A request with such a body."""

    body_class = PatientBody
