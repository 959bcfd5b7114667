"""The time of streams: one timer for all that end at nearly the same moment."""

import asyncio

from ephemera.domain.cursors import Cursor
from ephemera.hub.lifetimes import COARSE_SECONDS, FINE_SECONDS, Lifetimes
from ephemera.hub.stream import Stream
from tests.support.readers import JSON, Reader


def a_stream() -> Stream:
    return Stream("room", "seat", JSON, Reader().write, cursor=Cursor("0", 0))


async def test_a_stream_whose_time_is_over_is_retired_once() -> None:
    retired: asyncio.Future[Stream] = asyncio.get_running_loop().create_future()
    lifetimes = Lifetimes(retired.set_result)
    stream = a_stream()
    end = lifetimes.begin(stream, 0)
    assert await retired is stream
    lifetimes.leave(stream, end)


async def test_a_stream_that_left_before_its_time_is_not_retired() -> None:
    retired: asyncio.Future[Stream] = asyncio.get_running_loop().create_future()
    lifetimes = Lifetimes(retired.set_result)
    gone, stays = a_stream(), a_stream()
    lifetimes.leave(gone, lifetimes.begin(gone, 0))
    lifetimes.begin(stays, 0)
    assert await retired is stays


async def test_no_stream_ends_before_its_time_nor_much_later() -> None:
    lifetimes, loop = Lifetimes(lambda _: None), asyncio.get_running_loop()
    for seconds, most in ((1_800, COARSE_SECONDS), (20, FINE_SECONDS)):
        earliest = loop.time() + seconds
        end = lifetimes.begin(a_stream(), seconds)
        assert earliest <= end < loop.time() + seconds + most
