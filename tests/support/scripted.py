"""A server on loopback that answers as a test tells it to: for what a real one does too rarely."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

CUT = b""
"""Instead of an answer: the request arrives, and the connection ends."""

HOLD = b"hold"
"""No answer either: the connection stays until the client closes it, as behind a bad proxy."""


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    line: str
    fields: dict[str, str]


@dataclass
class Scripted:
    """The URL of a room there, and what was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)


def answer(status: int, headers: str = "", body: bytes = b"{}") -> bytes:
    return answer_of_another(status, f"Ephemera: 1\r\n{headers}", body)


def answer_of_another(status: int, headers: str = "", body: bytes = b"{}") -> bytes:
    """Return an answer by something on the way, which bears no mark of ours."""
    head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def stream(*events: object, raw: bytes = b"") -> bytes:
    """Return a whole answer with these JSON lines, and then these bytes."""
    lines = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    return answer(200, body=lines + raw)


@asynccontextmanager
async def scripted(*answers: bytes) -> AsyncIterator[Scripted]:
    """Give one answer after the other, each on a connection of its own, then cut every one."""
    server, script, serving = Scripted(), iter(answers), set[asyncio.Task[Any]]()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        serving.add(task)
        await _serve(reader, writer, server.asked, script)
        serving.discard(task)

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}/rooms/0123456789abcdef0123"
    try:
        yield server
    finally:
        listener.close()
        await listener.wait_closed()
        await asyncio.gather(*serving)


def fields_of(asked: Sequence[Asked], name: str) -> list[str]:
    return [request.fields[name] for request in asked if name in request.fields]


async def _serve(
    reader: StreamReader, writer: StreamWriter, asked: list[Asked], script: Iterator[bytes]
) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked.append(Asked(head[0], dict(parse_qsl(body.decode()))))
        told = next(script, CUT)
        if told == HOLD:
            await reader.read()
        else:
            writer.write(told)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client left first
    finally:
        writer.close()
