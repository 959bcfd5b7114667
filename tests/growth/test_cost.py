"""What a message and a heartbeat cost, counted in calls: more than recorded must be a decision.

Calls do not depend on the machine nor on what else it does, times would. The whole application,
all guards on, is served on the loop of the test by Hypercorn as `ephemera serve` changes it; the
clients are in a thread, which is not counted.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.client import HTTPConnection
from itertools import count
from statistics import median
from typing import Any, Final
from urllib.parse import urlencode

from ephemera.app import EphemeraApp, create_app
from ephemera.clock import SteadyClock
from ephemera.engine.memory import MemoryEngine
from ephemera.lobby.presence import Presence
from ephemera.serve import config_file, load_config
from ephemera.server.serving import Server
from ephemera.settings import Settings
from tests.support.asking import HTMX, PROGRAM
from tests.support.cast import FORM
from tests.support.crowds import a_heart, one_period
from tests.support.patience import PATIENCE

RECORDED: Final = {"a message to eight": 836, "a heartbeat of eight": 1014}
"""Calls of Python and C functions. Whoever makes something cheaper lowers them."""
MOST: Final = 1.15
ROUNDS: Final = 15
"""The median of so many: now and then the reaper or the heartbeat comes in between."""
READERS: Final = 8


class Clients:
    """Eight who listen and take turns to speak, on blocking sockets."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._http = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._said = count()
        self._streams: list[socket.socket] = []
        self._tokens: list[str] = []
        self._room = ""

    def come(self) -> None:
        """Open a room, fill it, and listen."""
        opened = self._submit("/rooms", nickname="Ada", capacity="8")
        self._room, code = opened["room"]["id"], opened["room"]["code"]
        others = [
            self._submit("/join", nickname=f"Ben {number}", code=code)
            for number in range(1, READERS)
        ]
        self._tokens = [admitted["token"] for admitted in (opened, *others)]
        self._streams = [self._listen(token) for token in self._tokens]
        self.hear("event: ping")

    def say(self) -> None:
        """Post a message as htmx does, from the next seat, and wait until everybody has it."""
        number = next(self._said)
        form = urlencode({"key": f"key {number:020}", "text": "Hello"})
        token = self._tokens[number % READERS]  # of one seat so many would be refused
        headers = {**HTMX, "Content-Type": FORM, "Cookie": f"seat={token}"}
        self._http.request("POST", f"/rooms/{self._room}/messages", form, headers)
        answer = self._http.getresponse()
        assert b'id="composer"' in answer.read()
        assert answer.status == 200
        self.hear("Hello")

    def hear(self, what: str) -> None:
        """Wait until that has come on every stream."""
        for stream in self._streams:
            heard = b""
            while what.encode() not in heard:
                chunk = stream.recv(65_536)
                assert chunk
                heard += chunk

    def go(self) -> None:
        """Close every connection."""
        self._http.close()
        for stream in self._streams:
            stream.close()

    def _submit(self, path: str, **fields: str) -> Any:  # noqa: ANN401 - JSON is anything
        self._http.request("POST", path, urlencode(fields), {**PROGRAM, "Content-Type": FORM})
        return json.loads(self._http.getresponse().read())

    def _listen(self, token: str) -> socket.socket:
        stream = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
        head = f"GET /rooms/{self._room}/events HTTP/1.1\r\nHost: a\r\nCookie: seat={token}\r\n\r\n"
        stream.sendall(head.encode())
        return stream


@contextmanager
def counting() -> Iterator[Callable[[], int]]:
    """Count the calls of this thread; the loop must not be in debug mode, which makes more."""
    calls = 0

    def note(_: object, event: str, __: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield lambda: calls
    finally:
        sys.setprofile(before)


@asynccontextmanager
async def serving(app: EphemeraApp) -> AsyncIterator[Clients]:
    """Serve the application on this loop to eight members in a thread."""
    asyncio.get_running_loop().set_debug(False)
    config = load_config(config_file(), Settings())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config.bind = [f"fd://{listener.fileno()}"]
        over = asyncio.Event()
        server = asyncio.create_task(Server(app, config, app.hot).serve(over.wait))
        clients = Clients(listener.getsockname()[1])
        try:
            await asyncio.to_thread(clients.come)
            yield clients
        finally:
            clients.go()
            over.set()
            await server
            listener.detach()


async def calls_of(deed: Callable[[], Awaitable[None]]) -> float:
    """Return how many calls the deed takes here, the median of some rounds."""
    counted = []
    for _ in range(ROUNDS):
        with counting() as calls:
            await deed()
        counted.append(calls())
    return median(counted)


async def test_nothing_costs_more_than_was_recorded() -> None:
    engine, clock = MemoryEngine(), SteadyClock()
    app = create_app(Settings(), engine=engine, clock=clock)
    heart = a_heart(app.hub, Presence(engine, clock))
    async with serving(app) as clients:
        waiting = await calls_of(lambda: asyncio.to_thread(lambda: None))
        costs = {
            "a message to eight": await calls_of(lambda: asyncio.to_thread(clients.say)) - waiting,
            "a heartbeat of eight": await calls_of(lambda: one_period(heart)),
        }
    assert {name: cost for name, cost in costs.items() if cost > MOST * RECORDED[name]} == {}
