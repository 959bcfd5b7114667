"""Every engine there is, each of them empty, as the user that docs/deploy/redis.conf makes."""

from collections.abc import AsyncIterator, Iterator

import pytest

from ephemera.engine.base import Engine
from ephemera.engine.memory import MemoryEngine
from ephemera.engine.redis import RedisEngine, connect
from tests.support.redis import (
    FORGETFUL,
    RunningCluster,
    RunningRedis,
    guarded,
    running_cluster,
    running_redis,
)


@pytest.fixture(scope="session")
def single() -> Iterator[RunningRedis]:
    with running_redis([*FORGETFUL, *guarded()]) as running:
        yield running


@pytest.fixture
def redis() -> Iterator[RunningRedis]:
    """One that a test may stop."""
    with running_redis() as running:
        yield running


@pytest.fixture(scope="session")
def cluster() -> Iterator[RunningCluster]:
    with running_cluster() as running:
        yield running


@pytest.fixture(params=["memory", "single", "cluster"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    engine: Engine = MemoryEngine()
    if request.param != "memory":
        running = request.getfixturevalue(request.param)
        running.flush()
        engine = RedisEngine(connect(running.url))
    await engine.open()
    yield engine
    await engine.close()
