"""What an answer to a hot request is on the wire, and what becomes of one that fails."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import pytest

from tests.support.connections import (
    END,
    STREAM,
    WITHIN,
    Answerer,
    Field,
    Receive,
    Scope,
    Send,
    answer_of,
    begin,
    body_of,
    echo,
    end_of,
    get,
    go_on,
    head_of,
    logged,
    post,
    serving,
)
from tests.support.processes import comes
from tests.support.sockets import connection, exchange, stalled

pytestmark = pytest.mark.usefixtures("silence")


# Answers


async def test_a_hot_post_is_answered_in_one_piece_with_its_length_and_the_date() -> None:
    async with serving(echo) as running, connection(running.port) as (reader, writer):
        writer.write(post())
        async with asyncio.timeout(WITHIN):
            data = await reader.read(65_536)
        head, _, body = data.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        assert (status, body) == (b"HTTP/1.1 200 ", b"POST /rooms/a/messages hello whole")
        length, date = sorted(lines)
        assert length == b"content-length: %d" % len(body)
        assert date.startswith(b"date: ")
        said = parsedate_to_datetime(date[6:].decode())
        assert abs(datetime.now(UTC) - said) < timedelta(minutes=1)
        assert date.endswith(b" GMT")


async def test_an_answer_without_a_length_comes_in_chunks() -> None:
    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        await begin(send, 201, [(b"X-One", b"1")])
        for part in (b"a" * 17, b"", b"b"):
            await go_on(send, part)
        await go_on(send, b"c", more=False)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(post())
        head = await head_of(reader)
        assert (head.status, head.headers[0]) == (201, (b"x-one", b"1"))
        assert dict(head.headers)[b"transfer-encoding"] == b"chunked"
        assert b"content-length" not in dict(head.headers)
        async with asyncio.timeout(WITHIN):
            rest = await reader.readuntil(END)
        assert rest == b"11\r\n" + b"a" * 17 + b"\r\n1\r\nb\r\n1\r\nc\r\n" + END
        writer.write(post())
        assert (await answer_of(reader)).status == 201


async def test_the_head_of_a_stream_comes_before_its_first_part() -> None:
    let = asyncio.Event()

    async def answer(_: Scope, __: Receive, send: Send) -> None:
        await begin(send)
        await let.wait()
        await go_on(send, b"late", more=False)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(STREAM)
        assert (await head_of(reader)).status == 200
        let.set()
        async with asyncio.timeout(WITHIN):
            assert await reader.readuntil(END) == b"4\r\nlate\r\n" + END


@pytest.mark.parametrize("body", [b"", b"secret"], ids=["silent", "talkative"])
@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_has_no_body_has_none(status: int, body: bytes) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/rooms/b/messages":
            return await echo(scope, receive, send)
        await begin(send, status)
        return await go_on(send, body, more=False)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(post())
        head = await head_of(reader)
        assert head.status == status
        assert {b"content-length", b"transfer-encoding"}.isdisjoint(dict(head.headers))
        writer.write(post(room=b"b"))
        assert (await head_of(reader)).status == 200


NO_LENGTH: Final = {
    "in another name": (b"X-Content-Length", b"5"),
    "in a value": (b"X-Said", b"content-length: 5"),
}


@pytest.mark.parametrize("name", NO_LENGTH)
async def test_what_only_looks_like_a_length_is_none(name: str) -> None:
    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        await begin(send, 200, [NO_LENGTH[name]])
        await go_on(send, b"Hello", more=False)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(post())
        answered = await answer_of(reader)
        assert dict(answered.headers)[b"transfer-encoding"] == b"chunked"
        assert answered.body == b"Hello"


async def test_an_answer_may_have_no_fields() -> None:
    """ASGI lets an application leave them out."""

    async def answer(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        for request in (get(), post()):
            writer.write(request)
            assert (await answer_of(reader)).status == 200


# Applications that fail


async def fail(*_: object) -> None:
    raise LookupError("secret")


async def fail_later(*_: object) -> None:
    await asyncio.sleep(0)
    raise LookupError("secret")


async def fail_after_beginning(_: Scope, __: Receive, send: Send) -> None:
    await begin(send)
    await go_on(send, b"so")
    raise LookupError("secret")


async def fail_in_the_midst(_: Scope, __: Receive, send: Send) -> None:
    await begin(send, 200, [(b"content-length", b"10")])
    await go_on(send, b"so")
    await asyncio.sleep(0)
    raise LookupError("secret")


async def be_cancelled(*_: object) -> None:
    await asyncio.sleep(0)
    raise asyncio.CancelledError


@pytest.mark.parametrize("request_", [post(), STREAM], ids=["POST", "GET"])
@pytest.mark.parametrize("answer", [fail, fail_later])
async def test_who_fails_before_an_answer_answers_with_500(
    answer: Answerer, request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(answer) as running, connection(running.port) as (reader, writer):
        for _ in range(2):
            writer.write(request_)
            answered = await answer_of(reader)
            assert (answered.status, answered.body) == (500, b"")
            told = logged(caplog)
            assert "LookupError" in told
            assert "secret" not in told


@pytest.mark.parametrize("request_", [post(), STREAM], ids=["POST", "GET"])
@pytest.mark.parametrize("answer", [fail_after_beginning, fail_in_the_midst])
async def test_who_fails_half_way_cuts_the_answer(
    answer: Answerer, request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(answer) as running:
        answered = await exchange(running.port, request_)
        assert answered.startswith(b"HTTP/1.1 200 ")
        assert b"so" in answered
        assert not answered.endswith(END)
        await running.forgets()
    assert "LookupError" in logged(caplog)


@pytest.mark.parametrize("request_", [post(), STREAM, get()], ids=["POST", "GET", "other"])
async def test_who_is_cancelled_leaves_no_connection_open_without_an_answer(
    request_: bytes,
) -> None:
    async with serving(be_cancelled) as running, connection(running.port) as (reader, writer):
        writer.write(request_)
        answered = await end_of(reader)
        assert not answered or answered.startswith(b"HTTP/1.1 500 ")
        await running.forgets()


async def test_who_answers_nothing_answers_with_500() -> None:
    async def answer(*_: object) -> None:
        pass

    async with serving(answer) as running:
        for request in (get(), post(), STREAM):
            async with connection(running.port) as (reader, writer):
                writer.write(request)
                assert (await answer_of(reader)).status == 500, request


@pytest.mark.parametrize(
    "field",
    [
        (b"X-A", b"b\r\nX-Evil: y"),
        (b"X-A", b"b\nX-Evil: y"),
        (b"X-A", b"b\rX-Evil: y"),
        (b"X-A\r\nX-Evil: y", b"b"),
        (b"X-A", b"b\r\n"),
        (b"X-A", b"b\r\n\r\nX-Evil: y"),
    ],
)
async def test_a_field_of_more_than_one_line_is_refused(
    field: Field, caplog: pytest.LogCaptureFixture
) -> None:
    raised: list[str] = []

    async def answer(_: Scope, __: Receive, send: Send) -> None:
        try:
            await begin(send, 200, [(b"content-length", b"0"), field])
        except ValueError as error:
            raised.append(str(error))
            raise

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(post())
        answered = await answer_of(reader)
        assert answered.status == 500
        assert b"evil" not in repr(answered).lower().encode()
    assert raised
    assert b"evil" not in logged(caplog).lower().encode()


async def test_what_was_asked_behind_an_answer_that_was_cut_is_not_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its client would never hear whether it was."""
    done: list[str] = []
    let = asyncio.Event()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        done.append(scope["path"])
        await begin(send)
        await go_on(send, b"so")
        await let.wait()
        await fail(scope, receive, send)

    async with serving(answer) as running, connection(running.port) as (reader, writer):
        writer.write(STREAM)
        await reader.readuntil(b"so")
        writer.write(post(room=b"b"))
        await comes(lambda: running.only._held)
        let.set()
        await end_of(reader)
        await running.forgets()
    assert done == ["/rooms/a/events"]
    assert logged(caplog).count("LookupError") == 1


async def test_what_was_asked_behind_an_answer_that_was_cut_while_it_was_read_is_not_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[str] = []
    let = asyncio.Event()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        done.append(scope["path"])
        if scope["method"] == "POST":
            return await echo(scope, receive, send)
        await begin(send)
        sending = asyncio.ensure_future(go_on(send, b"x" * 2**25))
        await let.wait()
        sending.cancel()
        return await fail(scope, receive, send)

    async with serving(answer) as running:
        client = stalled(running.port, STREAM)
        await comes(lambda: done)
        client.sendall(post(room=b"b"))
        await comes(lambda: running.only._held)
        let.set()
        await running.forgets()
        client.close()
    assert done == ["/rooms/a/events"]
    assert logged(caplog).count("LookupError") == 1


@pytest.mark.parametrize("body", [b"abc", b"abcdefg"], ids=["shorter", "longer"])
async def test_an_answer_that_is_not_as_long_as_it_says_is_the_last(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Or the client takes the next answer for the end of this one, or the other way round."""

    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        await begin(send, 200, [(b"content-length", b"5")])
        await go_on(send, body, more=False)

    async with (
        serving(answer, keep_alive_timeout=0.3) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(post())
        assert await end_of(reader) == b""
    assert logged(caplog).count("ValueError") == 1
