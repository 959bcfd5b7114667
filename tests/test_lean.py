"""What Hypercorn gets instead of asyncio's queues and events."""

import asyncio
import gc
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.typing import ASGIReceiveEvent

from ephemera.lean import Happening, Inbox, make_lean
from tests.support.processes import comes

RESET = struct.pack("ii", 1, 0)


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


# Connections that have ended


@contextmanager
def without_collections() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def answer_slowly(_: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    """Answer as a stream does: it begins, and goes on until the client is gone."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"so", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


async def answer(_: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    """Answer with what was sent."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def served() -> int:
    return sum(isinstance(one, H11Protocol) for one in gc.get_objects())


def listen(port: int) -> socket.socket:
    stream = socket.create_connection(("127.0.0.1", port))
    stream.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    while b"so" not in stream.recv(65_536):
        pass
    return stream


@pytest.mark.usefixtures("lean")
@pytest.mark.parametrize("linger", [None, RESET], ids=["closed", "reset"])
async def test_a_connection_that_has_ended_is_no_garbage_to_be_collected(
    linger: bytes | None,
) -> None:
    config, over = Config(), asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, without_collections():
        config.bind = [f"fd://{listener.fileno()}"]
        server = asyncio.create_task(serve(answer_slowly, config, shutdown_trigger=over.wait))
        port = listener.getsockname()[1]
        streams = await asyncio.gather(*(asyncio.to_thread(listen, port) for _ in range(20)))
        assert served() == 20
        for stream in streams:
            if linger:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            stream.close()
        await comes(lambda: served() == 0)
        over.set()
        await server
        listener.detach()


def a_request(text: str) -> bytes:
    return f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


TURNED_AWAY = b"HTTP/1.1 503 \r\ncontent-length: 4\r\n\r\nlate"


async def ask(reader: asyncio.StreamReader) -> bytes:
    """Return the body of the next answer, which has four letters."""
    async with asyncio.timeout(10):
        await reader.readuntil(b"\r\n\r\n")
        return await reader.readexactly(4)


@pytest.mark.usefixtures("lean")
async def test_a_request_is_turned_away_before_the_parser_and_the_connection_goes_on() -> None:
    asked: list[tuple[bytes, bool]] = []

    def turn_away(data: bytes, /, *, secure: bool) -> bytes | None:
        asked.append((data, secure))
        return TURNED_AWAY if data.endswith(b"more") else None

    make_lean(turn_away)
    config, over = Config(), asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config.bind = [f"fd://{listener.fileno()}"]
        server = asyncio.create_task(serve(answer, config, shutdown_trigger=over.wait))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        for text, body in (
            ("some", b"some"),
            ("more", b"late"),
            ("more", b"late"),
            ("less", b"less"),
        ):
            writer.write(a_request(text))
            assert await ask(reader) == body
        assert asked[1] == (a_request("more"), False)
        before = len(asked)
        writer.write(a_request("more")[:-2])
        await comes(lambda: len(asked) > before)
        writer.write(b"re")
        assert await ask(reader) == b"more", "one that has begun is the parser's to its end"
        assert len(asked) == before + 1
        writer.close()
        over.set()
        await server
        listener.detach()
