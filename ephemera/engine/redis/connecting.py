"""From a URL to a client of redis-py: one engine, one watched over by Sentinel, or a cluster."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff

from ephemera.engine.base import EngineUnfit
from ephemera.engine.redis.causes import NO_ADDRESS
from ephemera.engine.redis.pipeline import Client
from ephemera.engine.redis.silence import made_patient

WITH_TLS: Final = {"rediss", "valkeys"}
SENTINEL_PORT: Final = 26379
PORT: Final = 6379

_BY_THE_CLOCK: Final[dict[str, None]] = {"socket_timeout": None, "socket_connect_timeout": None}
"""No time-outs of redis-py's: `silence.py` has ours."""

_SETTINGS: Final[dict[str, Any]] = {
    "decode_responses": True,
    **_BY_THE_CLOCK,
    "health_check_interval": 10,
    "protocol": 2,  # of the next one we have no use
}

_OF_TLS: Final = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}
_OF_SENTINELS: Final = {"sentinel_username": "username", "sentinel_password": "password"}
"""What may stand behind the `?` of an address, as redis-py calls it, and as a Sentinel is told."""


def connect(url: str) -> Client:
    """Return a client for the engine at the URL; nothing is sent yet.

    A step is never tried again by the client: it may have held the first time, and only who
    decided it can tell. Raises `EngineUnfit` for what is no URL of an engine.
    """
    try:
        client = _client_at(url)
        _check(client)
    except (TypeError, ValueError):  # of which the sentences have parts of the URL
        raise EngineUnfit(NO_ADDRESS) from None
    return client


def _client_at(url: str) -> Client:
    scheme, _, rest = url.partition("://")
    _, _, kind = scheme.partition("+")
    if kind == "sentinel":
        return _watched_over(url)
    if kind == "cluster":
        return _cluster(url)
    spoken = "rediss" if scheme in WITH_TLS else "redis"
    int(urlsplit(url).path.strip("/") or 0)  # redis-py takes what is no number for the first one
    client = Redis.from_url(f"{spoken}://{rest}", retry=_never_again(), **_SETTINGS)
    return _with_patience(client)


def _check(client: Client) -> None:
    """Make what would be connected: redis-py looks at options only then. Raises `TypeError`."""
    pool = getattr(client, "connection_pool", None)
    if pool and not isinstance(pool, SentinelConnectionPool):
        pool.connection_class(**pool.connection_kwargs)


async def disconnect(client: Client) -> None:
    """Close every connection of the client, those to its Sentinels too."""
    await client.aclose()
    pool = getattr(client, "connection_pool", None)
    if isinstance(pool, SentinelConnectionPool):
        for sentinel in pool.sentinel_manager.sentinels:
            await sentinel.aclose()


def _watched_over(url: str) -> Client:
    """Return a client for `redis+sentinel://[user:password@]HOST[:PORT],…/MASTER[/DATABASE]`.

    The user is the engine's. The Sentinels have users of their own, and are asked by TLS as it is.
    """
    name, _, database = urlsplit(url).path.strip("/").partition("/")
    if not name:
        raise ValueError(url)
    options = _options(url, {*_OF_TLS, *_OF_SENTINELS})
    user = {ours: options.pop(name) for name, ours in _OF_SENTINELS.items() if name in options}
    tls = {**_tls(url), **options}
    asking: Any = {**_BY_THE_CLOCK, "protocol": 2, **user, **tls}
    sentinel: Any = Sentinel(  # type: ignore[no-untyped-call] # redis-py does not tell its types
        _hosts(url, SENTINEL_PORT), sentinel_kwargs=asking
    )
    for one in sentinel.sentinels:
        _check(_with_patience(one))
    client: Any = sentinel.master_for(
        name,
        redis_class=Redis,
        db=int(database or 0),
        retry=_never_again(),
        **_credentials(url),
        **tls,
        **_SETTINGS,
    )
    return _with_patience(client)


def _cluster(url: str) -> Client:
    """Return a client for `redis+cluster://[user:password@]HOST[:PORT],…`."""
    nodes = [ClusterNode(host, port) for host, port in _hosts(url, PORT)]
    tls = {**_tls(url), **_options(url, _OF_TLS)}
    client: Any = RedisCluster(
        startup_nodes=nodes, retry=_never_again(), **_credentials(url), **tls, **_SETTINGS
    )
    kind = made_patient(client.connection_kwargs["connection_class"])
    client.connection_kwargs["connection_class"] = kind  # of the nodes that it finds
    for node in client.startup_nodes:
        node.connection_class = kind
    return client


def _with_patience(client: Any) -> Client:  # noqa: ANN401 - redis-py's, or one to a Sentinel
    pool = client.connection_pool
    pool.connection_class = made_patient(pool.connection_class)
    return client


def _hosts(url: str, port: int) -> Sequence[tuple[str, int]]:
    """Return the hosts and ports, which stand side by side with commas between them."""
    places = urlsplit(url).netloc.rpartition("@")[2].split(",")
    split = (urlsplit(f"//{place}") for place in places)
    return [(place.hostname or "", place.port or port) for place in split]


def _credentials(url: str) -> dict[str, Any]:
    user, _, password = urlsplit(url).netloc.rpartition("@")[0].partition(":")
    given = {"username": unquote(user), "password": unquote(password)}
    return {name: text for name, text in given.items() if text}


def _tls(url: str) -> dict[str, Any]:
    return {"ssl": True} if urlsplit(url).scheme.partition("+")[0] in WITH_TLS else {}


def _options(url: str, known: Collection[str]) -> dict[str, str]:
    """Return what stands behind the `?`. Raises `ValueError` for what is not known."""
    query = urlsplit(url).query
    given = parse_qs(query, keep_blank_values=True, strict_parsing=bool(query))
    if not set(known).issuperset(given):
        raise ValueError(url)
    return {name: texts[-1] for name, texts in given.items()}


def _never_again() -> Retry:
    return Retry(NoBackoff(), 0)
