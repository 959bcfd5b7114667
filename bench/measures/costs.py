"""What single requests cost Ephemera: opening, joining, the page, catching up."""

from collections.abc import Callable
from http.client import HTTPConnection
from typing import Final

from bench.errors import BenchError
from bench.load.ledger import MARK, TEXT
from bench.load.sockets import PATIENCE
from bench.load.sse import nickname, submit
from bench.measures import Figures, Target
from bench.plan import Plan
from bench.server import Server

LOG: Final = 200
"""Events that a room keeps."""
SEATS: Final = 8


def measure(target: Target, plan: Plan) -> Figures:
    """Do each so often, one after the other; yield milliseconds of the server's CPU for one."""
    client, server, count = Client(target.site.port), target.server, plan.cost_requests
    try:
        client.open()  # what the first request loads is not the price of the next one
        yield "cost.open", _cpu(server, count, client.open)
        yield "cost.join", _cpu(server, count, client.join)
        client.fill_log()
        yield "cost.page", _cpu(server, count // 4, client.page)
        yield "cost.catch_up", _cpu(server, count // 4, client.catch_up)
    finally:
        client.close()


class Client:
    """A program that keeps one connection alive and asks one thing after the other."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._codes: list[str] = []
        self._joined = 0
        self._path = ""
        self._token = ""
        self._cursor = ""

    def open(self) -> None:
        """Open a room."""
        opened = submit(self._connection, "/rooms", nickname=nickname(0), capacity=str(SEATS))
        self._path, self._token = f"/rooms/{opened['room']['id']}", str(opened["token"])
        self._codes.append(opened["room"]["code"])

    def join(self) -> None:
        """Join a room that was opened: seven times the first, then the next."""
        room, seat = divmod(self._joined, SEATS - 1)
        self._joined += 1
        submit(self._connection, "/join", nickname=nickname(seat + 1), code=self._codes[room])

    def fill_log(self) -> None:
        """Say as much in the last room as its log keeps, after one message to catch up from."""
        for number in range(LOG + 1):
            text, key = TEXT.format(number), f"bench-key-{number:016}"
            said = submit(
                self._connection, f"{self._path}/messages", self._token, text=text, key=key
            )
            self._cursor = self._cursor or str(said["cursor"])

    def page(self) -> None:
        """Load the page of the room."""
        self._count(self._get("", "text/html"))

    def catch_up(self) -> None:
        """Get every event but the first message, as events of a stream that then ends."""
        self._count(self._get(f"/events?once=1&after={self._cursor}", "text/event-stream"))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _get(self, where: str, media: str) -> bytes:
        head = {"Accept": media, "Cookie": f"seat={self._token}"}
        self._connection.request("GET", self._path + where, headers=head)
        return self._connection.getresponse().read()

    def _count(self, body: bytes) -> None:
        found = {int(mark[1]) for mark in MARK.finditer(body)}
        if found != set(range(1, LOG + 1)):
            raise BenchError(f"{len(found)} messages came instead of the last {LOG}")


def _cpu(server: Server, count: int, work: Callable[[], None]) -> float:
    before = server.cpu_seconds()
    for _ in range(count):
        work()
    return (server.cpu_seconds() - before) / count * 1e3
