"""The life of a stream: held, live, ending, over."""

import pytest

from ephemera.domain.cursors import Cursor
from ephemera.hub.mailbox import MOST_BYTES, MOST_EVENTS
from ephemera.hub.stream import Stream
from tests.support.readers import JSON, Reader, quiet, until


def a_stream(reader: Reader, *, sequence: int = 0, finite: bool = False) -> Stream:
    cursor = Cursor("g1", sequence)
    return Stream("room", "p1", JSON, reader.write, cursor=cursor, finite=finite)


def deliver(stream: Stream, *numbers: int) -> None:
    for number in numbers:
        stream.deliver(Cursor("g1", number), b"%d " % number)


def written(reader: Reader) -> bytes:
    return b"".join(reader.chunks)


def is_live(stream: Stream) -> bool:
    return stream.is_live


def is_ending(stream: Stream) -> bool:
    return stream.is_ending


@pytest.fixture
def reader() -> Reader:
    return Reader()


async def test_a_held_stream_writes_nothing_until_it_is_live(reader: Reader) -> None:
    stream = a_stream(reader)
    deliver(stream, 1, 2)
    stream.ping()
    await quiet()
    assert not is_live(stream)
    assert reader.chunks == []
    stream.go_live()
    assert is_live(stream)
    await until(lambda: written(reader) == b"1 2 ")


async def test_what_was_caught_up_with_is_not_written_again(reader: Reader) -> None:
    stream = a_stream(reader)
    deliver(stream, 1, 2, 3)
    stream.cursor = Cursor("g1", 2)
    stream.go_live()
    deliver(stream, 3, 4)
    await until(lambda: written(reader) == b"3 4 ")
    assert stream.cursor == Cursor("g1", 4)


async def test_a_live_stream_writes_in_order_what_it_gets(reader: Reader) -> None:
    stream = a_stream(reader)
    stream.go_live()
    deliver(stream, 1, 2)
    await until(lambda: written(reader) == b"1 2 ")
    deliver(stream, 3)
    await until(lambda: written(reader) == b"1 2 3 ")
    assert not reader.was_ended


async def test_an_event_with_nothing_to_show_is_passed(reader: Reader) -> None:
    stream = a_stream(reader)
    stream.go_live()
    stream.deliver(Cursor("g1", 1), b"")
    await quiet()
    assert reader.chunks == []
    assert stream.cursor == Cursor("g1", 1)


async def test_a_ping_shows_that_the_connection_is_alive(reader: Reader) -> None:
    stream = a_stream(reader)
    stream.go_live()
    stream.ping()
    await until(lambda: written(reader) == JSON.beat)


async def test_an_ending_stream_writes_what_it_has_and_its_last(reader: Reader) -> None:
    stream, over = a_stream(reader), []
    stream.on_over = lambda: over.append("over")
    stream.go_live()
    deliver(stream, 1)
    stream.end(lambda to: f"last after {to.cursor.sequence}".encode())
    assert is_ending(stream)
    deliver(stream, 2)
    stream.ping()
    stream.end(lambda _: b"another last")
    await until(lambda: over)
    assert written(reader) == b"1 last after 1"
    assert reader.was_ended
    assert over == ["over"]


async def test_a_held_stream_ends_when_it_has_caught_up(reader: Reader) -> None:
    stream = a_stream(reader)
    deliver(stream, 1)
    stream.end(lambda to: f"last after {to.cursor.sequence}".encode())
    deliver(stream, 2)
    stream.end()
    await quiet()
    assert reader.chunks == []
    stream.go_live()
    await until(lambda: reader.was_ended)
    assert written(reader) == b"1 last after 1"


async def test_a_last_of_nothing_is_an_end_all_the_same(reader: Reader) -> None:
    stream = a_stream(reader)
    stream.go_live()
    stream.end(lambda _: b"")
    await until(lambda: reader.was_ended)
    assert written(reader) == b""


async def test_a_cut_stream_writes_nothing_more(reader: Reader) -> None:
    stream, over = a_stream(reader), []
    stream.on_over = lambda: over.append("over")
    stream.go_live()
    reader.flows.clear()
    deliver(stream, 1)
    await quiet()
    deliver(stream, 2)
    stream.cut()
    assert over == ["over"]
    reader.flows.set()
    deliver(stream, 3)
    stream.end(lambda _: b"last")
    stream.cut()
    await quiet()
    assert reader.chunks == []
    assert not reader.was_ended
    assert over == ["over"]


async def test_a_stream_is_cut_while_it_is_ending(reader: Reader) -> None:
    stream = a_stream(reader)
    stream.go_live()
    reader.flows.clear()
    stream.end(lambda _: b"last")
    await quiet()
    stream.cut()
    reader.flows.set()
    await quiet()
    assert reader.chunks == []


async def test_an_idle_stream_can_be_cut(reader: Reader) -> None:
    stream, over = a_stream(reader), []
    stream.on_over = lambda: over.append("over")
    stream.go_live()
    stream.cut()
    assert over == ["over"]


async def test_a_reader_that_is_too_slow_loses_its_stream(reader: Reader) -> None:
    stream, over = a_stream(reader), []
    stream.on_over = lambda: over.append("over")
    stream.go_live()
    reader.flows.clear()
    deliver(stream, 1)
    await quiet()
    deliver(stream, *range(2, MOST_EVENTS + 2))
    assert over == []
    deliver(stream, MOST_EVENTS + 2)
    assert over == ["over"]
    assert is_ending(stream)


async def test_a_reader_of_large_events_is_too_slow_sooner(reader: Reader) -> None:
    stream = a_stream(reader)
    stream.go_live()
    reader.flows.clear()
    stream.deliver(Cursor("g1", 1), b"being written")
    stream.deliver(Cursor("g1", 2), b"x" * MOST_BYTES)
    assert not is_ending(stream)
    stream.deliver(Cursor("g1", 3), b"x")
    assert is_ending(stream)


async def test_too_much_while_it_is_held_cuts_a_stream(reader: Reader) -> None:
    stream = a_stream(reader)
    deliver(stream, *range(1, MOST_EVENTS + 1))
    assert not is_ending(stream)
    deliver(stream, MOST_EVENTS + 1)
    assert is_ending(stream)
    stream.go_live()
    await quiet()
    assert reader.chunks == []


async def test_more_than_a_mailbox_while_it_is_held_cuts_a_stream_as_it_goes_live(
    reader: Reader,
) -> None:
    stream = a_stream(reader)
    reader.flows.clear()
    for number in (1, 2, 3, 4):
        stream.deliver(Cursor("g1", number), b"x" * (MOST_BYTES // 2))
    assert not is_ending(stream)
    stream.go_live()
    await quiet()
    assert is_ending(stream)
    assert reader.chunks == []


async def test_a_finite_stream_ends_after_the_first_event_that_shows(reader: Reader) -> None:
    stream = a_stream(reader, finite=True)
    stream.go_live()
    stream.deliver(Cursor("g1", 1), b"")
    await quiet()
    assert not is_ending(stream)
    deliver(stream, 2, 3)
    await until(lambda: reader.was_ended)
    assert written(reader) == b"2 "
    assert stream.cursor == Cursor("g1", 2)


@pytest.mark.parametrize(("fault", "is_logged"), [(ValueError, True), (TimeoutError, False)])
async def test_a_stream_that_cannot_be_written_to_is_over_and_a_fault_of_ours_is_logged(
    caplog: pytest.LogCaptureFixture, fault: type[Exception], *, is_logged: bool
) -> None:
    async def broken(body: bytes, more: bool) -> None:  # noqa: FBT001 - as the stream calls it
        raise fault(body, more)

    over: list[bool] = []
    stream = Stream("room", "p1", JSON, broken, cursor=Cursor("g1", 0))
    stream.on_over = lambda: over.append(True)
    stream.go_live()
    deliver(stream, 1)
    await until(lambda: over == [True])
    assert is_ending(stream)
    assert ("could not be written" in caplog.text) == is_logged


async def test_a_last_that_cannot_be_written_is_the_end_and_nothing_is_written_after_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried: list[bytes] = []

    async def broken(body: bytes, more: bool) -> None:  # noqa: ARG001, FBT001 - as the stream calls it
        tried.append(body)
        raise ValueError

    over: list[bool] = []
    stream = Stream("room", "p1", JSON, broken, cursor=Cursor("g1", 0))
    stream.on_over = lambda: over.append(True)
    stream.go_live()
    stream.end(lambda _: b"last")
    await quiet()
    assert tried == [b"last"]
    assert over == [True]
    assert caplog.text.count("could not be written") == 1


async def test_a_stream_that_ends_while_it_writes_says_its_last_after_that(reader: Reader) -> None:
    stream = a_stream(reader)
    stream.go_live()
    reader.flows.clear()
    deliver(stream, 1)
    stream.end(lambda to: f"bye {to.cursor.sequence}".encode())
    deliver(stream, 2)
    reader.flows.set()
    await until(lambda: written(reader) == b"1 bye 1")
