"""The body of a request: read within the bounds of whoever reads it."""

from collections.abc import Mapping
from typing import Any

import pytest

from ephemera.domain.errors import TooLarge
from ephemera.web.road.bodies import MOST_BODY_BYTES, MOST_DROPPED_BYTES, Body

PIECE = b"x" * 32 * 1024


def a_body_of(size: int) -> Body:
    whole, rest = divmod(size, len(PIECE))
    pieces = iter([PIECE] * whole + [b"x" * rest])
    left = size

    async def receive() -> Mapping[str, Any]:
        nonlocal left
        piece = next(pieces)
        left -= len(piece)
        return {"type": "http.request", "body": piece, "more_body": left > 0}

    return Body(receive, is_whole=False)


@pytest.mark.parametrize("most", [1, MOST_BODY_BYTES, MOST_DROPPED_BYTES, 4 * MOST_DROPPED_BYTES])
async def test_as_much_is_read_as_the_way_takes_and_not_a_byte_more(most: int) -> None:
    body = await a_body_of(most).read(most)
    assert body
    assert len(body) == most
    with pytest.raises(TooLarge):
        await a_body_of(most + 1).read(most)
