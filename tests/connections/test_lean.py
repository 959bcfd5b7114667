"""What Hypercorn gets instead of asyncio's queues and events."""

import asyncio

from hypercorn.typing import ASGIReceiveEvent

from ephemera.server.lean import Happening, Inbox


def a_part(text: str) -> ASGIReceiveEvent:
    return {"type": "http.request", "body": text.encode(), "more_body": True}


async def test_an_inbox_gives_what_came_in_its_order() -> None:
    inbox = Inbox(0)
    parts = [a_part(str(number)) for number in range(100)]
    for part in parts:
        await inbox.put(part)
    assert [await inbox.get() for _ in parts] == parts


async def test_who_gets_waits_for_who_puts() -> None:
    inbox = Inbox(2)
    getting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    assert not getting.done()
    await inbox.put(a_part("one"))
    assert await getting == a_part("one")


async def test_who_puts_waits_while_an_inbox_is_full() -> None:
    inbox = Inbox(2)
    await inbox.put(a_part("one"))
    await inbox.put(a_part("two"))
    putting = asyncio.create_task(inbox.put(a_part("three")))
    await asyncio.sleep(0)
    assert not putting.done()
    assert await inbox.get() == a_part("one")
    await putting
    assert [await inbox.get(), await inbox.get()] == [a_part("two"), a_part("three")]


async def test_who_waits_no_longer_takes_nothing_from_an_inbox() -> None:
    inbox = Inbox(2)
    getting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    getting.cancel()
    await asyncio.gather(getting, return_exceptions=True)
    await inbox.put(a_part("one"))
    assert await inbox.get() == a_part("one")


async def test_what_has_happened_is_not_waited_for() -> None:
    happening = Happening()
    await happening.set()
    await happening.wait()
    assert happening.is_set()


async def test_everybody_who_waited_goes_on_even_if_it_is_cleared_at_once() -> None:
    happening = Happening()
    waiting = [asyncio.create_task(happening.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    await happening.set()
    await happening.clear()
    await asyncio.gather(*waiting)
    assert not happening.is_set()


async def test_what_is_cleared_is_waited_for_again() -> None:
    happening = Happening()
    await happening.set()
    await happening.clear()
    waiting = asyncio.create_task(happening.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    await happening.set()
    await waiting
