"""Tasks beside each other, of which the first to end ends them all."""

import asyncio
from typing import Final, TypeVar

from ephemera.terminal.mistakes import Gone

HEARS_WHY_WITHIN: Final = 2.0
"""Seconds that whoever listens has to tell why a seat ended, once another found it gone."""

T = TypeVar("T")


async def until_one_ends(
    listening: asyncio.Task[T], *others: asyncio.Task[T]
) -> list[asyncio.Task[T]]:
    """Wait until one of the tasks ends; return those that have, the listening one first."""
    tasks = (listening, *others)
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    if any(isinstance(task.exception(), Gone) for task in done):
        await asyncio.wait([listening], timeout=HEARS_WHY_WITHIN)
    return [task for task in tasks if task.done()]


async def stop(*tasks: asyncio.Task[T]) -> None:
    """Cancel the tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
