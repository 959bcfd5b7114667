"""Work that is done at once, and becomes a task only when it has to wait."""

import asyncio
import weakref
from contextvars import ContextVar, copy_context

import pytest

from ephemera.server.eager import start

ASKED: ContextVar["Request"] = ContextVar("asked")


class Request:
    """What a caller is busy with."""


class Work:
    """Waits for each of its futures in turn, and notes what it got."""

    def __init__(self, *awaited: asyncio.Future[str]) -> None:
        self.awaited = awaited
        self.noted: list[str] = []

    async def run(self) -> None:
        self.noted.append("begun")
        try:
            for future in self.awaited:
                self.noted.append(await future)
            self.noted.append("done")
        except asyncio.CancelledError:
            self.noted.append("cancelled")
            raise
        except ValueError as error:
            self.noted.append(str(error))


def a_future() -> asyncio.Future[str]:
    return asyncio.get_running_loop().create_future()


async def test_work_that_never_waits_is_done_at_once_without_a_task() -> None:
    tasks = asyncio.all_tasks()
    work = Work()
    assert start(work.run()) is None
    assert work.noted == ["begun", "done"]
    assert asyncio.all_tasks() == tasks


async def test_what_need_not_be_waited_for_any_more_is_not_waited_for() -> None:
    ready = a_future()
    ready.set_result("ready")
    work = Work(ready)
    assert start(work.run()) is None
    assert work.noted == ["begun", "ready", "done"]


async def test_work_that_waits_goes_on_as_a_task() -> None:
    first, second = a_future(), a_future()
    work = Work(first, second)
    rest = start(work.run())
    assert rest
    assert work.noted == ["begun"]
    first.set_result("first")
    second.set_result("second")
    await rest
    assert work.noted == ["begun", "first", "second", "done"]


async def test_what_is_waited_for_may_come_before_the_task_has_begun() -> None:
    soon = a_future()
    work = Work(soon)
    rest = start(work.run())
    soon.set_result("soon")
    assert rest
    await rest
    assert work.noted == ["begun", "soon", "done"]


async def test_a_bare_turn_of_the_loop_can_be_waited_for() -> None:
    noted: list[str] = []

    async def run() -> None:
        await asyncio.sleep(0)
        noted.append("a turn later")

    rest = start(run())
    assert noted == []
    assert rest
    await rest
    assert noted == ["a turn later"]


async def test_the_fault_of_what_is_waited_for_reaches_the_work() -> None:
    broken = a_future()
    work = Work(broken)
    rest = start(work.run())
    broken.set_exception(ValueError("broken"))
    assert rest
    await rest
    assert work.noted == ["begun", "broken"]


async def test_a_cancellation_reaches_the_work_that_waits() -> None:
    first, never = a_future(), a_future()
    work = Work(first, never)
    rest = start(work.run())
    assert rest
    first.set_result("first")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rest
    assert work.noted == ["begun", "first", "cancelled"]


async def test_work_that_is_cancelled_before_its_task_has_begun_is_closed() -> None:
    closed: list[str] = []

    async def run(never: asyncio.Future[str]) -> None:
        try:
            await never
        finally:
            closed.append("closed")

    rest = start(run(a_future()))
    assert rest
    rest.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rest
    del rest
    assert closed == ["closed"]


async def test_what_is_left_of_the_work_keeps_nothing_that_its_caller_was_busy_with() -> None:
    loop, timers = asyncio.get_running_loop(), list[asyncio.TimerHandle]()
    never = a_future()

    async def run() -> None:
        timers.append(loop.call_later(3600, never.cancel))  # as a transport does that cannot write
        await never

    caller, request = copy_context(), Request()
    caller.run(ASKED.set, request)
    rest = caller.run(start, run())
    known = weakref.ref(request)
    del caller, request
    assert rest
    assert known() is None
    timers[0].cancel()
    rest.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rest


async def test_a_fault_before_the_work_waits_is_its_callers() -> None:
    async def run() -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it has no words
        start(run())


async def test_a_fault_after_the_work_has_waited_is_its_tasks() -> None:
    async def run(awaited: asyncio.Future[str]) -> None:
        raise ValueError(await awaited)

    soon = a_future()
    rest = start(run(soon))
    soon.set_result("too late")
    assert rest
    with pytest.raises(ValueError, match="too late"):
        await rest
