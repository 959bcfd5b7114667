"""People and programs that come to a running server over HTTP."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.patience import PATIENCE

AS_PROGRAM = {"Accept": "application/json"}
# The most bytes that 4,000 characters can have.
LONGEST = "\N{LEDGER}" * 4_000


@dataclass(frozen=True)
class Seat:
    """What a program was told when it took a seat."""

    room: str
    code: str
    member: str
    nickname: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {**AS_PROGRAM, "Authorization": f"Bearer {self.token}"}

    @property
    def path(self) -> str:
        return f"/rooms/{self.room}"

    def request(
        self,
        way: str = "json",
        *,
        method: str = "GET",
        version: str = "1.1",
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Return the bytes of a request for a stream, or for anything below the room."""
        fields = {"Host": "localhost", "Authorization": f"Bearer {self.token}", **(headers or {})}
        lines = [f"{method} {self.path}/{way} HTTP/{version}"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


# The server closes idle connections after 5 s: the client must be first.
_LIMITS = httpx.Limits(max_connections=None, keepalive_expiry=2)


def visitor(url: str, address: str = "127.0.0.1", **options: Any) -> httpx.AsyncClient:  # noqa: ANN401 # httpx has them
    """Return a client that comes from `address`."""
    transport = httpx.AsyncHTTPTransport(local_address=address, limits=_LIMITS, **options)
    return httpx.AsyncClient(base_url=url, transport=transport, timeout=PATIENCE)


async def open_room(
    client: httpx.AsyncClient, nickname: str = "Ada", capacity: int = 8, grace: int = 3600
) -> Seat:
    fields = {"nickname": nickname, "capacity": str(capacity), "grace": str(grace)}
    return _seat(await client.post("/rooms", data=fields, headers=AS_PROGRAM))


async def join(client: httpx.AsyncClient, code: str, nickname: str = "Ben") -> Seat:
    fields = {"nickname": nickname, "code": code}
    return _seat(await client.post("/join", data=fields, headers=AS_PROGRAM))


async def say(client: httpx.AsyncClient, seat: Seat, text: str) -> str:
    """Post a message; return its cursor."""
    path = f"{seat.path}/messages"
    answer = await client.post(path, data={"text": text}, headers=seat.headers)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    return str(answer.json()["cursor"])


async def say_plainly(client: httpx.AsyncClient, seat: Seat, text: str) -> None:
    """Post a message as a plain body: no escapes, a third of the bytes."""
    headers = {**seat.headers, "Content-Type": "text/plain; charset=utf-8"}
    answer = await client.post(f"{seat.path}/messages", content=text.encode(), headers=headers)
    assert answer.status_code == httpx.codes.CREATED, answer.text


async def leave(client: httpx.AsyncClient, seat: Seat) -> None:
    answer = await client.post(f"{seat.path}/leave", headers=seat.headers)
    assert answer.status_code == httpx.codes.NO_CONTENT, answer.text


async def is_seated(client: httpx.AsyncClient, seat: Seat) -> bool:
    """Tell whether the token still opens something, without being a sign of life."""
    answer = await client.head(f"{seat.path}/json", headers=seat.headers)
    assert answer.status_code in {httpx.codes.OK, httpx.codes.NOT_FOUND}
    return answer.status_code == httpx.codes.OK


async def gauges(client: httpx.AsyncClient) -> dict[str, int]:
    """Return what there is by the metrics: rooms and streams."""
    families = text_string_to_metric_families((await client.get("/metrics")).text)
    return {
        family.name.removeprefix("ephemera_"): int(family.samples[0].value)
        for family in families
        if family.type == "gauge"
    }


def texts(events: list[dict[str, Any]]) -> list[str]:
    """Return what was said in these events of a /json stream."""
    return [event["text"] for event in events if event["event"] == "message-posted"]


def kinds(events: list[dict[str, Any]]) -> Counter[str]:
    """Return how many events there are of each kind."""
    return Counter(event["event"] for event in events)


def _seat(answer: httpx.Response) -> Seat:
    assert answer.status_code == httpx.codes.CREATED, answer.text
    told = json.loads(answer.content)
    member = told["member"]
    room = told["room"]
    return Seat(room["id"], room["code"], member["id"], member["nickname"], told["token"])


async def nobody_streams(client: httpx.AsyncClient) -> bool:
    """Tell whether no stream is open."""
    return (await gauges(client))["streams"] == 0
