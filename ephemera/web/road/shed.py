"""Answers for those who come while the server cannot keep up: at once, at a fraction of the cost.

This is what any refusal says, made at the start. It is given to programs, and to htmx, which keeps
what was typed; who sent a form without scripts would need a page with their words, and to take
their message is cheaper. Leaving, closing a room and all else that is not hot is never refused.
"""

import random
from collections.abc import Awaitable, Callable
from functools import cache, partial
from math import ceil
from typing import Final

from ephemera.domain.errors import Unavailable
from ephemera.hub.hub import COME_BACK_SECONDS
from ephemera.web.road.answers import Answer
from ephemera.web.road.asked import Asked
from ephemera.web.road.errors import Errors
from ephemera.web.road.front import Call, Rest, Way, Ways

_REFUSAL: Final = Unavailable(max(COME_BACK_SECONDS))


class Shed:
    """Guards the ways; `is_too_much` is asked for each request."""

    def __init__(self, is_too_much: Callable[[], bool], errors: Errors) -> None:
        self._is_too_much = is_too_much
        self._made: Callable[[Asked], Answer] = cache(partial(errors.answer_to, _REFUSAL))

    def guard(self, ways: Ways) -> Ways:
        """Return the ways, served only while that is not too much."""
        return {each: partial(self._serve, way) for each, way in ways.items()}

    def _serve(self, way: Way, call: Call) -> Awaitable[Answer | Rest | None]:
        # No coroutine of its own: it would stay for as long as a stream does.
        if self._is_too_much() and (call.scope["method"] != "POST" or not call.asked.whole_page):
            return self._refuse(call.asked)
        return way(call)

    async def _refuse(self, asked: Asked) -> Answer:
        wait = str(ceil(random.uniform(*COME_BACK_SECONDS)))  # noqa: S311 - it spreads load
        # A document in a frame has no script to come back, nor anybody who would reload it.
        refresh = {"refresh": wait} if asked.whole_page else {}
        return self._made(asked).having(retry_after=wait, **refresh)
