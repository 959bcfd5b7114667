"""HTTP/2, which Hypercorn speaks on connections of ours."""

import asyncio

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, StreamEnded

from tests.support.connections import (
    WITHIN,
    Receive,
    Scope,
    Send,
    Streaming,
    answer_of,
    echo,
    get,
    go,
    head_of,
    listen,
    post,
    reply,
    serving,
)
from tests.support.http2 import Http2, speaking_http2
from tests.support.sockets import connection, exchange

pytestmark = pytest.mark.usefixtures("silence")


async def test_http_2_is_spoken_on_the_same_port() -> None:
    async with (
        serving(echo, http2_on_plain_ports=True) as running,
        speaking_http2(running.port) as client,
    ):
        numbers = [client.ask("POST", "/rooms/a/messages", b"hello") for _ in range(20)]
        await client.until(lambda: all(map(client.has_ended, numbers)))
        for number in numbers:
            assert client.statuses()[number] == b"200"
            assert client.body(number) == b"POST /rooms/a/messages hello parsed"


async def test_a_stream_and_requests_go_side_by_side_on_http_2() -> None:
    streaming = Streaming()
    async with (
        serving(streaming, keep_alive_timeout=0.3, http2_on_plain_ports=True) as running,
        speaking_http2(running.port) as client,
    ):
        stream = client.ask("GET", "/rooms/a/events")
        await client.until(lambda: client.body(stream) == b"so")
        assert await exchange(running.port) == b"", "so long an idle one lives"
        message = client.ask("POST", "/rooms/a/messages", b"hello")
        await client.until(lambda: client.has_ended(message))
        assert client.body(message) == b"5"
        assert not client.has_ended(stream)
        streaming.let.set()
        await client.until(lambda: client.has_ended(stream))
        assert client.body(stream) == b"soon"
        with pytest.raises(AssertionError, match="closed"):
            await client.until(lambda: False)
        await running.forgets()


async def test_an_upgrade_to_http_2_is_made_after_hot_requests() -> None:
    async with (
        serving(echo, http2_on_plain_ports=True) as running,
        connection(running.port) as (reader, writer),
    ):
        writer.write(post())
        assert (await answer_of(reader)).body.endswith(b"whole")
        client = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        offered = client.initiate_upgrade_connection()
        assert offered
        fields = [b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c"]
        writer.write(get(b"/rooms/a/events", *fields, b"HTTP2-Settings: " + offered))
        assert (await head_of(reader)).status == 101
        writer.write(client.data_to_send())
        events: list[Event] = []
        async with asyncio.timeout(WITHIN):
            while not any(isinstance(event, StreamEnded) for event in events):
                events += client.receive_data(await reader.read(65_536))
        said = b"".join(event.data or b"" for event in events if isinstance(event, DataReceived))
        assert said == b"GET /rooms/a/events  parsed"


@pytest.mark.parametrize("way", ["half", "closed", "reset"])
async def test_a_client_of_http_2_that_goes_leaves_nothing(way: str) -> None:
    async with (
        serving(listen, http2_on_plain_ports=True) as running,
        connection(running.port) as (reader, writer),
    ):
        client = Http2(reader, writer)
        client.begin()
        streams = [client.ask("GET", "/rooms/a/events") for _ in range(3)]
        await client.until(lambda: all(client.body(stream) == b"so" for stream in streams))
        go(writer, way)
        await running.forgets()


async def test_what_is_said_on_http_2_after_the_answer_harms_nobody() -> None:
    """The client cannot know yet that it is over."""
    let = asyncio.Event()

    async def answer(scope: Scope, _: Receive, send: Send) -> None:
        if scope["method"] == "GET":
            await let.wait()
        await reply(send, b"no")

    async with (
        serving(answer, http2_on_plain_ports=True) as running,
        speaking_http2(running.port) as client,
    ):
        stream = client.ask("GET", "/rooms/a/events")
        early = client.ask("POST", "/rooms/a/messages", b"some", end=False)
        await client.until(lambda: client.has_ended(early))
        client.say(early, b"more")
        await running.takes()
        let.set()
        await client.until(lambda: client.has_ended(stream))
