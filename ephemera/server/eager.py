"""Work that is done at once, and becomes a task only when it has to wait.

What Python 3.12 has as `eager_start` of a task; but most writes never wait, and those cost
no task at all here (ADR 0026).
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context
from functools import partial
from typing import Any


def start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """Do the work as far as it goes without waiting; return the task that does the rest, if any.

    Until it first waits, the work runs as part of its caller: it must not ask for
    `asyncio.current_task`, and what it raises there comes out here. But its context is an
    empty one: what is left of it, and the timers and writers that it sets, may stay for
    long, and would keep all that the caller knows.
    """
    context = Context()
    try:
        awaited = context.run(work.send, None)
    except StopIteration:
        return None
    rest = asyncio.create_task(_finish(_Rest(work, awaited)), context=context)
    # A task that is cancelled early never begins.
    rest.add_done_callback(lambda _: work.close(), context=context)
    return rest


async def _finish(rest: Awaitable[None]) -> None:
    await rest


class _Rest:
    """What is left of work that has begun to wait; `awaited` is what it waits for."""

    def __init__(self, work: Coroutine[Any, Any, None], awaited: Any) -> None:  # noqa: ANN401 - whatever asyncio waits for
        self._work = work
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, None]:
        awaited = self._awaited
        while True:
            go_on: Callable[[], Any] = partial(self._work.send, None)
            try:
                yield awaited
            except BaseException as thrown:  # noqa: BLE001 - a cancellation, too, is for the work
                go_on = partial(self._work.throw, thrown)
            try:
                awaited = go_on()
            except StopIteration:
                return
