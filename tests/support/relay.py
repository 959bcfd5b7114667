"""A wire that can be cut: hands TCP on between a browser and a proxy, until told otherwise."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Relay:
    """Hands connections on to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._streams: set[asyncio.StreamWriter] = set()
        self._lost: set[asyncio.StreamWriter] = set()
        self._is_broken = False
        self._says: bytes = b""
        self.url = ""

    def cut(self) -> None:
        """End every connection, as a tunnel or a restarted proxy does; new ones are welcome."""
        for writer in self._writers:
            writer.transport.abort()

    def lose_streams(self) -> int:
        """Hand nothing on any more over connections with a stream, and keep them open; count them.

        That is how a stream dies silently. It is seen only over HTTP/1.1 without TLS.
        """
        self._lost |= self._streams
        return len(self._streams)

    def break_down(self) -> None:
        """End every connection and take no new one."""
        self._is_broken = True
        self.cut()

    def answer_for_itself(self, status: int) -> None:
        """End every connection, and answer to all requests with a page of its own.

        That is what a proxy does while it starts again, or has lost us. It speaks plain HTTP.
        """
        body = b"<!doctype html><title>Not here</title><main><h1>edge</h1></main>"
        head = f"HTTP/1.1 {status} Odd\r\nContent-Type: text/html\r\nConnection: close\r\n"
        self._says = head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body
        self.cut()

    def lead_to(self, port: int) -> None:
        """Hand new connections on to another port."""
        self._port = port

    def mend(self) -> None:
        self._is_broken = False
        self._says = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_broken:
            writer.transport.abort()
            return
        if self._says:
            await self._speak(reader, writer)
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, back}
        try:
            await asyncio.gather(self._ask(reader, back, writer), self._pump(there, writer))
        finally:
            for known in (self._writers, self._streams, self._lost):
                known -= {writer, back}

    async def _speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self._says)
            await writer.drain()
        writer.close()

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        back: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
    ) -> None:
        def note(chunk: bytes) -> None:
            (self._streams.add if b"/events?" in chunk else self._streams.discard)(writer)

        await self._pump(reader, back, note)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        note: Callable[[bytes], object] = len,
    ) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(65_536):
                note(chunk)
                if writer not in self._lost:
                    writer.write(chunk)
                    await writer.drain()
        writer.close()


@asynccontextmanager
async def running_relay(url: str) -> AsyncIterator[Relay]:
    """Relay to the port of `url` until the block ends."""
    relay = Relay(urlsplit(url).port or 0)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    relay.url = f"{urlsplit(url).scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield relay
    finally:
        server.close()
        relay.break_down()
        await server.wait_closed()
