"""Nothing of a room, and nobody's address, in anything that the process writes or tells."""

import signal
import sys

import httpx

from tests.support.journeys import Secrets, live_through
from tests.support.nginx import running_nginx
from tests.support.server import ROOT, RunningServer, running, running_server
from tests.support.sockets import Reader, connection, exchange, stalled
from tests.support.visitors import Seat, join, open_room, say, visitor

ADDRESS = "127.0.0.77"

# Ephemera on an engine that fails where it is asked to, with everything it knows in the exception.
FAULTY = """
import asyncio, warnings
from ephemera import logs
from ephemera.app import create_app
from ephemera.engine.memory import MemoryEngine
from ephemera.serve import serve
from ephemera.settings import Settings

class Faulty(MemoryEngine):
    async def commit(self, change):
        said = " ".join(getattr(entry.event, "text", "") for entry in change.entries)
        if "and fail" in said:
            warnings.warn(said)
            asyncio.get_running_loop().call_soon(fail, said, change)
            fail(said, change)
        return await super().commit(change)

    def listen(self, listener, sensor=None, astray=None):
        def hear(room_id, entries):
            listener(room_id, entries)
            if "fail late" in " ".join(getattr(each.event, "text", "") for each in entries):
                fail(room_id, entries)
        super().listen(hear, sensor, astray)

def fail(*all_that_it_knows):
    raise RuntimeError(repr(all_that_it_knows))

logs.set_up()
settings = Settings(bind=("127.0.0.1:0",), rate_limits=False)
serve(create_app(settings, engine=Faulty()), settings)
"""


async def test_a_whole_journey_leaves_no_trace_in_the_output_nor_the_metrics() -> None:
    words = Secrets()
    async with running_server() as server, visitor(server.url, ADDRESS) as client:
        await limited(client, words)
        metrics = [(await client.get("/metrics")).text]
    async with (
        running_server(EPHEMERA_RATE_LIMITS="off") as patient,
        visitor(patient.url, ADDRESS) as client,
    ):
        await live_through(client, words)
        seat = await open_room(client, words.ada)
        words.seats.append(seat)
        await break_off(patient, seat)
        metrics.append((await client.get("/metrics")).text)
        await drain(patient, client, seat)
    assert "ephemera_rooms" in metrics[1]
    for written in (output(server), output(patient), *metrics):
        assert_silent(written, words)


async def test_faults_of_our_own_are_told_without_a_word_of_the_room() -> None:
    words = Secrets()
    async with (
        running([sys.executable, "-c", FAULTY], ROOT) as server,
        visitor(server.url, ADDRESS) as client,
    ):
        seat = await open_room(client, words.ada)
        words.seats.append(seat)
        for text in (f"{words.text} and fail", f"{words.text} and fail late"):
            for headers in (seat.headers, {**seat.headers, "Accept": "text/html"}):
                path = f"{seat.path}/messages"
                answer = await client.post(path, data={"text": text}, headers=headers)
                assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
                assert "RuntimeError" not in answer.text
        assert await say(client, seat, "still here")
    written = output(server)
    assert "RuntimeError" in written, "the premise: the faults were logged"
    assert "UserWarning" in written
    assert_silent(written, words)


async def test_nginx_as_shipped_writes_nothing_about_anybody() -> None:
    words = Secrets()
    behind = running_server(EPHEMERA_TRUSTED_HOPS="1", EPHEMERA_RATE_LIMITS="off")
    async with behind as server, running_nginx(server.port) as nginx:
        trust = nginx.trust()
        async with visitor(nginx.url, ADDRESS, verify=trust) as client:
            await live_through(client, words)
            seat = await open_room(client, words.ada)
            words.seats.append(seat)
            too_large = await client.post(f"{seat.path}/messages", content=b"x" * 2**18)
            assert too_large.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
            assert await server.terminate() == 0
            assert (await client.get(seat.path)).status_code == httpx.codes.BAD_GATEWAY
        nginx.process.terminate()
        assert nginx.process.stderr
        written = (await nginx.process.stderr.read()).decode()
    assert_silent(written, words)
    assert_silent(output(server), words)


def output(server: RunningServer) -> str:
    return server.stdout + server.stderr


def assert_silent(written: str, words: Secrets) -> None:
    found = [word for word in {*words.words(), ADDRESS} if word.lower() in written.lower()]
    assert not found, written
    assert "Traceback" not in written


async def limited(client: httpx.AsyncClient, words: Secrets) -> None:
    """Open rooms and try codes until that is too often."""
    for path, fields in (
        ("/rooms", {"nickname": words.ada}),
        ("/join", {"nickname": words.ben, "code": words.junk}),
    ):
        tries = [await client.post(path, data=fields) for _ in range(12)]
        assert tries[-1].status_code == httpx.codes.TOO_MANY_REQUESTS


async def break_off(server: RunningServer, seat: Seat) -> None:
    """Send what is no HTTP, or only half of it, with everything secret in it."""
    whole = seat.request("messages", method="POST", headers={"Content-Length": "500"})
    for start in (
        seat.request("json\0"),
        seat.request("json", version="nine"),
        seat.request("json", headers={"Content-Length": seat.token}),
        seat.request("json", headers={seat.token * 3000: seat.token}),
        seat.token.encode() * 900,
    ):
        assert b" 500 " not in (await exchange(server.port, start))[:20]
    for start in (whole + b"text=" + seat.token.encode(), seat.request("json")[:-4]):
        async with connection(server.port) as (_, writer):
            writer.write(start)
            await writer.drain()
    reader = Reader(server.port, seat)
    await reader.connect()
    reader.vanish()


async def drain(server: RunningServer, client: httpx.AsyncClient, seat: Seat) -> None:
    """Stop the server while streams are open, one of them stalled."""
    ben = await join(client, seat.code)
    with stalled(server.port, ben.request("events")):
        async with Reader(server.port, seat) as reader:
            await reader.until_live()
            server.send(signal.SIGTERM)
            while await reader.read():
                pass
        assert reader.events[-1]["event"] == "reconnect"
        assert await server.ended() == 0
