"""docs/deploy/redis.conf: an engine that writes nothing, and lets nobody do more than they need."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError

from tests.support.deployment import ShippedEngine, running_engine
from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.tracing import tracing

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTLES_WITHIN = PATIENCE
REPLICATING = {
    f"#   {line}": line
    for line in ("masteruser replica", "masterauth", "user replica on", "user sentinel on")
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_engine() -> AsyncIterator[ShippedEngine]:
    async with running_engine() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def engine() -> AsyncIterator[ShippedEngine]:
    async with running_engine() as running:
        yield running


async def test_an_engine_that_is_stopped_leaves_nothing_behind(engine: ShippedEngine) -> None:
    async with engine.client("ephemera") as client:
        await client.set("ephemera:word", "canary")
    async with tracing(*engine.shop.pids()) as changed:
        engine.process.terminate()
        await engine.process.wait()
    assert not changed
    assert not list(engine.folder.rglob("*"))


async def test_a_replica_gets_everything_without_a_file() -> None:
    """With the lines at the end of the file; by default it goes through the replica's disk."""
    async with (
        running_engine(REPLICATING) as master,
        running_engine(REPLICATING) as replica,
        master.client("ephemera") as client,
        replica.client("ephemera") as copy,
        replica.client("sentinel") as sentinel,
    ):
        await client.set("ephemera:word", "canary")
        async with tracing(*master.shop.pids(), *replica.shop.pids()) as changed:
            await sentinel.replicaof("127.0.0.1", master.port)
            await until(lambda: is_there(copy), SETTLES_WITHIN)
        assert not changed
        assert not list(replica.folder.rglob("*"))


async def is_there(copy: Any) -> bool:  # noqa: ANN401 - redis-py's types, see `ShippedEngine.client`
    return bool(await copy.get("ephemera:word"))


# Who may do what there


@pytest.mark.parametrize(
    "place", ["", "ephemera:of-nobody@", "watcher:of-ephemera@", "default:@", "nobody:of-ephemera@"]
)
async def test_nobody_comes_in_without_a_name_and_its_password(
    shared_engine: ShippedEngine, place: str
) -> None:
    url = f"redis://{place}127.0.0.1:{shared_engine.port}"
    async with Redis.from_url(url, retry=Retry(NoBackoff(), 0)) as client:
        with pytest.raises(AuthenticationError):
            await client.ping()


@pytest.mark.parametrize(
    "command",
    [
        *("KEYS *", "SCAN 0", "MONITOR", "FLUSHALL", "CONFIG SET save 1", "EVAL return 0", "SAVE"),
        *(
            "GET other",
            "SET other 1",
            "SSUBSCRIBE other",
            "PUBLISH other 1",
            "ACL LIST",
        ),
    ],
)
async def test_ephemera_may_do_no_more_than_it_needs(
    shared_engine: ShippedEngine, command: str
) -> None:
    async with shared_engine.client("ephemera") as client:
        with pytest.raises(NoPermissionError):
            await client.execute_command(*command.split())


@pytest.mark.parametrize("command", ["GET ephemera:layout", "KEYS *", "MONITOR", "CLIENT LIST"])
async def test_whoever_looks_after_the_engine_sees_no_room(
    shared_engine: ShippedEngine, command: str
) -> None:
    async with shared_engine.client("watcher") as watcher:
        assert int((await watcher.info("memory"))["used_memory"]) > 0
        with pytest.raises(NoPermissionError):
            await watcher.execute_command(*command.split())
