"""The HTTP interface, as a program of one seat uses it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final, Self

import httpx
from socksio import SOCKSError

from ephemera import __version__
from ephemera.domain.terminals import terminal_safe
from ephemera.terminal.events import Event
from ephemera.terminal.mistakes import Gone, Mistake, Refused, TooFast, Unreached, Unsure
from ephemera.terminal.places import RoomPlace
from ephemera.terminal.reaching import passage_to

STREAM_SILENCE_SECONDS: Final = 40.0
"""A stream that says nothing for so long is dead: a living one pings every 15 s."""
MOST_WAIT_SECONDS: Final = 60.0

_OURS: Final = "Ephemera"
"""The header of every answer of ours. What bears none says nothing about a room: try again."""
_ANSWERS_WITHIN: Final = 60.0
"""Seconds; httpx has no limit of its own for what a SOCKS proxy takes to say."""
_TIMEOUT: Final = httpx.Timeout(20.0, connect=10.0)
_STREAM_TIMEOUT: Final = httpx.Timeout(10.0, read=STREAM_SILENCE_SECONDS)
# The server closes idle connections after 5 s: we are first.
_LIMITS: Final = httpx.Limits(keepalive_expiry=2.0)


class Connection:
    """HTTP with one server. Every method may raise `Mistake`, `TooFast` or `Unreached`.

    It follows no redirect: a token goes nowhere else.
    """

    def __init__(self, origin: str, token: str | None = None) -> None:
        headers = {"Accept": "application/json", "User-Agent": f"ephemera/{__version__}"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._passage = passage_to(origin)
        self._http = httpx.AsyncClient(
            base_url=origin,
            headers=headers,
            timeout=_TIMEOUT,
            limits=_LIMITS,
            trust_env=False,
            proxy=self._passage.proxy,
            verify=self._passage.trust,
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, path: str) -> Any:  # noqa: ANN401 - JSON is anything
        """GET and return the JSON of the answer, or nothing when it has none."""
        return _json(await self._send(self._http.build_request("GET", path)))

    async def post(self, path: str, fields: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON is anything
        """POST a form and return the JSON of the answer, or nothing when it has none."""
        return _json(await self._send(self._http.build_request("POST", path, data=dict(fields))))

    @asynccontextmanager
    async def stream(
        self, path: str, params: Mapping[str, str]
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a stream; give its bytes as they come."""
        request = self._http.build_request(
            "GET", path, params=dict(params), timeout=_STREAM_TIMEOUT
        )
        answer = await self._send(request, stream=True)
        try:
            yield answer.aiter_bytes()
        except httpx.RequestError as error:
            raise self._passage.failed(error, request.url.host) from None
        finally:
            await answer.aclose()

    async def _send(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        """Return the answer, which is a success."""
        host = request.url.host
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN):
                answer = await self._http.send(request, stream=stream)
                if not answer.is_success:
                    await answer.aread()
        except UnicodeError:
            raise Mistake(f"{terminal_safe(host)} can be the name of no host.") from None
        except (httpx.RequestError, SOCKSError, TimeoutError) as error:
            raise self._passage.failed(error, host) from None
        try:
            self._check(answer)
        except Exception:
            await answer.aclose()
            raise
        return answer

    def _check(self, answer: httpx.Response) -> None:
        """Raise what an answer means that is not ours, or is no success."""
        host, status = answer.url.host, answer.status_code
        if _OURS not in answer.headers:
            raise self._passage.answered_instead(host, status, _retry_after(answer))
        if not answer.is_success:
            _settle(answer)


class Client:
    """What one seat can do in its room. Every method may raise `Mistake` or `Unreached`."""

    def __init__(self, place: RoomPlace, token: str) -> None:
        self._path = f"/rooms/{place.room_id}"
        self._http = Connection(place.origin, token)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.__aexit__()

    async def post(self, text: str, key: str) -> None:
        """Say something; the same text with the same key again is the same message.

        Raises `TooFast`.
        """
        await self._http.post(f"{self._path}/messages", {"text": text, "key": key})

    async def knock(self) -> Event:
        """Return how it stands with our knock. Raises `TooFast`."""
        told = await self._http.get(f"{self._path}/knock")
        return told if isinstance(told, dict) else {}

    async def leave(self, sure: str = "no") -> None:
        """Give the seat up, or the place at the door.

        Raises `Unsure` when that ends or hands over something and `sure` does not answer it.
        """
        await self._http.post(f"{self._path}/leave", {"sure": sure})

    @asynccontextmanager
    async def stream(self, after: str, *, finite: bool) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open the stream of JSON lines after that cursor; give its bytes as they come."""
        params = {"after": after, **({"once": "1"} if finite else {})}
        async with self._http.stream(f"{self._path}/json", params) as chunks:
            yield chunks


def _settle(answer: httpx.Response) -> None:
    """Raise what an answer without success means."""
    status, host = answer.status_code, answer.url.host
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise TooFast(max(1.0, _retry_after(answer)))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise Unreached(f"{host} cannot answer right now (status {status}).", _retry_after(answer))
    if status == HTTPStatus.NOT_FOUND and "/rooms/" in answer.url.path:
        raise Gone
    told = _json(answer)
    error = told.get("error") if isinstance(told, dict) else None
    sentence = error.get("message") if isinstance(error, dict) else None
    default = f"{host} did not understand us (status {status})."
    said = terminal_safe(str(sentence or default))
    if isinstance(error, dict) and isinstance(asked := error.get("sure"), str):
        raise Unsure(said, terminal_safe(asked))
    raise Refused(said)


def _json(answer: httpx.Response) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        return answer.json()
    except ValueError:
        return None


def _retry_after(answer: httpx.Response) -> float:
    told = answer.headers.get("Retry-After", "")
    return min(float(told), MOST_WAIT_SECONDS) if told.isascii() and told.isdigit() else 0.0
